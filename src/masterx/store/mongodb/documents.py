"""How values look in documents: whole numbers as 64 bits, times as dates, vectors as packed float32.

A BSON date counts milliseconds. What a time has beyond them stands beside it, in `sub_ms`, and only where there is
something: this program's clock gives whole milliseconds, rows moved here from elsewhere may not. So no time is changed
by being stored, and all comparisons of whole milliseconds are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from struct import pack
from typing import Any

from bson.binary import Binary, BinaryVectorDtype
from bson.int64 import Int64

from masterx.errors import InvalidInput

Row = dict[str, Any]

SUB_MS = "sub_ms"
"""Microseconds, 1 to 999, by the name of the field that they belong to."""

_LARGEST = 2**63 - 1


def document(**fields: Any) -> Row:
    """`id` becomes `_id`. Raises `InvalidInput` for what cannot be stored as it is."""
    stored: Row = {}
    beyond: Row = {}
    for name, value in fields.items():
        if isinstance(value, datetime):
            moment = in_utc(value)
            rest = moment.microsecond % 1000
            if rest:
                beyond[name] = Int64(rest)
            stored[name] = moment - timedelta(microseconds=rest) if rest else moment
        else:
            stored["_id" if name == "id" else name] = plain(value)
    if beyond:
        stored[SUB_MS] = beyond
    return stored


def plain(value: Any) -> Any:
    """A value as BSON has it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, int) and not isinstance(value, bool):
        return whole(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput("A number that is not finite cannot be stored.")
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return value


def whole(value: int) -> Int64:
    if not -_LARGEST - 1 <= value <= _LARGEST:
        raise InvalidInput("A number is out of range.")
    return Int64(value)


def in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidInput("A time needs its zone.")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def not_after(moment: datetime) -> datetime:
    """For `$lte` and `$gt`: the millisecond that holds the moment."""
    moment = in_utc(moment)
    return moment - timedelta(microseconds=moment.microsecond % 1000)


def not_before(moment: datetime) -> datetime:
    """For `$gte` and `$lt`: the first whole millisecond that is not before the moment."""
    moment = in_utc(moment)
    return moment + timedelta(microseconds=-moment.microsecond % 1000)


def within(name: str, since: datetime, until: datetime) -> Row:
    """Rows whose time is in the span, exactly; `since` included, `until` not."""
    first, end = not_after(since), not_after(until)
    rest, end_rest = in_utc(since) - first, in_utc(until) - end
    conditions: list[Row] = [{name: {"$gte": first, ("$lte" if end_rest else "$lt"): end}}]
    beyond = f"{SUB_MS}.{name}"
    if rest:
        late = {name: first, beyond: {"$gte": rest.microseconds}}
        conditions.append({"$or": [{name: {"$gt": first}}, late]})
    if end_rest:
        early = {name: end, "$or": [{beyond: None}, {beyond: {"$lt": end_rest.microseconds}}]}
        conditions.append({"$or": [{name: {"$lt": end}}, early]})
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def time_in(row: Mapping[str, Any], name: str) -> datetime:
    moment: datetime = row[name]
    rest = row.get(SUB_MS)
    return moment if rest is None or name not in rest else moment + timedelta(microseconds=rest[name])


def optional_time_in(row: Mapping[str, Any], name: str) -> datetime | None:
    return None if row.get(name) is None else time_in(row, name)


def time_text(moment: datetime) -> str:
    """`2026-01-31T09:05:00.000000Z`, as the other store writes it."""
    return in_utc(moment).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def day_text(moment: datetime) -> str:
    return in_utc(moment).date().isoformat()


def date_of(text: str) -> date:
    return date.fromisoformat(text)


def vector_binary(vector: tuple[float, ...] | None) -> Binary | None:
    """As `$vectorSearch` reads it too."""
    return None if vector is None else Binary.from_vector(list(vector), BinaryVectorDtype.FLOAT32)


def packed_vector(stored: Binary) -> bytes:
    """Little-endian float32, whatever the machine."""
    numbers = stored.as_vector().data
    return pack(f"<{len(numbers)}f", *numbers)


def vector_of(stored: Binary | None) -> tuple[float, ...] | None:
    return None if stored is None else tuple(float(each) for each in stored.as_vector().data)


def key_text(name: str) -> str:
    """A name of any characters as one of a field: dots and dollar signs are for paths and operators."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24").replace("\x00", "%00") or "%"


def name_of_key(key: str) -> str:
    if key == "%":
        return ""
    return key.replace("%00", "\x00").replace("%24", "$").replace("%2E", ".").replace("%25", "%")
