"""`PeopleStore`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.administration import PeoplePage, PeopleQuery, PeopleSort, Person
from masterx.records.money import NanoDollars
from masterx.records.users import Role, SubscriptionTier, User
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.mongodb.credentials import remove_ways_in
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, not_after
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user, user_of

_SPENT: Final = "spent"
_ORDERS: Final[Mapping[PeopleSort, tuple[str, int]]] = {
    PeopleSort.NEWEST: ("created_at", -1),
    PeopleSort.OLDEST: ("created_at", 1),
    PeopleSort.NAME: ("name_folded", 1),
    PeopleSort.EMAIL: ("email_normalised", 1),
    PeopleSort.LAST_ACTIVE: ("last_active", -1),
    PeopleSort.SPEND: (_SPENT, -1),
}
"""A field and its direction; the id breaks ties, in the same direction."""
OTHER_ADMINS: Final[Row] = {"role": Role.ADMIN.value, "disabled_at": None}


class MongoPeople(Tables):
    async def people(self, query: PeopleQuery) -> PeoplePage:
        after = None if query.cursor is None else _last_seen(query)
        return await self._database.snapshot(_people, query, after)

    async def change_standing(
        self,
        user_id: str,
        now: datetime,
        *,
        role: Role | None = None,
        tier: SubscriptionTier | None = None,
        disabled: bool | None = None,
    ) -> User:
        return await self._database.transact(None, _change, user_id, now, role, tier, disabled)


def _last_seen(query: PeopleQuery) -> str:
    """Whose page it was: the cursor holds no address and no name, for it stands in URLs."""
    sort, user_id = decode_cursor(query.cursor or "", 2)
    if sort != query.sort:
        raise InvalidInput("That cursor is of another order.")
    return user_id


async def _people(access: Access, query: PeopleQuery, after: str | None) -> PeoplePage:
    where = _filters(query)
    counted = await access.aggregate("users", [{"$match": where}, {"$count": "total"}])
    key, direction = _ORDERS[query.sort]
    spends = _with_spending(query.month.isoformat()[:7])
    late = key != _SPENT
    pipeline: list[Row] = [{"$match": where}, *([] if late else spends)]
    if after is not None:
        place = await access.aggregate("users", [{"$match": {"_id": after}}, *spends])
        if not place:
            raise InvalidInput("Whoever ended that page is gone. Begin with the first one again.")
        pipeline.append({"$match": following(key, direction, place[0][key], after)})
    pipeline += [{"$sort": {key: direction, "_id": direction}}, {"$limit": query.limit + 1}, *(spends if late else [])]
    rows = await access.aggregate("users", pipeline)
    shown = rows[: query.limit]
    return PeoplePage(
        people=tuple(Person(user=user_of(row), spent_this_month=NanoDollars(row[_SPENT])) for row in shown),
        total=counted[0]["total"] if counted else 0,
        next_cursor=encode_cursor(query.sort.value, shown[-1]["_id"]) if len(rows) > query.limit else None,
    )


def _filters(query: PeopleQuery) -> Row:
    where: Row = {}
    search = query.search.strip().casefold()
    if search:
        part = {"$regex": re.escape(search)}
        where["$or"] = [{"name_folded": part}, {"email_normalised": part}]
    if query.role is not None:
        where["role"] = query.role.value
    if query.tier is not None:
        where["subscription_tier"] = query.tier.value
    if query.disabled is not None:
        where["disabled_at"] = {"$ne": None} if query.disabled else None
    return where


def following(key: str, direction: int, value: Any, after: str) -> Row:
    """What comes behind a place; the order of `$expr` has none before all, as sorting has."""
    behind = "$gt" if direction > 0 else "$lt"
    here: Any = {"$literal": value}
    same = {"$and": [{"$eq": [f"${key}", here]}, {behind: ["$_id", {"$literal": after}]}]}
    return {"$expr": {"$or": [{behind: [f"${key}", here]}, same]}}


def _with_spending(month: str) -> list[Row]:
    return [
        {"$set": {"spending_id": {"$concat": [f"month {month} ", "$_id"]}}},
        {"$lookup": {"from": "user_costs", "localField": "spending_id", "foreignField": "_id", "as": "spending"}},
        {"$set": {_SPENT: {"$reduce": {"input": "$spending", "initialValue": 0, "in": "$$this.cost"}}}},
        {"$unset": ["spending_id", "spending"]},
    ]


async def require_other_admin(access: Access, user_id: str, complaint: str) -> None:
    """In a transaction. Raises `Conflict` where nobody else is an administrator and not disabled."""
    other = await access.one("users", OTHER_ADMINS | {"_id": {"$ne": user_id}}, ["_id"])
    # The write keeps that one from being erased or disabled at the same time.
    if other is None or not await touch_user(access, other["_id"]):
        raise Conflict(complaint)


async def _change(
    access: Access,
    user_id: str,
    now: datetime,
    role: Role | None,
    tier: SubscriptionTier | None,
    disabled: bool | None,
) -> User:
    before = await access.one("users", {"_id": user_id}, ["role", "disabled_at"])
    if before is None:
        raise NotFound
    is_admin = before["role"] == Role.ADMIN.value and before.get("disabled_at") is None
    if is_admin and (disabled or role is Role.LEARNER):
        await require_other_admin(access, user_id, "This is the only administrator. Make somebody else one first.")
    change: Row = {}
    if role is not None:
        change["role"] = role.value
    if tier is not None:
        change["subscription_tier"] = tier.value
    if disabled is not None:
        change["disabled_at"] = (before.get("disabled_at") or not_after(now)) if disabled else None
    if change:
        await access.update("users", {"_id": user_id}, {"$set": change})
    if disabled:
        await remove_ways_in(access, user_id)
    after = await access.one("users", {"_id": user_id})
    if after is None:
        raise NotFound
    return user_of(after)
