"""Measurements that anybody can repeat; see docs/figures.md."""
