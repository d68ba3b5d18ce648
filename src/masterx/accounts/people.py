"""Everybody's account, for administrators: who there is, what they may do, and whether they are let in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import structlog

from masterx.accounts.identities import Identities
from masterx.clock import Clock
from masterx.errors import NotFound
from masterx.records.administration import PeoplePage, PeopleQuery, PeopleSort, Person
from masterx.records.money import NanoDollars
from masterx.records.users import Role, SubscriptionTier, User
from masterx.store.administration_ports import PeopleStore
from masterx.store.cursors import encode_cursor

_log = structlog.get_logger(__name__)


class StandingStore(PeopleStore, Protocol):
    async def user(self, user_id: str) -> User | None: ...

    async def month_costs(self, month: date, user_ids: Sequence[str]) -> Mapping[str, NanoDollars]: ...


class People:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, store: StandingStore, identities: Identities, clock: Clock) -> None:
        self._store = store
        self._identities = identities
        self._clock = clock

    async def page(
        self,
        *,
        search: str = "",
        role: Role | None = None,
        tier: SubscriptionTier | None = None,
        disabled: bool | None = None,
        sort: PeopleSort = PeopleSort.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> PeoplePage:
        """Raises `InvalidInput` for a cursor that is of another order or of somebody who is gone."""
        return await self._store.people(
            PeopleQuery(
                month=self._clock.now().date(),
                search=search,
                role=role,
                tier=tier,
                disabled=disabled,
                sort=sort,
                limit=limit,
                cursor=cursor,
            )
        )

    def cursor_after(self, user_id: str) -> str:
        """For the page behind this account, where the oldest come first."""
        return encode_cursor(PeopleSort.OLDEST.value, user_id)

    async def person(self, user_id: str) -> Person:
        """Raises `NotFound`."""
        user = await self._store.user(user_id)
        if user is None:
            raise NotFound
        return await self._person(user)

    async def change(
        self,
        user_id: str,
        *,
        role: Role | None = None,
        tier: SubscriptionTier | None = None,
        disabled: bool | None = None,
        by: str,
    ) -> Person:
        """What is given is replaced; `by` is the administrator. It holds at once here, within seconds elsewhere.

        Raises `NotFound`, and `Conflict` when no administrator would be left.
        """
        user = await self._store.change_standing(user_id, self._clock.now(), role=role, tier=tier, disabled=disabled)
        self._identities.forget(user_id)
        _log.info(
            "account_changed",
            user_id=user_id,
            by=by,
            role=None if role is None else role.value,
            tier=None if tier is None else tier.value,
            disabled=disabled,
        )
        return await self._person(user)

    async def _person(self, user: User) -> Person:
        costs = await self._store.month_costs(self._clock.now().date(), [user.id])
        return Person(user=user, spent_this_month=costs.get(user.id, NanoDollars(0)))
