"""What was spent, for administrators: by span, over time, and every call as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx.api.csv_files import CSV_ANSWER, csv_file, exact_dollars, whole
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.costs.dashboard import CostBoard, CostSeries, UserCost, WindowCost, checked_span, span_of
from masterx.errors import InvalidInput
from masterx.records.audits import BooksCheck
from masterx.records.costs import CostEvent, CostGrouping, CostPeriod, CostSpan, CostStep, CostSum
from masterx.records.money import to_dollars
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin", tags=["costs"])

DOLLARS = "US dollars, of the calls with a known price; exact to a billionth up to 9 million."

Period = Annotated[
    CostPeriod, Query(description="By the UTC calendar; the week from Monday; the year: the last twelve months.")
]
Since = Annotated[datetime | None, Query(description="In place of a period; UTC where no zone is named.")]
Until = Annotated[datetime | None, Query(description="Not included; without it, now.")]


class CostSumBody(BaseModel):
    requests: int
    failed: int
    tokens: int
    cost: float = Field(description=DOLLARS)
    unpriced: int = Field(description="Calls whose cost is not known, and not in `cost`.")


class NamedSumBody(CostSumBody):
    name: str | None = Field(description="Of the provider, of provider and model, or of the category.")


class WindowBody(CostSumBody):
    since: datetime


class UserSumBody(CostSumBody):
    user_id: str | None = Field(description="Null for calls of whoever was erased, and for those of nobody.")
    email: str | None
    name: str | None


class BooksBody(BaseModel):
    checked_at: datetime
    agree: bool
    calls: int
    cost: float = Field(description=DOLLARS)
    mismatches: int


class CostBoardBody(BaseModel):
    at: datetime
    today: WindowBody
    this_hour: WindowBody
    this_week: WindowBody = Field(description="From Monday.")
    this_month: WindowBody
    period: CostPeriod | None = Field(description="Null where `since` was given.")
    since: datetime = Field(description="What follows is of this span.")
    until: datetime
    total: CostSumBody
    by_provider: list[NamedSumBody] = Field(description="The dearest first, as are the others.")
    by_model: list[NamedSumBody]
    by_category: list[NamedSumBody]
    top_users: list[UserSumBody]
    books: BooksBody | None = Field(description="The newest check of the books; null where none was made.")


class CostSeriesBody(BaseModel):
    step: CostStep
    starts: list[datetime] = Field(description="Of each step, without gaps; the other lists are as long.")
    cost: list[float] = Field(description="US dollars.")
    requests: list[int]
    by_provider: dict[str, list[float]] = Field(description="US dollars.")


class CsvGrouping(StrEnum):
    PROVIDER = "provider"
    MODEL = "model"
    CATEGORY = "category"
    USER = "user"
    HOUR = "hour"
    DAY = "day"


@router.get("/costs", responses=errors(401, 403, 422, 503))
async def costs(
    services: CurrentServices,
    period: Period = CostPeriod.MONTH,
    since: Since = None,
    until: Until = None,
    top: Annotated[int, Query(ge=1, le=200, description="How many of `top_users`.")] = 10,
) -> CostBoardBody:
    """What was spent now and in a span, and by whom and what."""
    return _board(await services.costs.board(period, span=_span(services, since, until), top=top))


@router.get("/costs/series", responses=errors(401, 403, 422, 503))
async def cost_series(
    services: CurrentServices,
    period: Period = CostPeriod.MONTH,
    since: Since = None,
    until: Until = None,
    step: Annotated[CostStep | None, Query(description="Left out: hours up to two days, else days.")] = None,
) -> CostSeriesBody:
    """What was spent in each hour or day of a span."""
    return _series(await services.costs.series(period, span=_span(services, since, until), step=step))


@router.post("/costs/verify", responses=errors(401, 403, 503))
async def verify(services: CurrentServices) -> BooksBody:
    """Compare the ledger with all books that follow it. Takes seconds where there are many calls."""
    return _books(await services.costs.verify())


@router.get("/costs.csv", responses={**CSV_ANSWER, **errors(401, 403, 422, 503)}, response_class=StreamingResponse)
async def costs_csv(
    services: CurrentServices,
    by: CsvGrouping = CsvGrouping.PROVIDER,
    period: Period = CostPeriod.MONTH,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """What was spent in a span, by one thing, as a file."""
    span = _span(services, since, until) or span_of(period, services.clock.now())
    rows: list[Sequence[object]]
    if by in {CsvGrouping.HOUR, CsvGrouping.DAY}:
        series = await services.costs.series(span=span, step=CostStep(by.value))
        headings = [by.value, "requests", "cost_usd", *(f"{name}_usd" for name in series.by_provider)]
        columns = [map(exact_dollars, column) for column in (series.cost, *series.by_provider.values())]
        rows = [
            (start, requests, *amounts)
            for start, requests, *amounts in zip(series.starts, series.requests, *columns, strict=True)
        ]
    elif by is CsvGrouping.USER:
        headings = ["user_id", "email", "name", *_FIGURES]
        rows = [
            (each.user_id, each.email, each.name, *_figures(each.total)) for each in await services.costs.users(span)
        ]
    else:
        headings = [by.value, *_FIGURES]
        sums = await services.store.cost_sums(span.since, span.until, CostGrouping(by.value))
        rows = [(each.name, *_figures(each)) for each in sums]
    return csv_file(f"masterx-costs-{span.since:%Y-%m-%d}-by-{by}", headings, whole(rows))


@router.get("/ledger.csv", responses={**CSV_ANSWER, **errors(401, 403, 422, 503)}, response_class=StreamingResponse)
async def ledger_csv(
    services: CurrentServices, period: Period = CostPeriod.MONTH, since: Since = None, until: Until = None
) -> StreamingResponse:
    """Every call of a span, oldest first, streamed: any length of it fits."""
    span = _span(services, since, until) or span_of(period, services.clock.now())
    parts = services.store.ledger(span.since, span.until)
    first = await _first(parts)
    headings = [f"{field.name}_usd" if field.name in _MONEY else field.name for field in fields(CostEvent)]
    return csv_file(f"masterx-ledger-{span.since:%Y-%m-%d}", headings, _ledger_rows(first, parts))


async def _first(parts: AsyncIterator[Sequence[CostEvent]]) -> Sequence[CostEvent]:
    async for part in parts:
        return part
    return ()


async def _ledger_rows(
    first: Sequence[CostEvent], parts: AsyncIterator[Sequence[CostEvent]]
) -> AsyncIterator[list[Sequence[object]]]:
    yield [_event_row(event) for event in first]
    async for part in parts:
        yield [_event_row(event) for event in part]


_MONEY = frozenset({"cost", "budget_charge"})
_FIGURES = ("requests", "failed", "tokens", "cost_usd", "unpriced")


def _event_row(event: CostEvent) -> list[object]:
    return [
        exact_dollars(value) if name in _MONEY else value
        for name, value in ((field.name, getattr(event, field.name)) for field in fields(event))
    ]


def _figures(total: CostSum) -> tuple[object, ...]:
    return total.requests, total.failed, total.tokens, exact_dollars(total.cost), total.unpriced


def _span(services: Services, since: datetime | None, until: datetime | None) -> CostSpan | None:
    if since is None:
        if until is not None:
            raise InvalidInput("`until` needs `since`.")
        return None
    until = services.clock.now() if until is None else until
    return checked_span(*(one if one.tzinfo else one.replace(tzinfo=UTC) for one in (since, until)))


def _sum(total: CostSum) -> dict[str, int | float]:
    return {
        "requests": total.requests,
        "failed": total.failed,
        "tokens": total.tokens,
        "cost": to_dollars(total.cost),
        "unpriced": total.unpriced,
    }


def _window(window: WindowCost) -> WindowBody:
    return WindowBody.model_validate({"since": window.since, **_sum(window.total)})


def _named(sums: Sequence[CostSum]) -> list[NamedSumBody]:
    return [NamedSumBody.model_validate({"name": each.name, **_sum(each)}) for each in sums]


def _user(each: UserCost) -> UserSumBody:
    person = {"user_id": each.user_id, "email": each.email, "name": each.name}
    return UserSumBody.model_validate({**person, **_sum(each.total)})


def _books(check: BooksCheck) -> BooksBody:
    return BooksBody(
        checked_at=check.checked_at,
        agree=check.agree,
        calls=check.calls,
        cost=to_dollars(check.cost),
        mismatches=check.mismatches,
    )


def _board(board: CostBoard) -> CostBoardBody:
    return CostBoardBody(
        at=board.at,
        today=_window(board.today),
        this_hour=_window(board.this_hour),
        this_week=_window(board.this_week),
        this_month=_window(board.this_month),
        period=board.period,
        since=board.span.since,
        until=board.span.until,
        total=CostSumBody.model_validate(_sum(board.total)),
        by_provider=_named(board.by_provider),
        by_model=_named(board.by_model),
        by_category=_named(board.by_category),
        top_users=[_user(each) for each in board.top_users],
        books=None if board.books is None else _books(board.books),
    )


def _series(series: CostSeries) -> CostSeriesBody:
    return CostSeriesBody(
        step=series.step,
        starts=list(series.starts),
        cost=[to_dollars(amount) for amount in series.cost],
        requests=list(series.requests),
        by_provider={name: [to_dollars(amount) for amount in column] for name, column in series.by_provider.items()},
    )
