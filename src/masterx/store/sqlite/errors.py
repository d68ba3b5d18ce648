"""What the driver raises, in the words of `masterx.errors`."""

from __future__ import annotations

import sqlite3
import struct

from masterx.errors import Conflict, DatabaseError, DatabaseUnavailable, InvalidInput, NotFound

_PRIMARY = 0xFF
"""An extended result code keeps its primary one in the low byte (sqlite.org/rescode.html)."""

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_IOERR: "disk_error",
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_PERM: "cannot_open",
    sqlite3.SQLITE_AUTH: "cannot_open",
    sqlite3.SQLITE_NOMEM: "no_memory",
    sqlite3.SQLITE_INTERRUPT: "interrupted",
    sqlite3.SQLITE_ABORT: "interrupted",
}

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_REFUSED_VALUE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_CHECK,
        sqlite3.SQLITE_CONSTRAINT_NOTNULL,
        3091,  # SQLITE_CONSTRAINT_DATATYPE, which the module does not name
    }
)
_TAKEN = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
    }
)


def result_code(error: BaseException) -> int:
    """SQLite's extended result code; 0 where the error came from elsewhere."""
    return getattr(error, "sqlite_errorcode", 0) or 0


def breaks_connection(error: BaseException) -> bool:
    """Whether to trust the connection no more: anything but a lock or a refused value."""
    primary = result_code(error) & _PRIMARY
    return isinstance(error, sqlite3.DatabaseError) and primary not in {
        *_LOCKED,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_MISMATCH,
    }


def translated(error: Exception) -> Exception:
    """The error to give to the caller; one that did not come from the driver or its bindings stays as it is."""
    if isinstance(error, UnicodeEncodeError):
        answer: Exception = InvalidInput("That text holds characters that are not valid Unicode.")
    elif isinstance(error, (OverflowError, struct.error)):
        answer = InvalidInput("A number is out of range.")
    elif isinstance(error, sqlite3.Error):
        answer = _from_driver(error)
    else:
        return error
    answer.__cause__ = error
    return answer


def _from_driver(error: sqlite3.Error) -> Exception:
    code = result_code(error)
    primary = code & _PRIMARY
    if primary in _UNAVAILABLE:
        return DatabaseUnavailable(details={"reason": _UNAVAILABLE[primary]}, retry_after=1)
    if primary in _DAMAGED:
        return DatabaseError("The database file is damaged.", details={"reason": "damaged"})
    if primary == sqlite3.SQLITE_TOOBIG or isinstance(error, sqlite3.DataError) or code in _REFUSED_VALUE:
        return InvalidInput("A value is out of range.")
    if code in _TAKEN:
        return Conflict("That exists already.")
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return NotFound()
    return DatabaseError()
