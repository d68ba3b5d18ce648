"""Amounts, counts and times as the operator's pages write them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from masterx.records.money import NanoDollars, to_dollars

MINUTE, HOUR, DAY = 60, 3_600, 86_400
MILLION = 1_000_000


def money(amount: NanoDollars | float) -> str:
    """Nano-dollars, to the cent from ten cents on: "$1,204.23"; below that as many digits as say something."""
    dollars = to_dollars(NanoDollars(int(amount)))
    if amount == 0:
        return "$0.00"
    if abs(dollars) >= 0.095:
        return f"${dollars:,.2f}"
    digits = 4 if abs(dollars) >= 0.0001 else 6 if abs(dollars) >= 0.000001 else 9
    return f"${dollars:.{digits}f}"


def cap_amount(amount: NanoDollars) -> str:
    """A cap as somebody set it: "$20", "$0.50"."""
    text = f"${to_dollars(amount):,.2f}" if amount % 10_000_000 == 0 else money(amount)
    return text.removesuffix(".00")


def count(number: int) -> str:
    """Such as "18,204", and "31.6 M" from a million on."""
    return f"{number / MILLION:,.1f} M" if number >= MILLION else f"{number:,}"


def percent(share: float, digits: int = 0) -> str:
    """Of a share from 0 to 1. Neither "100%" nor "0%" is said of what only rounds to it."""
    if 0 < share < 1:
        least = 10.0 ** -(digits + 2)
        share = min(max(share, least), 1 - least)
    return f"{share:.{digits}%}"


def duration(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 100 else f"{milliseconds / 1000:.1f} s"


def span(seconds: float) -> str:
    """The largest unit that fits: "45 s", "12 min", "3 h", "12 days"."""
    if seconds < MINUTE:
        return f"{int(seconds)} s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // DAY)} days"


def ago(moment: datetime, now: datetime) -> str:
    """Such as "12 min ago"; never of what is to come, also when clocks differ."""
    passed = max(0.0, (now - moment).total_seconds())
    return "just now" if passed < 1 else f"{span(passed)} ago"


def when(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """A moment around now: "16:00", "tomorrow 00:00", "1 December, 00:00"."""
    then, today = moment.astimezone(zone), now.astimezone(zone).date()
    if then.date() == today:
        return f"{then:%H:%M}"
    if then.date() == today + timedelta(days=1):
        return f"tomorrow {then:%H:%M}"
    if then.date() == today - timedelta(days=1):
        return f"yesterday {then:%H:%M}"
    return f"{then.day} {then:%B}, {then:%H:%M}"


def in_a_sentence(name: str) -> str:
    """A subject's name inside a sentence: a proper name keeps its capital."""
    return name if name.startswith("Python") else name[:1].lower() + name[1:]
