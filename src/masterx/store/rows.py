"""Rows as values, the same from every store: what a backup holds, and what travels from one store to another.

A time is text (`columns.time_text`), money whole nano-dollars, a list or an object is itself, a vector is base64 of
little-endian float32.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

Row = Sequence[Any]
"""Values in the order of the collection's fields."""

Key = Sequence[Any]

BATCH_ROWS: Final = 2_000


class Kind(StrEnum):
    """What JSON's own types leave open."""

    PLAIN = "plain"
    TIME = "time"
    JSON = "json"
    BOOLEAN = "boolean"
    VECTOR = "vector"
    LOCAL = "local"
    """A store gives its own: it says nothing that would be lost with it."""


Fields = Mapping[str, Kind]
"""In the order of a row's values."""

LEFT_OUT: Final = frozenset(
    {"schema_version", "leases", "instances", "breakers", "recent_errors", "reloads", "request_windows"}
)
"""The version is in the head; the others are the state of servers that run."""

JSON_FIELDS: Final = frozenset(
    {"learning_preferences", "emotional_profile", "emotion_trajectory", "emotion_state", "routing", "test_results"}
    | {"mood_preferences", "mastery_topics", "struggling_topics", "category_breakdown", "concepts"}
    | {"item", "calculated"}
    | {"suites", "models", "reasons"}
)
TIME_FIELDS: Final = frozenset({"timestamp", "last_active", "last_success", "last_failure", "lease_until"})
"""Beside these, every field whose name ends in `_at`."""


LOCAL_FIELDS: Final = frozenset({("messages", "position"), ("cost_tracking", "id")})
"""What orders messages of the same moment, and the id of a sum: by collection and field."""

PORTABLE_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "messages": ("id",),
    "cost_tracking": ("date", "provider", "user_id"),
}
"""What tells rows apart in every store, where it is not SQLite's primary key."""


EXPIRES: Final[Mapping[str, tuple[str, timedelta]]] = {
    "idempotency_keys": ("last_used_at", timedelta(hours=24)),
    "devices": ("expires_at", timedelta(0)),
    "refresh_tokens": ("expires_at", timedelta(0)),
    "one_time_links": ("expires_at", timedelta(0)),
    "invitations": ("expires_at", timedelta(0)),
    "reservations": ("expires_at", timedelta(0)),
}
"""Rows that any store may drop by itself, so long after the time in a field."""


def place_of(key: Key) -> tuple[tuple[bool, Any], ...]:
    """Where a key stands: nothing comes before something, text is ordered by its characters."""
    return tuple((part is not None, part) for part in key)


def kind_of(collection: str, field: str) -> Kind:
    """Of text and numbers, by name: but for what is local, a name means the same in every collection."""
    if (collection, field) in LOCAL_FIELDS:
        return Kind.LOCAL
    if field in TIME_FIELDS or field.endswith("_at"):
        return Kind.TIME
    return Kind.JSON if field in JSON_FIELDS else Kind.PLAIN


class RowSource(Protocol):
    """All rows as of one moment, while others go on writing."""

    @property
    def store(self) -> str:
        """`sqlite` or `mongodb`."""
        ...

    @property
    def schema_version(self) -> int: ...

    @property
    def fields(self) -> Mapping[str, Fields]:
        """By collection; one that others refer to comes first."""
        ...

    @property
    def keys(self) -> Mapping[str, Sequence[str]]:
        """The fields that tell the rows of a collection apart and order them; the same in every store."""
        ...

    async def counts(self) -> Mapping[str, int]: ...

    def batches(self, collection: str, *, after: Key | None = None) -> AsyncIterator[Sequence[Row]]:
        """In the order of their keys, at most `BATCH_ROWS` at a time, beginning behind ``after``."""
        ...

    async def close(self) -> None: ...


class RowTarget(Protocol):
    """A store that is filled from nothing. It is whole after `finish`; before that nobody else sees it as one."""

    async def last_key(self, collection: str) -> Key | None:
        """Of the rows that are there already, from an attempt that was cut off."""
        ...

    async def count(self, collection: str) -> int: ...

    async def add(self, collection: str, fields: Fields, rows: Sequence[Row]) -> None:
        """Rows in the order of their keys. Raises `BackupError` for fields that this store does not have."""
        ...

    async def written(self) -> RowSource:
        """What is there so far. Not to be closed by whoever reads it."""
        ...

    async def finish(self) -> None:
        """Check what refers to what, and make the rows last."""
        ...

    async def abandon(self) -> None:
        """Leave nothing behind, where nothing was there before. Safe after `finish`."""
        ...
