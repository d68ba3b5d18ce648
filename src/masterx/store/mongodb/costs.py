"""`CostStore`: the ledger, and the daily sums that move with it in the same transaction.

A sum over everybody's calls is split into parts: rows that different transactions can write to at the same time. A
learner's own sums have one part. Whoever reads adds the parts up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from masterx.records.costs import CallOutcome, CallPurpose, CostEvent, CostTracking, Pricing
from masterx.records.money import NanoDollars
from masterx.store.mongodb.budgets import given_back, spending_writes
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import (
    Row,
    date_of,
    day_text,
    document,
    key_text,
    name_of_key,
    time_in,
    whole,
    within,
)
from masterx.store.mongodb.kept_sums import sum_writes
from masterx.store.mongodb.tables import Tables


class MongoCosts(Tables):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str] = ()) -> None:
        learners = sorted({call.user_id for call in calls if call.user_id is not None})
        async with AsyncExitStack() as stack:
            for learner in learners:
                await stack.enter_async_context(self._database.lock(f"user {learner}"))
            part = await stack.enter_async_context(self._database.part())
            await self._database.transact_writes(None, _add_lone_calls, calls, reservations, part)

    async def cost_events(self, since: datetime, until: datetime, *, user_id: str | None = None) -> Sequence[CostEvent]:
        return await self._database.report(_events, since, until, user_id)

    async def cost_tracking(self, since: date, until: date) -> Sequence[CostTracking]:
        return await self._database.report(_days, since, until)


async def _add_lone_calls(access: Access, calls: Sequence[CostEvent], reservations: Sequence[str], part: int) -> None:
    named = await _with_names(access, calls)
    settled = [await _in_session(access, call) for call in named]
    writes = [*call_writes(settled, part), *given_back(reservations)]
    if writes:
        await access.batch(writes)


async def _with_names(access: Access, calls: Sequence[CostEvent]) -> list[CostEvent]:
    """Calls of somebody who was erased go on without a name."""
    asked = {call.user_id for call in calls if call.user_id is not None}
    known: set[str | None] = {None}
    for user_id in sorted(asked):
        # A write, so that nobody is erased between this look and the commit.
        if await access.update("users", {"_id": user_id}, {"$inc": {"ledger_rows": whole(1)}}):
            known.add(user_id)
    return [
        call if call.user_id in known else replace(call, user_id=None, session_id=None, message_id=None)
        for call in calls
    ]


async def _in_session(access: Access, call: CostEvent) -> CostEvent:
    """The call, after the totals of its session have taken it up; without a session where there is none (any more)."""
    if call.session_id is None:
        return call
    totals = {"total_tokens": whole(call.total_tokens), "total_cost": whole(call.cost)}
    if await access.update("sessions", {"_id": call.session_id, "user_id": call.user_id}, {"$inc": totals}):
        return call
    return replace(call, session_id=None, message_id=None)


def call_writes(calls: Sequence[CostEvent], part: int) -> list[Write]:
    """Each call to the ledger, and what they add to their days' sums and to budgets."""
    return [
        *(Write(collection="cost_events", change=event_row(call)) for call in calls),
        *_day_writes(calls, part),
        *sum_writes(calls, part),
        *spending_writes(calls, part),
    ]


def _day_writes(calls: Sequence[CostEvent], part: int) -> Iterable[Write]:
    days: dict[tuple[str, str, str | None], list[CostEvent]] = defaultdict(list)
    for call in calls:
        day = day_text(call.timestamp)
        days[day, call.provider, None].append(call)
        if call.user_id is not None:
            days[day, call.provider, call.user_id].append(call)
    for (day, provider, user_id), theirs in days.items():
        which = part if user_id is None else 0
        yield Write(
            collection="cost_tracking",
            where={"_id": day_id(day, provider, user_id, which)},
            change={
                "$setOnInsert": {"date": day, "provider": provider, "user_id": user_id, "part": whole(which)},
                "$inc": _day_sums(theirs),
            },
            upsert=True,
        )


def _day_sums(calls: Sequence[CostEvent]) -> Row:
    categories: dict[str, int] = defaultdict(int)
    for call in calls:
        categories[key_text(call.category)] += call.cost
    return {
        "total_requests": whole(len(calls)),
        "total_tokens": whole(sum(call.total_tokens for call in calls)),
        "total_cost": whole(sum(call.cost for call in calls)),
    } | {f"category_breakdown.{key}": whole(cost) for key, cost in categories.items()}


def day_id(day: str, provider: str, user_id: str | None, part: int) -> str:
    """A UUID of version 5, so that two who make the same row make the same id."""
    return str(uuid5(NAMESPACE_OID, "\n".join([day, str(part), "" if user_id is None else f"u{user_id}", provider])))


async def _events(access: Access, since: datetime, until: datetime, user_id: str | None) -> list[CostEvent]:
    where = within("timestamp", since, until)
    if user_id is not None:
        where["user_id"] = user_id
    found = [event_of(row) for row in await access.all("cost_events", where, sort=[("timestamp", 1), ("_id", 1)])]
    return sorted(found, key=lambda event: (event.timestamp, event.id))


async def _days(access: Access, since: date, until: date) -> list[CostTracking]:
    where = {"date": {"$gte": since.isoformat(), "$lte": until.isoformat()}}
    rows = await access.all("cost_tracking", where, sort=[("date", 1), ("provider", 1), ("user_id", 1)])
    days: dict[tuple[str, str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        days[row["date"], row["provider"], row["user_id"]].append(row)
    return [_day(parts) for parts in days.values()]


def _day(parts: Sequence[Row]) -> CostTracking:
    first = parts[0]
    categories: dict[str, NanoDollars] = defaultdict(lambda: NanoDollars(0))
    for row in parts:
        for key, cost in row.get("category_breakdown", {}).items():
            name = name_of_key(key)
            categories[name] = NanoDollars(categories[name] + cost)
    return CostTracking(
        id=day_id(first["date"], first["provider"], first["user_id"], 0),
        date=date_of(first["date"]),
        provider=first["provider"],
        user_id=first["user_id"],
        total_requests=sum(row["total_requests"] for row in parts),
        total_tokens=sum(row["total_tokens"] for row in parts),
        total_cost=NanoDollars(sum(row["total_cost"] for row in parts)),
        category_breakdown=dict(categories),
    )


def event_row(call: CostEvent) -> Row:
    return document(
        id=call.id,
        timestamp=call.timestamp,
        provider=call.provider,
        model=call.model,
        purpose=call.purpose,
        outcome=call.outcome,
        pricing=call.pricing,
        cost=call.cost,
        category=call.category,
        user_id=call.user_id,
        session_id=call.session_id,
        message_id=call.message_id,
        tier=call.tier,
        budget_charge=call.budget_charge,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cached_input_tokens=call.cached_input_tokens,
        reasoning_tokens=call.reasoning_tokens,
        usage_estimated=call.usage_estimated,
        duration_ms=call.duration_ms,
        error_code=call.error_code,
    )


def event_of(row: Mapping[str, Any]) -> CostEvent:
    return CostEvent(
        id=row["_id"],
        timestamp=time_in(row, "timestamp"),
        provider=row["provider"],
        model=row["model"],
        purpose=CallPurpose(row["purpose"]),
        outcome=CallOutcome(row["outcome"]),
        pricing=Pricing(row["pricing"]),
        cost=row["cost"],
        category=row["category"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        message_id=row["message_id"],
        tier=row["tier"],
        budget_charge=row["budget_charge"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_input_tokens=row["cached_input_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        usage_estimated=row["usage_estimated"],
        duration_ms=row["duration_ms"],
        error_code=row["error_code"],
    )
