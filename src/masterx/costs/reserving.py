"""No money, no call: the most that a call can cost is held before it is made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from masterx.clock import Clock, new_id
from masterx.costs.budget import caps_for, is_near, refusal, waiting_may_help
from masterx.costs.prices import Prices
from masterx.costs.recent_spending import RecentSpending
from masterx.errors import BudgetExceeded
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, Spending
from masterx.records.money import NanoDollars
from masterx.records.usage import Usage
from masterx.store.ports import BudgetStore

logger = structlog.get_logger()

LONGEST_WAIT_SECONDS = 5.0
"""For calls under way to settle, in all of a turn."""
POLL_SECONDS = 0.1
"""How often it is looked whether another process has settled something; this one says so itself."""
BUDGETS_KEPT_SECONDS = 1.0
"""A budget that was set holds for calls from so much later on."""
RECORDING_TIME = timedelta(seconds=60)
"""How much longer than the call its reservation holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """The most that a call can take."""

    provider: str
    model: str
    price_id: str | None
    free: bool
    input_tokens: int
    output_tokens: int


class Budgets:
    """What all turns of this process share: the budgets as of a moment ago, and who waits for money."""

    def __init__(self, store: BudgetStore, prices: Prices, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._prices = prices
        self._budgets: Sequence[Budget] = ()
        self._read_at: float | None = None
        self._reading = asyncio.Lock()
        self._freed = asyncio.Event()
        self.recent_spending = RecentSpending(store, clock)
        self._queues: WeakValueDictionary[tuple[BudgetScope, BudgetWindow], asyncio.Lock] = WeakValueDictionary()

    async def current(self) -> Sequence[Budget]:
        """Raises `DatabaseUnavailable`: without knowing the budgets, no call is made."""
        if self._is_stale():
            async with self._reading:  # one reads for all who ask meanwhile
                if self._is_stale():
                    asked_at = self.clock.monotonic()
                    self._budgets = await self.store.budgets()
                    self._read_at = asked_at
        return self._budgets

    def _is_stale(self) -> bool:
        return self._read_at is None or self.clock.monotonic() - self._read_at >= BUDGETS_KEPT_SECONDS

    def most(self, call: PlannedCall, at: datetime) -> NanoDollars:
        """What the call can cost at the most; 0 when it is free."""
        usage = Usage(input_tokens=call.input_tokens, output_tokens=call.output_tokens)
        return self._prices.price(
            provider=call.provider,
            models=(call.model,),
            price_id=call.price_id,
            free=call.free,
            usage=usage,
            at=at,
        ).charge

    def tell_freed(self) -> None:
        """Calls were settled: whoever waits for what they held may look again."""
        self._freed.set()
        self._freed = asyncio.Event()

    def freed(self) -> asyncio.Event:
        """Set by the next `tell_freed`."""
        return self._freed

    def queue(self, cap: Cap) -> asyncio.Lock:
        """Held by the one who looks whether the cap has room again; the others wait behind, first come first served.

        All of them looking would be as much work as the square of their number.
        """
        key = (cap.budget.scope, cap.budget.window)
        lock = self._queues.get(key)
        if lock is None:
            lock = self._queues[key] = asyncio.Lock()
        return lock


class TurnBudget:
    """What one turn holds. Its calls are dated by `reserve`, so that they are charged where they were reserved."""

    def __init__(self, budgets: Budgets, *, user_id: str | None, tier: str | None, longest_call: timedelta) -> None:
        self._budgets = budgets
        self._user_id = user_id
        self._tier = tier
        self._lease = longest_call + RECORDING_TIME
        self._wait_left = LONGEST_WAIT_SECONDS
        self._held: list[str] = []

    @property
    def held(self) -> tuple[str, ...]:
        """Ids, to be given back by whatever records the turn."""
        return tuple(self._held)

    async def reserve(self, call: PlannedCall, *, former_unused: bool = False) -> datetime:
        """The time of the call, once the most it can cost is held. Raises `BudgetExceeded`.

        ``former_unused``: the call before this one came to nothing, so that its money is given back.
        """
        budgets = await self._budgets.current()
        now = self._budgets.clock.now()
        amount = self._budgets.most(call, now) if budgets else NanoDollars(0)
        if not amount or not self._caps(budgets, call, now):
            return now
        instead_of = self._held[-1] if former_unused and self._held else None
        full, now = await self._try(budgets, call, amount, instead_of)
        if full and waiting_may_help(full, amount):
            full, now = await self._wait(budgets, call, amount, full)
        if full:
            raise self._refused(full, call, amount, now)
        return now

    async def is_near_a_cap(self, call: PlannedCall) -> bool:
        """Whether this call would leave one of its caps nearly used up, by what was spent a second ago."""
        budgets = await self._budgets.current()
        now = self._budgets.clock.now()
        caps = self._caps(budgets, call, now)
        if not caps:
            return False
        amount = self._budgets.most(call, now)
        return any(is_near(spending, amount) for spending in await self._budgets.recent_spending.of(caps, now))

    def most(self, call: PlannedCall) -> NanoDollars:
        return self._budgets.most(call, self._budgets.clock.now())

    def _caps(self, budgets: Sequence[Budget], call: PlannedCall, moment: datetime) -> list[Cap]:
        return caps_for(budgets, provider=call.provider, user_id=self._user_id, tier=self._tier, moment=moment)

    async def _try(
        self, budgets: Sequence[Budget], call: PlannedCall, amount: NanoDollars, instead_of: str | None = None
    ) -> tuple[Sequence[Spending], datetime]:
        now = self._budgets.clock.now()
        reservation = Reservation(
            id=new_id(now),
            provider=call.provider,
            user_id=self._user_id,
            tier=self._tier,
            amount=amount,
            created_at=now,
            expires_at=now + self._lease,
        )
        # On the list before it is asked for: a turn that is stopped meanwhile gives it back too.
        self._held.append(reservation.id)
        full = await self._budgets.store.reserve(reservation, self._caps(budgets, call, now), instead_of=instead_of)
        if full:
            self._held.remove(reservation.id)
        if instead_of is not None:
            self._held.remove(instead_of)
        return full, now

    async def _wait(
        self, budgets: Sequence[Budget], call: PlannedCall, amount: NanoDollars, full: Sequence[Spending]
    ) -> tuple[Sequence[Spending], datetime]:
        """Until there is room, or waiting is of no use any more."""
        loop = asyncio.get_running_loop()
        started, now = loop.time(), self._budgets.clock.now()
        give_up_at = started + self._wait_left
        try:
            async with _acquired(self._budgets.queue(full[0].cap), give_up_at):
                while full and waiting_may_help(full, amount) and loop.time() < give_up_at:
                    freed = self._budgets.freed()
                    full, now = await self._try(budgets, call, amount)
                    if full:
                        await _set_within(freed, min(POLL_SECONDS, give_up_at - loop.time()))
        except TimeoutError:
            logger.info("budget_waited_in_vain", provider=call.provider, user_id=self._user_id)
        self._wait_left = max(0.0, give_up_at - loop.time())
        return full, now

    def _refused(
        self, full: Sequence[Spending], call: PlannedCall, amount: NanoDollars, now: datetime
    ) -> BudgetExceeded:
        for spending in full:
            budget = spending.cap.budget
            logger.warning(
                "budget_exceeded",
                scope=str(budget.scope),
                window=budget.window.value,
                amount=budget.amount,
                spent=spending.spent,
                reserved=spending.reserved,
                wanted=amount,
                provider=call.provider,
                user_id=self._user_id,
            )
        return refusal(full, now, under_way=waiting_may_help(full, amount))


@contextlib.asynccontextmanager
async def _acquired(lock: asyncio.Lock, give_up_at: float) -> AsyncIterator[None]:
    """Raises `TimeoutError` when the lock cannot be had until then, in the loop's time."""
    async with asyncio.timeout_at(give_up_at):
        await lock.acquire()
    try:
        yield
    finally:
        lock.release()


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
