"""Telling the operator when a threshold is passed, and when it is over."""
