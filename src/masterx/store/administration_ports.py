"""What whoever runs the server asks and changes: sums of costs, switches of providers, people; part of the contract
in `store.ports`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from masterx.records.administration import PeoplePage, PeopleQuery, ProviderSwitch, Signals
from masterx.records.audits import Audit, BooksCheck
from masterx.records.costs import CostBreakdown, CostEvent, CostGrouping, CostPoint, CostSpan, CostStep, CostSum
from masterx.records.health import ProviderHealth
from masterx.records.money import NanoDollars
from masterx.records.routing_rules import RoutingRule
from masterx.records.users import Role, SubscriptionTier, User

Progress = Callable[[float], None]
"""Told from some thread how much is done, from 0 to 1."""


class CostSumStore(Protocol):
    async def cost_sums(
        self, since: datetime, until: datetime, by: CostGrouping | None = None, *, limit: int | None = None
    ) -> Sequence[CostSum]:
        """What the ledger adds up to; `since` included, `until` not. The dearest first, then by name.

        Without a grouping, one sum over everything, also when it is empty. Whole hours, days and months of the span
        are read from sums that are kept, so that a year takes no longer than a day.
        """
        ...

    async def cost_breakdown(self, span: CostSpan, windows: Sequence[CostSpan], *, top: int) -> CostBreakdown:
        """`cost_sums` of the span by every grouping, of people only the `top` dearest, and of each window, in one
        read.
        """
        ...

    async def cost_series(self, since: datetime, until: datetime, step: CostStep) -> Sequence[CostPoint]:
        """Each hour or day that holds some of the span, whole, by time and provider; those without calls are not."""
        ...

    async def month_costs(self, month: date, user_ids: Sequence[str]) -> Mapping[str, NanoDollars]:
        """What each of these people cost in the month of this day; who cost nothing may be missing."""
        ...

    def ledger(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CostEvent]]:
        """As `CostStore.cost_events`, a part at a time, so that any length of it fits into memory.

        What is written meanwhile may be among it or not.
        """
        ...

    async def forget_spending(self, before: datetime, *, limit: int) -> int:
        """Sums of budgets whose window ended before, so many at the most; how many there were.

        An audit asks only for windows that ended less than a day ago.
        """
        ...

    async def audit(self, progress: Progress | None = None) -> Audit:
        """Compare the ledger with all that follows it, to the nano-dollar, as of one moment."""
        ...

    async def note_books_check(self, check: BooksCheck) -> None:
        """The newest hundred are kept."""
        ...

    async def last_books_check(self) -> BooksCheck | None: ...


class SwitchStore(Protocol):
    async def signals(self) -> Signals:
        """All that an operator has told the processes, in one read: each asks every second."""
        ...

    async def disable_provider(self, provider: str, disabled: bool, now: datetime) -> ProviderSwitch: ...

    async def reset_provider(self, provider: str, now: datetime) -> ProviderSwitch:
        """Count one reset more, by which each process sees that there was one."""
        ...

    async def set_routing_rule(self, rule: RoutingRule) -> None:
        """Takes the place of another one for the provider in the category, a pin also that of the category's pin."""
        ...

    async def remove_routing_rule(self, category: str, provider: str) -> bool:
        """Whether there was one."""
        ...

    async def ask_for_reload(self, now: datetime) -> int:
        """The generation that it begins; each is one more than the last."""
        ...

    async def note_provider_keys(self, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        """When each provider's key was seen first, which is now for one that is new."""
        ...

    async def health_since(self, since: datetime) -> Sequence[ProviderHealth]:
        """Snapshots of all providers, by time."""
        ...


class PeopleStore(Protocol):
    async def people(self, query: PeopleQuery) -> PeoplePage:
        """A cursor is `encode_cursor` of the order and of the id of the last one shown.

        Raises `InvalidInput` for another one, and when that person is gone.
        """
        ...

    async def change_standing(
        self,
        user_id: str,
        now: datetime,
        *,
        role: Role | None = None,
        tier: SubscriptionTier | None = None,
        disabled: bool | None = None,
    ) -> User:
        """What is given is replaced. Disabling removes the devices and links of the account.

        Raises `NotFound`, and `Conflict` when nobody would be left who is an administrator and not disabled.
        """
        ...
