"""SQLite: one file, WAL, one writing thread that commits in groups, a few reading threads.

The files are named after the ports; `store` puts them together.
"""
