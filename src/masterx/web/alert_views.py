"""Alerts in words, for whoever runs the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from masterx.alerts.delivery import PROBLEMS, Problem, told
from masterx.alerts.trial import NO_ADDRESS
from masterx.records.operations import Alert, AlertKind, Delivery
from masterx.web.figures import ago

HEADS = {
    AlertKind.COST_HOUR: "Spend of an hour",
    AlertKind.COST_DAY: "Spend of a day",
    AlertKind.PROVIDER_DOWN: "Provider down",
    AlertKind.BREAKER_OPEN: "Breaker open",
    AlertKind.ERROR_RATE: "Many calls fail",
    AlertKind.DISK: "Little disk left",
    AlertKind.BACKLOG: "Slow writes",
}
WHERE_TO_LOOK = {
    AlertKind.COST_HOUR: ("/admin/costs", "See the costs"),
    AlertKind.COST_DAY: ("/admin/costs", "See the costs"),
    AlertKind.PROVIDER_DOWN: ("/admin/providers", "See the providers"),
    AlertKind.BREAKER_OPEN: ("/admin/providers", "See the providers"),
    AlertKind.ERROR_RATE: ("/admin/errors", "See the errors"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    alert: Alert
    head: str
    text: str
    link: tuple[str, str] | None
    delivery_icon: str
    delivery: str


def head_of(alert: Alert) -> str:
    return f"{HEADS[alert.kind]}: {alert.subject}" if alert.subject else HEADS[alert.kind]


def alert_line(alerts: Sequence[Alert], now: datetime) -> str | None:
    """One quiet sentence for the frame; None while nothing is open."""
    if not alerts:
        return None
    first = min(alerts, key=lambda alert: alert.raised_at)
    more = "" if len(alerts) == 1 else f", and {len(alerts) - 1} more"
    return f"{head_of(first)}, {ago(first.raised_at, now)}{more}."


def alert_row(alert: Alert) -> AlertRow:
    _, text = told(replace(alert, resolved_at=None))
    icon, words = _delivered(alert)
    return AlertRow(
        alert=alert,
        head=head_of(alert),
        text=text.partition(" Since ")[0],
        link=WHERE_TO_LOOK.get(alert.kind),
        delivery_icon=icon,
        delivery=words,
    )


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What came of a test message at one address, or why there was none."""

    well: bool
    text: str


def trial_lines(tested: str, names: Sequence[str]) -> list[TrialLine]:
    """In words of ours: whoever writes an address could put any text there. `tested`: a word for each service."""
    if tested == "none" and not names:
        return [TrialLine(False, NO_ADDRESS)]
    if tested == "again":
        return [TrialLine(False, "A test message was just sent. Try again in ten seconds.")]
    words = tested.split(",")
    if len(words) != len(names):
        return []
    lines = []
    for place, (name, word) in enumerate(zip(names, words, strict=True), start=1):
        where = name if len(names) == 1 else f"{name} (number {place})"
        if word == "ok":
            lines.append(TrialLine(True, f"{where} took the test message."))
        elif word in set(Problem):
            lines.append(TrialLine(False, f"{where} did not get the test message: {PROBLEMS[Problem(word)]}."))
    return lines


def _delivered(alert: Alert) -> tuple[str, str]:
    """The icon and the words for what became of the newest news of an alert."""
    news = "it began" if alert.resolved_at is None else "it is over"
    match alert.delivery:
        case Delivery.SENT:
            return "circle-check", f"Told that {news}"
        case Delivery.PENDING if alert.tries:
            return "clock", f"Not told yet that {news}; tried {alert.tries} times. {alert.delivery_error}"
        case Delivery.PENDING:
            return "clock", "Goes out now"
        case Delivery.FAILED:
            return "triangle-alert", f"Not delivered, tried {alert.tries} times. {alert.delivery_error}"
        case _:
            return "circle-dot", "On this page and in the log"
