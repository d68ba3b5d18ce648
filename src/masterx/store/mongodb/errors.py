"""What the driver raises, in the words of `masterx.errors`. A driver's own text may quote values and addresses."""

from __future__ import annotations

from typing import Any

from bson.errors import BSONError
from pymongo import errors as driver

from masterx.errors import Conflict, DatabaseError, DatabaseUnavailable, InvalidInput, MasterXError

# Numbers of the server: src/mongo/base/error_codes.yml of its source.
WRITE_CONFLICT = 112
_DUPLICATE = frozenset({11000, 11001, 12582})
_REFUSED_VALUE = frozenset({2, 14, 121, 10_334, 17_280, 17_419, 17_420})
"""BadValue (a sum beyond 64 bits), TypeMismatch, DocumentValidationFailure, and what is too large."""
_NOT_PERMITTED = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, and Atlas's word for both."""
_FULL = frozenset({14_031, 39})
"""OutOfDiskSpace, FileStreamFailed."""
_NOT_WRITABLE = frozenset({10_107, 13_435, 13_436, 189, 91, 11_600, 11_602, 10_058})
"""The primary steps down or the server shuts down."""
_TRANSIENT = frozenset({WRITE_CONFLICT, 24, 50, 251, 262, 246, 239})
"""WriteConflict, LockTimeout, MaxTimeMSExpired, NoSuchTransaction, ExceededTimeLimit, SnapshotUnavailable and
SnapshotTooOld."""
_COUNTERS = (".cost_tracking ", ".budget_spending ", ".cost_series ", ".user_costs ")


class DriverFailure(Exception):
    """What may be logged of a driver's error: its kind and the server's numbers. Its own words quote rows."""

    def __init__(self, error: Exception) -> None:
        numbers = codes(error) if isinstance(error, driver.PyMongoError) else ()
        super().__init__(f"{type(error).__name__} {sorted(numbers)}")


def codes(error: driver.PyMongoError) -> set[int]:
    """The server's numbers, also those of single writes in a batch."""
    found: set[int] = set()
    details: Any = getattr(error, "details", None)
    if isinstance(error, driver.OperationFailure) and error.code is not None:
        found.add(error.code)
    if isinstance(details, dict):
        for part in (details, *details.get("writeErrors", ()), *details.get("writeConcernErrors", ())):
            code = part.get("code") if isinstance(part, dict) else None
            if isinstance(code, int):
                found.add(code)
        inner = details.get("error")
        if isinstance(inner, driver.PyMongoError):
            found |= codes(inner)
    if isinstance(error, driver.ClientBulkWriteException) and isinstance(error.error, driver.PyMongoError):
        found |= codes(error.error)
    return found


def is_transient(error: driver.PyMongoError) -> bool:
    """Whether the same transaction may work when it is begun again."""
    if isinstance(error, driver.InvalidOperation):
        return False  # A client that was closed stays so, although the driver labels even this as passing.
    if error.has_error_label("TransientTransactionError"):
        return True
    inner = error.error if isinstance(error, driver.ClientBulkWriteException) else None
    if isinstance(inner, driver.PyMongoError) and is_transient(inner):
        return True
    found = codes(error)
    if found & _DUPLICATE:
        return _met_on_a_counter(error)
    return bool(found & (_TRANSIENT | _NOT_WRITABLE)) or isinstance(error, driver.AutoReconnect)


def _met_on_a_counter(error: driver.PyMongoError) -> bool:
    """Two who make the same running sum at once: the second one finds it when it tries again."""
    return any(counter in str(error) for counter in _COUNTERS)


def is_duplicate(error: driver.PyMongoError) -> bool:
    return bool(codes(error) & _DUPLICATE)


def translated(error: Exception) -> Exception:
    """The error to give to the caller; one that did not come from the driver or its encoder stays as it is."""
    if isinstance(error, MasterXError):
        return error
    if isinstance(error, UnicodeEncodeError):
        answer: Exception = InvalidInput("That text holds characters that are not valid Unicode.")
    elif isinstance(error, OverflowError):
        answer = InvalidInput("A number is out of range.")
    elif isinstance(error, BSONError | driver.DocumentTooLarge):
        answer = InvalidInput("A value cannot be stored.")
    elif isinstance(error, driver.PyMongoError):
        answer = _from_driver(error)
    else:
        return error
    answer.__cause__ = DriverFailure(error)
    return answer


def _from_driver(error: driver.PyMongoError) -> MasterXError:
    found = codes(error)
    for numbers, reason in ((_FULL, "disk_full"), (_NOT_WRITABLE, "no_primary"), (_TRANSIENT, "busy")):
        if found & numbers:
            return DatabaseUnavailable(details={"reason": reason}, retry_after=1)
    if isinstance(error, driver.ExecutionTimeout | driver.WaitQueueTimeoutError):
        return DatabaseUnavailable(details={"reason": "busy"}, retry_after=1)
    if isinstance(error, driver.ConnectionFailure):
        return DatabaseUnavailable(details={"reason": "unreachable"}, retry_after=1)
    if isinstance(error, driver.InvalidOperation) and "close" in str(error):
        return DatabaseUnavailable("The store is closed.")
    return _refused(found)


def _refused(found: set[int]) -> MasterXError:
    if found & _DUPLICATE:
        return Conflict("That exists already.")
    if found & _REFUSED_VALUE:
        return InvalidInput("A value is out of range.")
    if found & _NOT_PERMITTED:
        return DatabaseError("MongoDB does not let this server in.", details={"reason": "not_permitted"})
    return DatabaseError(details={"codes": sorted(found)} if found else None)
