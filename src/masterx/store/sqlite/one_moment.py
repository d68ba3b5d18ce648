"""Several reads of the same state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Whatever is written meanwhile, all queries see the same."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
