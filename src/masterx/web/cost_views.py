"""What the page of costs shows: the time it looks at, how full caps are, and where money went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from urllib.parse import urlencode

from masterx.costs.budget_book import BudgetState
from masterx.costs.dashboard import CostBoard, CostSeries, WindowCost
from masterx.records.costs import CostSpan, CostStep, CostSum
from masterx.records.money import NanoDollars
from masterx.web.figures import cap_amount, money, percent, when
from masterx.web.plots import (
    StackedBars,
    by_months,
    day_label,
    hour_label,
    month_label,
    stacked,
)
from masterx.web.tables import Key

DAY = timedelta(days=1)
MANY_FAILED, ENOUGH_CALLS = 0.05, 20
"""Failures of a larger share, of this many calls or more, are marked."""
EARLY = 0.1
"""Before this part of a window is over, its pace says little."""


@dataclass(frozen=True, slots=True)
class View:
    name: str
    words: str
    heading: str
    column: str
    step: CostStep
    label: Callable[[datetime, tzinfo], str]


VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View("day", "24 hours", "Spend an hour, by provider", "Hour", CostStep.HOUR, hour_label),
        View("week", "7 days", "Spend a day, by provider", "Day (UTC)", CostStep.DAY, day_label),
        View("month", "30 days", "Spend a day, by provider", "Day (UTC)", CostStep.DAY, day_label),
        View("year", "12 months", "Spend a month, by provider", "Month", CostStep.DAY, month_label),
    )
}
STANDARD = VIEWS["month"]


def span_of(view: View, now: datetime) -> CostSpan:
    """Whole hours, days or months, the one that runs included."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if view.name == "day":
        return CostSpan(hour - timedelta(hours=23), hour + timedelta(hours=1))
    today = hour.replace(hour=0)
    if view.name == "year":
        return CostSpan(_months_before(today.replace(day=1), 11), today + DAY)
    return CostSpan(today - (6 if view.name == "week" else 29) * DAY, today + DAY)


def csv_query(span: CostSpan, view: View) -> str:
    times = {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in (("since", span.since), ("until", span.until))}
    return urlencode({"by": view.step.value, **times})


def _months_before(first: datetime, months: int) -> datetime:
    index = first.year * 12 + first.month - 1 - months
    return first.replace(year=index // 12, month=index % 12 + 1)


def bars(view: View, series: CostSeries, order: Sequence[str], zone: tzinfo) -> StackedBars:
    starts: Sequence[datetime] = series.starts
    columns: Mapping[str, Sequence[NanoDollars]] = series.by_provider
    if view.name == "year":
        starts, columns = by_months(starts, columns)
    return stacked([view.label(start, zone) for start in starts], columns, order)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCard:
    """One of the figures on top: what a window of the calendar cost so far, and the system's cap on it."""

    word: str
    spent: NanoDollars
    budget: BudgetState | None
    notes: tuple[str, ...]
    """At most two lines."""

    @property
    def used(self) -> float:
        return _share(self.budget.spent, self.budget.amount) if self.budget else 0.0

    @property
    def held(self) -> float:
        return _share(self.budget.reserved, self.budget.amount) if self.budget else 0.0


def window_cards(board: CostBoard, budgets: Iterable[BudgetState], now: datetime, zone: tzinfo) -> list[WindowCard]:
    caps = {budget.window.value: budget for budget in budgets if budget.scope == "system"}
    windows = (
        ("This hour", "hour", board.this_hour),
        ("Today", "day", board.today),
        ("This week", "week", board.this_week),
        ("This month", "month", board.this_month),
    )
    return [
        WindowCard(
            word=word, spent=cost.total.cost, budget=caps.get(name), notes=_notes(cost, caps.get(name), now, zone)
        )
        for word, name, cost in windows
    ]


def _notes(cost: WindowCost, budget: BudgetState | None, now: datetime, zone: tzinfo) -> tuple[str, ...]:
    if budget is None:
        return (_calls(cost.total), f"since {_since(cost.since, zone, now)}")
    resets = f"Resets {when(budget.resets_at, zone, now)}"
    if budget.reserved:
        return (resets, f"{money(budget.reserved)} held by calls under way")
    passed = (now - budget.starts_at) / (budget.resets_at - budget.starts_at)
    if passed >= EARLY and budget.spent:
        return (resets, f"{money(int(budget.spent / passed))} by then at this pace")
    return (resets, _calls(cost.total))


def _since(moment: datetime, zone: tzinfo, now: datetime) -> str:
    then = moment.astimezone(zone)
    return (
        f"{then:%H:%M}"
        if now - moment < DAY
        else f"{then:%A} {then:%H:%M}"
        if now - moment < 7 * DAY
        else (f"{then.day} {then:%B}")
    )


def _calls(total: CostSum) -> str:
    return "1 call" if total.requests == 1 else f"{total.requests:,} calls"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float(part > 0)


@dataclass(frozen=True, slots=True)
class CapNotice:
    full: bool
    head: str
    text: str


def cap_notice(budgets: Sequence[BudgetState], now: datetime, zone: tzinfo) -> CapNotice | None:
    """Of those near or used up the one that matters most: the server's before a provider's, a tier's, a person's."""
    near = [budget for budget in budgets if budget.is_near]
    if not near:
        return None
    first = min(near, key=lambda budget: (_KINDS.index(budget.scope.partition(":")[0]), budget.remaining))
    kind, _, name = first.shown.partition(":")
    whose = {"system": "The server", "tier": f"The tier {name}"}.get(kind, name)
    cap = f"{'their' if kind == 'user' else 'its'} {cap_amount(first.amount)} cap {_FOR[first.window.value]}"
    more = "" if len(near) == 1 else f" {len(near) - 1} more {'is' if len(near) == 2 else 'are'} near."
    if first.remaining == 0:
        until = when(first.resets_at, zone, now)
        effect = "Turns go to other models" if kind == "provider" else "Learners there read that the tutor rests"
        return CapNotice(True, f"{whose} used up {cap}.", f"{effect} until {until}.{more}")
    share = percent(_share(first.spent + first.reserved, first.amount))
    return CapNotice(False, f"{whose} is at {share} of {cap}.", f"Turns go to cheaper models first.{more}")


_KINDS = ("system", "provider", "tier", "user")
_FOR = {"hour": "for this hour", "day": "for today", "month": "for this month"}


@dataclass(frozen=True, slots=True)
class CostRow:
    """A line of the tables of costs."""

    name: str
    detail: str
    total: CostSum

    @property
    def each(self) -> int:
        """Nano-dollars a call."""
        return round(self.total.cost / self.total.requests) if self.total.requests else 0

    @property
    def failing(self) -> bool:
        return self.total.requests >= ENOUGH_CALLS and self.total.failed > MANY_FAILED * self.total.requests

    @property
    def unpriced(self) -> bool:
        return self.total.unpriced > 0

    @property
    def free(self) -> bool:
        return not self.total.cost and not self.total.unpriced


MODEL_KEYS: Mapping[str, Key] = {
    "model": lambda row: (row.name, row.detail),
    "calls": lambda row: row.total.requests,
    "failed": lambda row: row.total.failed,
    "tokens": lambda row: row.total.tokens,
    "each": lambda row: row.each,
    "spend": lambda row: row.total.cost,
}


def model_rows(board: CostBoard) -> list[CostRow]:
    rows = []
    for total in board.by_model:
        provider, _, model = (total.name or "unknown").partition(" ")
        rows.append(CostRow(model or provider, provider if model else "", total))
    return rows


def category_shares(board: CostBoard) -> list[tuple[CostSum, float]]:
    """Each category with its part of the dearest."""
    most = max((total.cost for total in board.by_category), default=0)
    return [(total, total.cost / most if most else 0.0) for total in board.by_category]
