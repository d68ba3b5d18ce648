"""Alerts in words, for whoever runs the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from masterx.alerts.delivery import told
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
