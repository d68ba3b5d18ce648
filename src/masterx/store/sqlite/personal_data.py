"""`PersonalDataStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from masterx.errors import Conflict, NotFound
from masterx.records.users import Role
from masterx.store.account_ports import PersonalPage
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.schema import PERSONAL_FIELDS
from masterx.store.sqlite.tables import Tables


@dataclass(frozen=True, slots=True)
class _Whose:
    """Which column says whose a row is, and by which two the rows are ordered."""

    owner: str = "user_id"
    order: tuple[str, str] = ("created_at", "id")


_WHOSE: Final[Mapping[str, _Whose]] = {
    "users": _Whose("id"),
    "devices": _Whose(order=("last_seen_at", "id")),
    "one_time_links": _Whose(),
    "invitations": _Whose("created_by"),
    "api_keys": _Whose(),
    "sessions": _Whose(order=("started_at", "id")),
    "messages": _Whose(order=("timestamp", "position")),
    "mood_corrections": _Whose(order=("corrected_at", "message_id")),
    "user_performance": _Whose(order=("timestamp", "id")),
    "practice_questions": _Whose(order=("asked_at", "id")),
    "practice_responses": _Whose(order=("answered_at", "id")),
    "learner_states": _Whose(order=("updated_at", "subject")),
    "concept_reviews": _Whose(order=("due_at", "concept")),
    "goals": _Whose(order=("created_at", "subject")),
    "cost_events": _Whose(order=("timestamp", "id")),
    "cost_tracking": _Whose(order=("date", "id")),
    "idempotency_keys": _Whose(order=("last_used_at", "key")),
}
_JSON = frozenset(
    {
        "learning_preferences",
        "emotional_profile",
        "mood_preferences",
        "emotion_trajectory",
        "emotion_state",
        "mastery_topics",
    }
    | {"struggling_topics", "category_breakdown", "concepts", "item", "calculated"}
)
_YES_NO = frozenset({"usage_estimated", "helpful", "user_continued", "may_be_learned_from", "learned"})

_LAST_ADMIN = """
    SELECT role = ?2 AND NOT EXISTS (SELECT 1 FROM users WHERE role = ?2 AND id <> ?1 AND disabled_at IS NULL)
    FROM users WHERE id = ?1
"""
_ERASE = (
    "DELETE FROM devices WHERE user_id = ?",  # their tokens go with them
    "DELETE FROM one_time_links WHERE user_id = ?",
    "DELETE FROM api_keys WHERE user_id = ?",
    "UPDATE invitations SET created_by = NULL WHERE created_by = ?",
    "DELETE FROM idempotency_keys WHERE user_id = ?",
    "DELETE FROM mood_corrections WHERE user_id = ?",
    "DELETE FROM messages WHERE user_id = ?",
    "DELETE FROM sessions WHERE user_id = ?",
    "DELETE FROM user_performance WHERE user_id = ?",
    "DELETE FROM practice_questions WHERE user_id = ?",
    "DELETE FROM practice_responses WHERE user_id = ?",
    "DELETE FROM learner_states WHERE user_id = ?",
    "DELETE FROM concept_reviews WHERE user_id = ?",
    "DELETE FROM learner_standings WHERE user_id = ?",
    "DELETE FROM goals WHERE user_id = ?",
    "DELETE FROM budgets WHERE kind = 'user' AND name = ?",
    "DELETE FROM budget_spending WHERE kind = 'user' AND name = ?",
    # Calls under way go on without a name.
    "UPDATE reservations SET user_id = NULL WHERE user_id = ?",
    # The system's sums of the day hold these calls already.
    "DELETE FROM cost_tracking WHERE user_id = ?",
    "DELETE FROM user_costs WHERE user_id = ?",
    "UPDATE cost_events SET user_id = NULL, session_id = NULL, message_id = NULL WHERE user_id = ?",
    "DELETE FROM users WHERE id = ?",
)


class SQLitePersonalData(Tables):
    async def personal_rows(
        self, user_id: str, collection: str, *, limit: int, cursor: str | None = None
    ) -> PersonalPage:
        after = None if cursor is None else decode_cursor(cursor, 2)
        return await self._readers.run(_select, user_id, collection, limit, after)

    async def erase_user(self, user_id: str) -> None:
        await self._writer.erase_wholly(_erase, user_id)


def statement(collection: str, *, following: bool) -> str:
    fields, whose = PERSONAL_FIELDS[collection], _WHOSE[collection]
    first, second = whose.order
    condition = f" AND ({first}, {second}) < (?3, CAST(?4 AS {_kind(second)}))" if following else ""
    return (
        f"SELECT {', '.join(fields)}, {first}, {second} FROM {collection} WHERE {whose.owner} = ?1{condition}"
        f" ORDER BY {first} DESC, {second} DESC LIMIT ?2"
    )


def _kind(column: str) -> str:
    return "INTEGER" if column == "position" else "TEXT"


def _select(
    connection: sqlite3.Connection, user_id: str, collection: str, limit: int, after: tuple[str, ...] | None
) -> PersonalPage:
    query = statement(collection, following=after is not None)
    rows = connection.execute(query, (user_id, limit + 1, *(after or ()))).fetchall()
    more = len(rows) > limit
    fields = PERSONAL_FIELDS[collection]
    return PersonalPage(
        rows=tuple(
            {name: _value(name, value) for name, value in zip(fields, row, strict=False)} for row in rows[:limit]
        ),
        next_cursor=encode_cursor(*(str(value) for value in rows[limit - 1][-2:])) if more else None,
    )


def _document(fields: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in zip(fields, row[: len(fields)], strict=True)}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _JSON:
        return json.loads(value)
    return bool(value) if name in _YES_NO else value


def _erase(connection: sqlite3.Connection, user_id: str) -> None:
    row = connection.execute(_LAST_ADMIN, (user_id, Role.ADMIN)).fetchone()
    if row is None:
        raise NotFound
    if row[0]:
        raise Conflict("You are the only administrator. Make somebody else one first.")
    for sql in _ERASE:
        connection.execute(sql, (user_id,))
