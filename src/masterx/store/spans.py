"""How a span of time is made up of whole hours, days and months, and what is left at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Unit = Literal["moment", "hour", "day", "month"]
"""`moment`: no whole unit fits."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` to before `until`; both are beginnings of the unit."""

    unit: Unit
    since: datetime
    until: datetime


def floored(moment: datetime, unit: Unit) -> datetime:
    """The beginning of the unit that holds it, in UTC."""
    start = moment.astimezone(UTC)
    if unit == "moment":
        return start
    start = start.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return start
    start = start.replace(hour=0)
    return start if unit == "day" else start.replace(day=1)


def following(start: datetime, unit: Unit) -> datetime:
    """The beginning of the next unit. Raises `OverflowError` at the end of time."""
    if unit == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + (timedelta(days=1) if unit == "day" else timedelta(hours=1))


def stretches(since: datetime, until: datetime, units: Sequence[Unit]) -> list[Stretch]:
    """The span in order, without gaps or overlaps, of the largest units that fit.

    `units` go from large to small. What none of them fits is a stretch of moments.
    """
    if since >= until:
        return []
    if not units:
        return [Stretch("moment", since, until)]
    unit, smaller = units[0], units[1:]
    first, last = _raised(since, unit), floored(until, unit)
    if first is None or first >= last:
        return stretches(since, until, smaller)
    return [*stretches(since, first, smaller), Stretch(unit, first, last), *stretches(last, until, smaller)]


def _raised(moment: datetime, unit: Unit) -> datetime | None:
    """The first beginning that is not before it; None past the end of time."""
    start = floored(moment, unit)
    if start == moment:
        return start
    try:
        return following(start, unit)
    except OverflowError:
        return None
