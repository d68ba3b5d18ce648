"""Why an answer came from where it came, as it is kept: one object, the same in every store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from masterx.records.routing import FailedAttempt, Routing, WeighedCandidate

_PARTS: Final[Mapping[str, type]] = {"failed": FailedAttempt, "weighed": WeighedCandidate}
_NAMES: Final = tuple(field.name for field in fields(Routing))
_PART_NAMES: Final = {name: tuple(field.name for field in fields(part)) for name, part in _PARTS.items()}


def routing_fields(routing: Routing) -> dict[str, Any]:
    values = {name: getattr(routing, name) for name in _NAMES}
    for name, parts in _PART_NAMES.items():
        values[name] = [{part: getattr(each, part) for part in parts} for each in values[name]]
    return values


def routing_of(kept: Mapping[str, Any]) -> Routing:
    """What was not kept at the time is as `Routing` has it by itself."""
    values = {name: kept[name] for name in _NAMES if name in kept}
    values["candidates"] = tuple(values["candidates"])
    for name, part in _PARTS.items():
        values[name] = tuple(part(**each) for each in values.get(name, ()))
    return Routing(**values)
