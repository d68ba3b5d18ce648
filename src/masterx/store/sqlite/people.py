"""`PeopleStore`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.administration import PeoplePage, PeopleQuery, PeopleSort, Person
from masterx.records.money import NanoDollars
from masterx.records.users import Role, SubscriptionTier, User
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.sqlite.columns import time_text
from masterx.store.sqlite.credentials import remove_ways_in
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import USER_COLUMNS, user_of

# What is compared without regard to case, by Unicode's rules: SQLite's own know only ASCII.
_FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Order:
    """An expression and its direction; the id breaks ties, in the same direction."""

    key: str
    descending: bool = False

    @property
    def clause(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"ORDER BY {self.key} {direction}, users.id {direction}"

    @property
    def following(self) -> str:
        return f"({self.key}, users.id) {'<' if self.descending else '>'} (:key, :after)"


_ORDERS: Final = {
    PeopleSort.NEWEST: Order("users.created_at", descending=True),
    PeopleSort.OLDEST: Order("users.created_at"),
    PeopleSort.NAME: Order(f"{_FOLDED}(users.name)"),
    PeopleSort.EMAIL: Order("users.email_normalised"),
    PeopleSort.LAST_ACTIVE: Order("ifnull(users.last_active, '')", descending=True),
    PeopleSort.SPEND: Order("ifnull(month.cost, 0)", descending=True),
}
_FROM = """
    FROM users LEFT JOIN user_costs AS month
        ON month.span = 'month' AND month.period = :month AND month.user_id = users.id
"""
_FILTERS: Final = {
    "search": f"(instr({_FOLDED}(users.name), :search) OR instr(users.email_normalised, :search))",
    "role": "users.role = :role",
    "tier": "users.subscription_tier = :tier",
    "disabled": "(users.disabled_at IS NOT NULL) = :disabled",
}
_COLUMNS = ", ".join(f"users.{column.strip()}" for column in USER_COLUMNS.split(","))

_LAST_ADMIN = """
    SELECT NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> ?1)
    FROM users WHERE id = ?1 AND role = 'admin' AND disabled_at IS NULL
"""
_CHANGE = f"""
    UPDATE users SET role = ifnull(?2, role), subscription_tier = ifnull(?3, subscription_tier),
        disabled_at = CASE ?4 WHEN 1 THEN ifnull(disabled_at, ?5) WHEN 0 THEN NULL ELSE disabled_at END
    WHERE id = ?1 RETURNING {USER_COLUMNS}
"""


class SQLitePeople(Tables):
    async def people(self, query: PeopleQuery) -> PeoplePage:
        return await self._readers.run(_people, query, None if query.cursor is None else _last_seen(query))

    async def change_standing(
        self,
        user_id: str,
        now: datetime,
        *,
        role: Role | None = None,
        tier: SubscriptionTier | None = None,
        disabled: bool | None = None,
    ) -> User:
        return await self._writer.run(_change, user_id, time_text(now), role, tier, disabled)


def _last_seen(query: PeopleQuery) -> str:
    """Whose page it was: the cursor holds no address and no name, for it stands in URLs."""
    sort, user_id = decode_cursor(query.cursor or "", 2)
    if sort != query.sort:
        raise InvalidInput("That cursor is of another order.")
    return user_id


def fold_cases(connection: sqlite3.Connection) -> None:
    """Let queries compare names without regard to case."""
    connection.create_function(_FOLDED, 1, str.casefold, deterministic=True)


def _people(connection: sqlite3.Connection, query: PeopleQuery, after: str | None) -> PeoplePage:
    fold_cases(connection)
    order = _ORDERS[query.sort]
    values: dict[str, Any] = {
        "month": query.month.isoformat()[:7],
        "search": query.search.strip().casefold() or None,
        "role": query.role,
        "tier": query.tier,
        "disabled": query.disabled,
        "limit": query.limit + 1,
    }
    conditions = [condition for name, condition in _FILTERS.items() if values[name] is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with one_moment(connection):
        (total,) = connection.execute(f"SELECT count(*) {_FROM} {where}", values).fetchone()
        if after is not None:
            values["after"] = after
            place = connection.execute(f"SELECT {order.key} {_FROM} WHERE users.id = :after", values).fetchone()
            if place is None:
                raise InvalidInput("Whoever ended that page is gone. Begin with the first one again.")
            (values["key"],) = place
            where = f"WHERE {' AND '.join([*conditions, order.following])}"
        rows = connection.execute(
            f"SELECT {_COLUMNS}, ifnull(month.cost, 0) {_FROM} {where} {order.clause} LIMIT :limit", values
        ).fetchall()
    shown = rows[: query.limit]
    return PeoplePage(
        people=tuple(Person(user=user_of(row), spent_this_month=NanoDollars(row[-1])) for row in shown),
        total=total,
        next_cursor=encode_cursor(query.sort.value, shown[-1][0]) if len(rows) > query.limit else None,
    )


def _change(
    connection: sqlite3.Connection,
    user_id: str,
    present: str,
    role: Role | None,
    tier: SubscriptionTier | None,
    disabled: bool | None,
) -> User:
    if disabled or role is Role.LEARNER:
        last = connection.execute(_LAST_ADMIN, (user_id,)).fetchone()
        if last is not None and last[0]:
            raise Conflict("This is the only administrator. Make somebody else one first.")
    rows = connection.execute(_CHANGE, (user_id, role, tier, disabled, present)).fetchall()
    if not rows:
        raise NotFound
    if disabled:
        remove_ways_in(connection, user_id)
    return user_of(rows[0])
