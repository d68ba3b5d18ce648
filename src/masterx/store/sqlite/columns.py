"""How values look in columns: times as sortable text, lists and objects as JSON, vectors as float32."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from typing import Any

from masterx.errors import InvalidInput

_OFFSET_LENGTH = len("+00:00")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Made once: `json.dumps` with options makes one for each value."""


def time_text(moment: datetime) -> str:
    """`2026-01-31T09:05:00.000000Z`: always this wide, so that text order is time order."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise InvalidInput("A time needs its zone.")
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-_OFFSET_LENGTH] + "Z"


def optional_time_text(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


time_of = datetime.fromisoformat


def optional_time_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def json_text(value: Any) -> str:
    """Not escaped to ASCII: a lone surrogate must fail as it does in a text column."""
    try:
        return _encode(value)
    except ValueError as error:
        raise InvalidInput("A number that is not finite cannot be stored.") from error


def strings_of(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def vector_blob(vector: tuple[float, ...] | None) -> bytes | None:
    """Little-endian float32, whatever the machine."""
    return None if vector is None else struct.pack(f"<{len(vector)}f", *vector)


def vector_of(blob: bytes | None) -> tuple[float, ...] | None:
    return None if blob is None else struct.unpack(f"<{len(blob) // 4}f", blob)


def optional_bool(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def placeholders(columns: str) -> str:
    """As many question marks as there are names in a comma-separated list."""
    return ", ".join("?" * (columns.count(",") + 1))
