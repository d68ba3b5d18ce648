"""Copies of everything a store holds: into a file, back from it, and from one store to another."""
