"""`BudgetStore`: caps, running sums of what was spent in each of their windows, and open reservations.

A reservation is written first and looked at afterwards, with all others: of any two, the later look sees both. So no
cap is passed, whatever the number of processes, without a row that all of them would have to wait for. Two that meet at
the very end of a cap, in two processes, may both be sent away, and ask again; in one process they stand in line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from masterx.errors import NotFound
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, ScopeKind, Spending
from masterx.records.costs import CostEvent
from masterx.records.money import NanoDollars
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, in_utc, not_after, not_before, plain, whole
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user

PERIOD_LENGTH: Final = {BudgetWindow.HOUR: 13, BudgetWindow.DAY: 10, BudgetWindow.MONTH: 7}
"""Of a time as text: so much of it names the hour, the day or the month."""
_OWNER: Final = {ScopeKind.PROVIDER: "provider", ScopeKind.TIER: "tier", ScopeKind.USER: "user_id"}


class MongoBudgets(Tables):
    async def set_budget(self, budget: Budget) -> None:
        await self._database.transact(None, _set, budget)

    async def remove_budget(self, scope: BudgetScope, window: BudgetWindow) -> None:
        await self._database.write(_remove, scope, window)

    async def budgets(self) -> Sequence[Budget]:
        return await self._database.read(_all)

    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]:
        return await self._database.read(_spending, caps, now)

    async def reserve(
        self, reservation: Reservation, caps: Sequence[Cap], *, instead_of: str | None = None
    ) -> Sequence[Spending]:
        async with self._database.lock("reserve"):
            return await self._database.write(_reserve, reservation, caps, instead_of)

    async def forget_spending(self, before: datetime, *, limit: int) -> int:
        return await self._database.write(_forget, before, limit)

    async def release(self, reservations: Sequence[str]) -> None:
        await self._database.write(_release, reservations)


def spending_writes(calls: Sequence[CostEvent], part: int) -> Iterable[Write]:
    """The calls join the sums of their scopes, in the windows that hold the time of each call."""
    sums: dict[tuple[str, str, str, int], int] = defaultdict(int)
    for call in calls:
        if not call.budget_charge:
            continue
        moment = in_utc(call.timestamp).isoformat()
        scopes = ((ScopeKind.SYSTEM, ""), (ScopeKind.PROVIDER, call.provider), (ScopeKind.TIER, call.tier))
        for kind, name in (*scopes, (ScopeKind.USER, call.user_id)):
            for length in PERIOD_LENGTH.values() if name is not None else ():
                which = 0 if kind is ScopeKind.USER else part
                sums[kind.value, name or "", moment[:length], which] += call.budget_charge
    for (kind_name, name, period, which), amount in sums.items():
        yield Write(
            collection="budget_spending",
            where={"_id": f"{kind_name} {period} {which} {name}"},
            change={
                "$setOnInsert": {"kind": kind_name, "name": name, "period": period, "part": whole(which)},
                "$inc": {"spent": whole(amount)},
            },
            upsert=True,
        )


def given_back(reservations: Sequence[str]) -> list[Write]:
    return [Write(collection="reservations", where={"_id": {"$in": list(reservations)}})] if reservations else []


async def _set(access: Access, budget: Budget) -> None:
    scope = budget.scope
    if scope.kind is ScopeKind.USER and not await touch_user(access, scope.name):
        raise NotFound("That account is gone.")
    row = plain({"kind": scope.kind, "name": scope.name, "span": budget.window, "amount": budget.amount})
    await access.update("budgets", {"_id": _budget_id(scope, budget.window)}, {"$set": row}, upsert=True)


async def _remove(access: Access, scope: BudgetScope, window: BudgetWindow) -> None:
    if not await access.delete("budgets", {"_id": _budget_id(scope, window)}):
        raise NotFound(f"There is no budget of {scope} for the {window}.")


def _budget_id(scope: BudgetScope, window: BudgetWindow) -> str:
    return f"{scope.kind.value} {window.value} {scope.name}"


async def _all(access: Access) -> list[Budget]:
    budgets = [
        Budget(
            scope=BudgetScope(ScopeKind(row["kind"]), row["name"]),
            window=BudgetWindow(row["span"]),
            amount=row["amount"],
        )
        for row in await access.all("budgets", {})
    ]
    return sorted(budgets, key=_place)


def _place(budget: Budget) -> tuple[int, str, int]:
    scope = budget.scope
    return tuple(ScopeKind).index(scope.kind), scope.name, tuple(BudgetWindow).index(budget.window)


def spending_pipeline(caps: Sequence[Cap], now: datetime, user_id: str | None) -> list[Row]:
    """What is held and what was spent, cap by cap, and whether the user is there: on `reservations`, one command.

    What is held is read first. A turn that is recorded meanwhile is then counted twice for a moment, never not at all.
    """
    held: list[Row] = [
        {"$match": {"created_at": {"$gte": min(not_before(cap.starts_at) for cap in caps)}}} if caps else {"$limit": 1}
    ]
    sums = {f"held{place}": {"$sum": _held_in(cap, now)} for place, cap in enumerate(caps)}
    spent = [
        {"$match": {"$or": [_spent_in(cap) for cap in caps] or [{"_id": None}]}},
        {"$group": {"_id": {"kind": "$kind", "name": "$name", "period": "$period"}, "spent": {"$sum": "$spent"}}},
    ]
    users = [{"$match": {"_id": user_id}}, {"$project": {"_id": 1, "is_user": {"$literal": True}}}]
    return [
        *held,
        {"$group": {"_id": None, **sums}},
        {"$unionWith": {"coll": "budget_spending", "pipeline": spent}},
        {"$unionWith": {"coll": "users", "pipeline": users}},
    ]


def _held_in(cap: Cap, now: datetime) -> Row:
    conditions: list[Any] = [
        {"$gte": ["$created_at", not_before(cap.starts_at)]},
        {"$lt": ["$created_at", not_before(cap.resets_at)]},
        {"$gt": ["$expires_at", not_after(now)]},
    ]
    owner = _OWNER.get(cap.budget.scope.kind)
    if owner is not None:
        conditions.append({"$eq": [f"${owner}", {"$literal": cap.budget.scope.name}]})
    return {"$cond": [{"$and": conditions}, "$amount", 0]}


def _spent_in(cap: Cap) -> Row:
    scope = cap.budget.scope
    return {"kind": scope.kind.value, "name": scope.name, "period": _period(cap)}


def _period(cap: Cap) -> str:
    return in_utc(cap.starts_at).isoformat()[: PERIOD_LENGTH[cap.budget.window]]


async def _look(
    access: Access, caps: Sequence[Cap], now: datetime, user_id: str | None = None
) -> tuple[list[Spending], bool]:
    held: Row = {}
    spent: dict[tuple[str, str, str], int] = {}
    known = False
    for row in await access.aggregate("reservations", spending_pipeline(caps, now, user_id)):
        if row.get("is_user"):
            known = True
        elif row["_id"] is None:
            held = row
        else:
            spent[row["_id"]["kind"], row["_id"]["name"], row["_id"]["period"]] = row["spent"]
    spendings = [
        Spending(
            cap=cap,
            spent=NanoDollars(spent.get((cap.budget.scope.kind.value, cap.budget.scope.name, _period(cap)), 0)),
            reserved=NanoDollars(held.get(f"held{place}", 0)),
        )
        for place, cap in enumerate(caps)
    ]
    return spendings, known


async def _spending(access: Access, caps: Sequence[Cap], now: datetime) -> list[Spending]:
    return (await _look(access, caps, now))[0] if caps else []


async def _reserve(
    access: Access, reservation: Reservation, caps: Sequence[Cap], instead_of: str | None
) -> list[Spending]:
    await access.batch(
        [
            *given_back([] if instead_of is None else [instead_of]),
            Write(collection="reservations", change=_row(reservation)),
        ]
    )
    found, known = await _look(access, caps, reservation.created_at, reservation.user_id)
    full = [
        Spending(cap=each.cap, spent=each.spent, reserved=NanoDollars(each.reserved - reservation.amount))
        for each in found
        if each.spent + each.reserved > each.cap.budget.amount
    ]
    if full:
        await access.delete("reservations", {"_id": reservation.id})
    elif reservation.user_id is not None and not known:
        # Whoever was erased meanwhile reserves without a name.
        await access.update("reservations", {"_id": reservation.id}, {"$set": {"user_id": None}})
    return full


async def _forget(access: Access, before: datetime, limit: int) -> int:
    text = in_utc(before).isoformat()
    over = [{"period": {"$lt": text[:length], "$regex": f"^.{{{length}}}$"}} for length in PERIOD_LENGTH.values()]
    found = await access.all("budget_spending", {"$or": over}, limit=limit)
    return await access.delete("budget_spending", {"_id": {"$in": [row["_id"] for row in found]}})


async def _release(access: Access, reservations: Sequence[str]) -> None:
    if reservations:
        await access.delete("reservations", {"_id": {"$in": list(reservations)}})


def _row(reservation: Reservation) -> Row:
    return document(
        id=reservation.id,
        provider=reservation.provider,
        user_id=reservation.user_id,
        tier=reservation.tier,
        amount=reservation.amount,
        created_at=reservation.created_at,
        expires_at=reservation.expires_at,
    )
