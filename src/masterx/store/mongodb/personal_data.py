"""`PersonalDataStore`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from masterx.errors import NotFound
from masterx.records.users import Role
from masterx.store.account_ports import PersonalPage
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import SUB_MS, Row, name_of_key, time_text
from masterx.store.mongodb.people import require_other_admin
from masterx.store.mongodb.sessions import after_place
from masterx.store.mongodb.tables import Tables
from masterx.store.schema import PERSONAL_FIELDS


@dataclass(frozen=True, slots=True)
class _Whose:
    """Which field says whose a row is, and by which two the rows are ordered."""

    owner: str = "user_id"
    order: tuple[str, str] = ("created_at", "_id")


_WHOSE: Final[Mapping[str, _Whose]] = {
    "users": _Whose("_id"),
    "devices": _Whose(order=("last_seen_at", "_id")),
    "one_time_links": _Whose(),
    "invitations": _Whose("created_by"),
    "api_keys": _Whose(),
    "sessions": _Whose(order=("started_at", "_id")),
    "messages": _Whose(order=("timestamp", "_id")),
    "mood_corrections": _Whose(order=("corrected_at", "_id")),
    "user_performance": _Whose(order=("timestamp", "_id")),
    "practice_questions": _Whose(order=("asked_at", "_id")),
    "practice_responses": _Whose(order=("answered_at", "_id")),
    "learner_states": _Whose(order=("updated_at", "_id")),
    "concept_reviews": _Whose(order=("due_at", "_id")),
    "goals": _Whose(order=("created_at", "_id")),
    "cost_events": _Whose(order=("timestamp", "_id")),
    "cost_tracking": _Whose(order=("date", "_id")),
    "idempotency_keys": _Whose(order=("last_used_at", "key")),
}
_THEIRS = (
    "devices",
    "refresh_tokens",
    "one_time_links",
    "api_keys",
    "idempotency_keys",
    "mood_corrections",
    "messages",
    "sessions",
    "user_performance",
    "practice_questions",
    "practice_responses",
    "learner_states",
    "concept_reviews",
    "learner_standings",
    "goals",
)
"""Rows that go with the person, by `user_id`."""
_NAMELESS: Final = {"user_id": None}


class MongoPersonalData(Tables):
    async def personal_rows(
        self, user_id: str, collection: str, *, limit: int, cursor: str | None = None
    ) -> PersonalPage:
        after = None if cursor is None else decode_cursor(cursor, 2)
        return await self._database.read(_page, user_id, collection, limit, after)

    async def erase_user(self, user_id: str) -> None:
        await self._database.transact(f"user {user_id}", _erase, user_id)
        # What was written while the account was still there, by those who look for it afterwards.
        await self._database.write(_sweep, user_id)


async def _page(
    access: Access, user_id: str, collection: str, limit: int, after: tuple[str, ...] | None
) -> PersonalPage:
    whose = _WHOSE[collection]
    first, second = whose.order
    where: Row = {whose.owner: user_id}
    if after is not None and first == "date":
        where |= {"$or": [{first: {"$lt": after[0]}}, {first: after[0], second: {"$lt": after[1]}}]}
    elif after is not None:
        where |= after_place(first, after[0], second, after[1])
    rows = await access.all(collection, where, sort=[(first, -1), (second, -1)], limit=limit + 1)
    cursor = None
    if len(rows) > limit:
        place = rows[limit - 1]
        moment = place[first]
        cursor = encode_cursor(time_text(moment) if isinstance(moment, datetime) else moment, place[second])
    return PersonalPage(
        rows=tuple({name: _value(row, name) for name in PERSONAL_FIELDS[collection]} for row in rows[:limit]),
        next_cursor=cursor,
    )


def _value(row: Mapping[str, Any], name: str) -> Any:
    value = row.get("_id" if name in {"id", "message_id"} and name not in row else name)
    if isinstance(value, datetime):
        return time_text(value + timedelta(microseconds=row.get(SUB_MS, {}).get(name, 0)))
    if name == "category_breakdown" and value is not None:
        return {name_of_key(key): cost for key, cost in value.items()}
    return value


async def _erase(access: Access, user_id: str) -> None:
    user = await access.one("users", {"_id": user_id}, ["role"])
    if user is None:
        raise NotFound
    if user["role"] == Role.ADMIN.value:
        await require_other_admin(access, user_id, "You are the only administrator. Make somebody else one first.")
    await access.batch(
        [
            *(Write(collection=name, where={"user_id": user_id}) for name in _THEIRS),
            Write(
                collection="invitations",
                where={"created_by": user_id},
                change={"$set": {"created_by": None}},
                many=True,
            ),
            Write(collection="budgets", where={"kind": "user", "name": user_id}),
            Write(collection="budget_spending", where={"kind": "user", "name": user_id}),
            # Calls under way go on without a name.
            Write(collection="reservations", where={"user_id": user_id}, change={"$set": _NAMELESS}, many=True),
            # The system's sums of the day hold these calls already.
            Write(collection="cost_tracking", where={"user_id": user_id}),
            Write(collection="user_costs", where={"user_id": user_id}),
            Write(
                collection="cost_events",
                where={"user_id": user_id},
                change={"$set": _NAMELESS | {"session_id": None, "message_id": None}},
                many=True,
            ),
            Write(collection="users", where={"_id": user_id}),
        ]
    )


async def _sweep(access: Access, user_id: str) -> None:
    await access.batch(
        [
            Write(collection="idempotency_keys", where={"user_id": user_id}),
            Write(collection="reservations", where={"user_id": user_id}, change={"$set": _NAMELESS}, many=True),
        ]
    )
