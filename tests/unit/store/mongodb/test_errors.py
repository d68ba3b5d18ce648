"""What may work when it is tried again, and what never will."""

from __future__ import annotations

import pytest
from pymongo import errors as driver

from masterx.store.mongodb.errors import is_transient


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (driver.AutoReconnect("connection reset"), True),
        (driver.OperationFailure("write conflict", code=112), True),
        (driver.OperationFailure("not primary", code=10107), True),
        (driver.OperationFailure("document failed validation", code=121), False),
        (driver.InvalidOperation("Cannot use AsyncMongoClient after close"), False),
    ],
)
def test_what_passes_by_itself(error: driver.PyMongoError, passes: bool) -> None:
    assert is_transient(error) is passes


def test_a_closed_client_stays_closed_whatever_the_driver_calls_it() -> None:
    error = driver.InvalidOperation("Cannot use AsyncMongoClient after close")
    error._add_error_label("TransientTransactionError")
    assert not is_transient(error)
