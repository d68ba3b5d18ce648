"""Providers as the operator sees them: state in words, the last day as a strip, spend of their caps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from masterx.records.budgets import BudgetWindow
from masterx.records.health import BreakerState, HealthStatus
from masterx.records.readings import CATEGORIES
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.routing.provider_table import HealthSlot, ProviderCap, ProviderRow
from masterx.web.figures import ago, cap_amount, money, span
from masterx.web.tables import Key

SLOTS_OF_A_BAR = 4
"""Quarters of an hour, drawn as hours."""
NEAR = 0.8

_WORST = (HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.DOWN)
_HEIGHTS = {HealthStatus.HEALTHY: 14, HealthStatus.DEGRADED: 9, HealthStatus.DOWN: 5}


@dataclass(frozen=True, slots=True)
class State:
    tone: str
    sign: str
    word: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderView:
    row: ProviderRow
    state: State
    bars: tuple[Bar, ...]
    day: str
    """The strip in words."""
    spent: str
    used: float | None
    held: float
    near: bool
    breaker: str
    can_probe: bool
    last: str


SORTED_BY: Mapping[str, Key] = {
    "name": lambda view: view.row.name,
    "state": lambda view: ("brick", "pencil", "quiet", "well").index(view.state.tone),
    "requests": lambda view: view.row.requests_last_hour,
    "success": lambda view: view.row.success_rate,
    "average": lambda view: view.row.avg_ms,
    "p95": lambda view: view.row.p95_ms,
    "spend": lambda view: view.row.spent_today,
}


def provider_views(rows: Iterable[ProviderRow], now: datetime, zone: tzinfo) -> list[ProviderView]:
    return [_view(row, now, zone) for row in rows]


def _view(row: ProviderRow, now: datetime, zone: tzinfo) -> ProviderView:
    caps = [cap for cap in row.caps if cap.amount]
    cap = max(caps, key=lambda each: (each.spent + each.reserved) / each.amount, default=None)
    used = None if cap is None else cap.spent / cap.amount
    held = 0.0 if cap is None else cap.reserved / cap.amount
    near = used is not None and used + held >= NEAR
    return ProviderView(
        row=row,
        state=_state(row, near=near, full=used is not None and used >= 1),
        bars=strip(row.history),
        day=strip_in_words(row.history, zone),
        spent="free" if row.free else money(row.spent_today) if cap is None else _of_cap(cap),
        used=used,
        held=held,
        near=near,
        breaker=_breaker(row),
        can_probe=row.configured == "ready",
        last=_last(row, now),
    )


def _of_cap(cap: ProviderCap) -> str:
    text = f"{money(cap.spent)} of {cap_amount(cap.amount)}"
    return text if cap.window == BudgetWindow.DAY else f"{text} this {cap.window}"


def _state(row: ProviderRow, *, near: bool, full: bool) -> State:
    """The worst that is true."""
    states = (
        (row.configured != "ready", State("pencil", "key-round", CONFIGURED.get(row.configured, "Not ready"))),
        (not row.enabled, State("quiet", "power", "Switched off")),
        (row.status is HealthStatus.DOWN, State("brick", "circle-x", "Down")),
        (full, State("pencil", "gauge", "Cap used up")),
        (row.status is HealthStatus.DEGRADED, State("pencil", "triangle-alert", "Degraded")),
        (near, State("pencil", "gauge", "Near its cap")),
        (row.demo, State("quiet", "circle-dot", "Demo only")),
    )
    return next((state for holds, state in states if holds), State("well", "circle-check", "Healthy"))


def _breaker(row: ProviderRow) -> str:
    if row.breaker is BreakerState.CLOSED:
        return "closed"
    words = "open" if row.breaker is BreakerState.OPEN else "trying again"
    reason = row.breaker_reason
    return words if reason is None else f"{words}: {REASONS.get(reason, reason.replace('_', ' '))}"


def _last(row: ProviderRow, now: datetime) -> str:
    said = []
    if row.last_success:
        said.append(f"last answer {ago(row.last_success, now)}")
    if row.last_failure:
        said.append(f"last failure {ago(row.last_failure, now)}")
    return ", ".join(said).capitalize()


def strip(history: Sequence[HealthSlot]) -> tuple[Bar, ...]:
    """A bar an hour, as the worst quarter of it was; where nothing is known there is none."""
    bars = []
    for index, hour in enumerate(_hours(history)):
        status = _worst(hour)
        if status is not None:
            height = _HEIGHTS[status]
            bars.append(Bar(x=index * 3, y=14 - height, height=height, status=status.value))
    return tuple(bars)


def strip_in_words(history: Sequence[HealthSlot], zone: tzinfo) -> str:
    hours = [(hour[0].starts_at, _worst(hour)) for hour in _hours(history)]
    bad = [(start, status) for start, status in hours if status not in (None, HealthStatus.HEALTHY)]
    if all(status is None for _, status in hours):
        return "Last 24 hours: not watched"
    if not bad:
        return "Last 24 hours: healthy"
    parts = ", ".join(f"{start.astimezone(zone):%H:%M} {status}" for start, status in bad[-6:])
    return f"Last 24 hours, not healthy in {len(bad)}: {parts}"


def _hours(history: Sequence[HealthSlot]) -> list[Sequence[HealthSlot]]:
    return [history[at : at + SLOTS_OF_A_BAR] for at in range(0, len(history), SLOTS_OF_A_BAR)]


def _worst(slots: Sequence[HealthSlot]) -> HealthStatus | None:
    known = [slot.status for slot in slots if slot.status is not None]
    return max(known, key=_WORST.index, default=None)


@dataclass(frozen=True, slots=True)
class KeyView:
    name: str
    state: State
    text: str


def key_views(rows: Iterable[ProviderRow]) -> list[KeyView]:
    """Of those that need one."""
    found = []
    for row in rows:
        days = row.key_age_days
        seen = "" if days is None else f"First seen {span(days * 86_400) + ' ago' if days else 'today'}"
        if row.key_problem:
            found.append(KeyView(row.name, State("pencil", "triangle-alert", "Look at it"), f"It {row.key_problem}"))
        elif row.configured != "ready" and row.problem:
            found.append(KeyView(row.name, State("pencil", "key-round", "Missing"), f"It {row.problem}"))
        elif days is not None:
            found.append(KeyView(row.name, State("well", "circle-check", "In use"), seen))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One category."""

    category: str
    pinned: str
    """Empty: scores decide."""
    choices: tuple[str, ...]
    """Who can be named: those that are configured, and those that were when they were named."""
    forbidden: frozenset[str]


def rule_views(rules: Iterable[RoutingRule], names: Sequence[str]) -> list[RuleView]:
    found = list(rules)
    return [_rule_view(each, [rule for rule in found if rule.category == each], names) for each in CATEGORIES]


def _rule_view(category: str, rules: Sequence[RoutingRule], names: Sequence[str]) -> RuleView:
    return RuleView(
        category=category,
        pinned=next((rule.provider for rule in rules if rule.kind is RuleKind.PINNED), ""),
        choices=tuple(dict.fromkeys([*names, *(rule.provider for rule in rules)])),
        forbidden=frozenset(rule.provider for rule in rules if rule.kind is RuleKind.FORBIDDEN),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What a button brought about."""

    tone: str
    text: str


def said(did: str, provider: str, code: str, milliseconds: int, changed: Sequence[str]) -> Said | None:
    """In words of ours, since whoever writes an address could put any text there."""
    if did == "probe":
        return (
            Said("board", f"{provider} answered in {milliseconds / 1000:.1f} s.")
            if code == "ok"
            else Said("brick", f"{provider} did not answer: {PROBE_WORDS.get(code, 'it failed')}.")
        )
    if did == "rules":
        category = next((name for name in changed if name in CATEGORIES), "this category")
        if code == "nobody":
            return Said("brick", f"Somebody has to be left for {category}. The last ban was not kept.")
        return Said("board", f"Kept for {category}, in every worker within a second.")
    if did == "reload" and code:
        return Said("brick", "The file .env cannot be read. Nothing was changed, here or elsewhere.")
    sentences = {
        "reset": f"The breaker of {provider} is reset, in every worker within a second.",
        "disable": f"{provider} is switched off. Answers that are being written go on to their end.",
        "enable": f"{provider} is in use again.",
        "reload": f"Read again. Changed: {', '.join(changed)}. Other workers follow within two seconds."
        if changed
        else "Read again. No key, model or address was different.",
    }
    return Said("board", sentences[did]) if did in sentences else None


PROBE_WORDS = {
    "provider_auth": "its key was not accepted",
    "provider_rate_limited": "it asks to wait",
    "provider_unavailable": "it is not reachable",
    "provider_timeout": "it took too long",
    "provider_rejected": "it refused the request",
    "provider_protocol": "its answer could not be read",
    "provider_broke_off": "its answer broke off",
    "budget_exceeded": "its budget is used up",
}

CONFIGURED = {"needs_api_key": "Needs a key", "needs_model_name": "Needs a model", "needs_base_url": "Needs an address"}
REASONS = {
    "provider_auth": "key refused",
    "provider_rate_limited": "asked to wait",
    "provider_unavailable": "not reachable",
    "provider_timeout": "too slow",
    "provider_rejected": "refused",
    "provider_protocol": "unreadable",
    "provider_broke_off": "broke off",
}
"""Why a breaker opened."""
