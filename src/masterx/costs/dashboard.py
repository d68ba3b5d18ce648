"""What was spent, for whoever pays: sums of a span, a series over time, and whether the books agree.

All of it comes from sums that follow the ledger in its own transaction, so a year takes no longer than a day. Spans are
those of the UTC calendar.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.costs.budget import window_around
from masterx.errors import InvalidInput
from masterx.records.audits import Audit, BooksCheck
from masterx.records.budgets import BudgetWindow
from masterx.records.costs import CostBreakdown, CostGrouping, CostPeriod, CostPoint, CostSpan, CostStep, CostSum
from masterx.records.money import NanoDollars
from masterx.records.users import User

logger = structlog.get_logger()

HOURLY_UP_TO = timedelta(days=2)
"""A longer series goes by days, unless hours are asked for."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
_WINDOWS = (CostPeriod.HOUR, CostPeriod.TODAY, CostPeriod.WEEK, CostPeriod.MONTH)
LONGEST_HOURLY = timedelta(days=62)
LONGEST_DAILY = timedelta(days=3 * 366)


class DashboardStore(Protocol):
    async def cost_sums(
        self, since: datetime, until: datetime, by: CostGrouping | None = None, *, limit: int | None = None
    ) -> Sequence[CostSum]: ...

    async def cost_breakdown(self, span: CostSpan, windows: Sequence[CostSpan], *, top: int) -> CostBreakdown: ...

    async def cost_series(self, since: datetime, until: datetime, step: CostStep) -> Sequence[CostPoint]: ...

    async def user(self, user_id: str) -> User | None: ...

    async def audit(self) -> Audit: ...

    async def note_books_check(self, check: BooksCheck) -> None: ...

    async def last_books_check(self) -> BooksCheck | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCost:
    """From `since` to now."""

    since: datetime
    total: CostSum


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCost:
    """All but the sum is None for calls without a person: whoever made them was erased, or nobody did."""

    user_id: str | None
    email: str | None
    name: str | None
    total: CostSum


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBoard:
    at: datetime
    this_hour: WindowCost
    today: WindowCost
    this_week: WindowCost
    """From Monday."""
    this_month: WindowCost
    period: CostPeriod | None
    """What was asked for by name; None for a span of dates."""
    span: CostSpan
    """What the following are of."""
    total: CostSum
    by_provider: tuple[CostSum, ...]
    """These, the dearest first."""
    by_model: tuple[CostSum, ...]
    """By provider and model, with a space between them."""
    by_category: tuple[CostSum, ...]
    top_users: tuple[UserCost, ...]
    books: BooksCheck | None
    """The newest check of the books; None where none was made."""

    @property
    def unpriced_models(self) -> tuple[CostSum, ...]:
        """With calls whose cost is not known."""
        return tuple(each for each in self.by_model if each.unpriced)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSeries:
    """Columns of the same length, in the order of time and without gaps."""

    step: CostStep
    starts: tuple[datetime, ...]
    cost: tuple[NanoDollars, ...]
    requests: tuple[int, ...]
    by_provider: Mapping[str, tuple[NanoDollars, ...]]


def span_of(period: CostPeriod, now: datetime) -> CostSpan:
    """The whole period that holds `now`, so that it also holds calls that are being written."""
    match period:
        case CostPeriod.HOUR | CostPeriod.TODAY | CostPeriod.MONTH:
            window = {
                CostPeriod.HOUR: BudgetWindow.HOUR,
                CostPeriod.TODAY: BudgetWindow.DAY,
                CostPeriod.MONTH: BudgetWindow.MONTH,
            }[period]
            return CostSpan(*window_around(window, now))
        case CostPeriod.WEEK:
            today, _ = window_around(BudgetWindow.DAY, now)
            monday = today - timedelta(days=today.weekday())
            return CostSpan(monday, monday + timedelta(days=7))
        case CostPeriod.YEAR:
            month, after = window_around(BudgetWindow.MONTH, now)
            later_in_year = month.month < 12
            return CostSpan(
                month.replace(year=month.year - 1, month=month.month + 1) if later_in_year else month.replace(month=1),
                after,
            )


def checked_span(since: datetime, until: datetime) -> CostSpan:
    """Raises `InvalidInput` for times without a zone or of another age, and where it does not begin before it ends."""
    if since.tzinfo is None or until.tzinfo is None:
        raise InvalidInput("A time needs its zone, such as 2026-03-14T00:00:00Z.")
    if since >= until:
        raise InvalidInput("`since` has to be before `until`.")
    if since.year < FIRST_YEAR or until.year > LAST_YEAR:
        raise InvalidInput(f"Years from {FIRST_YEAR} to {LAST_YEAR} can be asked for.")
    return CostSpan(since.astimezone(UTC), until.astimezone(UTC))


def series_of(points: Sequence[CostPoint], span: CostSpan, step: CostStep) -> CostSeries:
    """`points` of the hours or days that hold some of the span."""
    length = timedelta(hours=1) if step is CostStep.HOUR else timedelta(days=1)
    first, _ = window_around(BudgetWindow(step.value), span.since)
    count = -(-(span.until - first) // length)
    cost, requests = [0] * count, [0] * count
    by_provider: dict[str, list[int]] = {}
    for point in points:
        place = (point.starts_at - first) // length
        cost[place] += point.cost
        requests[place] += point.requests
        by_provider.setdefault(point.provider, [0] * count)[place] += point.cost
    return CostSeries(
        step=step,
        starts=tuple(first + place * length for place in range(count)),
        cost=tuple(map(NanoDollars, cost)),
        requests=tuple(requests),
        by_provider={name: tuple(map(NanoDollars, by_provider[name])) for name in sorted(by_provider)},
    )


class CostDashboard:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, store: DashboardStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def board(
        self, period: CostPeriod = CostPeriod.MONTH, *, span: CostSpan | None = None, top: int = 10
    ) -> CostBoard:
        """`span` goes before `period`."""
        now = self._clock.now()
        asked = span_of(period, now) if span is None else span
        windows = [span_of(window, now) for window in _WINDOWS]
        found, books = await asyncio.gather(
            self._store.cost_breakdown(asked, windows, top=top), self._store.last_books_check()
        )
        this_hour, today, this_week, this_month = (
            WindowCost(since=window.since, total=total) for window, total in zip(windows, found.windows, strict=True)
        )
        return CostBoard(
            at=now,
            this_hour=this_hour,
            today=today,
            this_week=this_week,
            this_month=this_month,
            period=period if span is None else None,
            span=asked,
            total=found.total,
            by_provider=found.by_provider,
            by_model=found.by_model,
            by_category=found.by_category,
            top_users=tuple(await asyncio.gather(*map(self._named, found.by_user))),
            books=books,
        )

    async def users(self, span: CostSpan, *, top: int | None = None) -> tuple[UserCost, ...]:
        """The dearest first, with their names."""
        sums = await self._store.cost_sums(span.since, span.until, CostGrouping.USER, limit=top)
        return tuple([await self._named(each) for each in sums])

    async def series(
        self, period: CostPeriod = CostPeriod.MONTH, *, span: CostSpan | None = None, step: CostStep | None = None
    ) -> CostSeries:
        """Raises `InvalidInput` for a span that is too long to be drawn."""
        asked = span_of(period, self._clock.now()) if span is None else span
        length = asked.until - asked.since
        if step is None:
            step = CostStep.HOUR if length <= HOURLY_UP_TO else CostStep.DAY
        if length > (LONGEST_HOURLY if step is CostStep.HOUR else LONGEST_DAILY):
            raise InvalidInput(f"That span is too long to be shown by {step}s.")
        return series_of(await self._store.cost_series(asked.since, asked.until, step), asked, step)

    async def verify(self) -> BooksCheck:
        """Compare all books with the ledger now, and note what came of it; takes seconds for large ones."""
        began = self._clock.now()
        check = check_of(await self._store.audit(), began)
        await self._store.note_books_check(check)
        if not check.agree:
            logger.error("books_disagree", mismatches=check.mismatches, calls=check.calls)
        return check

    async def last_check(self) -> BooksCheck | None:
        return await self._store.last_books_check()

    async def _named(self, each: CostSum) -> UserCost:
        user = None if each.name is None else await self._store.user(each.name)
        return UserCost(
            user_id=each.name,
            email=None if user is None else user.email,
            name=None if user is None else user.name,
            total=each,
        )


def check_of(audit: Audit, began: datetime) -> BooksCheck:
    return BooksCheck(checked_at=began, calls=audit.calls, cost=audit.cost, mismatches=len(audit.mismatches))
