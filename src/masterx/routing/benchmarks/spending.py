"""The most that one run may cost: held before each call, beside the budgets that hold for all calls."""

from __future__ import annotations

import asyncio
from datetime import datetime

from masterx.costs.reserving import PlannedCall, TurnBudget
from masterx.errors import BudgetExceeded
from masterx.records.money import NanoDollars

NOTHING = NanoDollars(0)


class RunCapReached(BudgetExceeded):
    default_message = "The cap of this benchmark run is used up."


class RunCap:
    """Of all calls of a run in this process. What they cost is known when they are over."""

    def __init__(self, cap: NanoDollars | None, spent: NanoDollars) -> None:
        self._cap = cap
        self.spent = spent
        self._held = 0
        self._freed = asyncio.Event()

    async def hold(self, amount: NanoDollars) -> None:
        """Waits while only calls under way leave no room. Raises `RunCapReached`."""
        while self._cap is not None and amount and self.spent + self._held + amount > self._cap:
            if not self._held:
                raise RunCapReached
            await self._freed.wait()
        self._held += amount

    def give_back(self, amount: NanoDollars, *, spent: NanoDollars = NOTHING) -> None:
        """Of what was held; ``spent`` stays."""
        self._held -= amount
        self.spent = NanoDollars(self.spent + spent)
        self._freed.set()
        self._freed = asyncio.Event()


class RunBudget:
    """A `CallBudget`: room in the run's cap first, then in everybody's budgets."""

    def __init__(self, cap: RunCap, shared: TurnBudget) -> None:
        self._cap = cap
        self._shared = shared
        self._holds: list[NanoDollars] = []

    @property
    def held(self) -> tuple[str, ...]:
        return self._shared.held

    async def reserve(self, call: PlannedCall, *, former_unused: bool = False) -> datetime:
        """Raises `RunCapReached`, and `BudgetExceeded` for everybody's."""
        if former_unused and self._holds:
            self._cap.give_back(self._holds.pop())
        most = self._shared.most(call)
        await self._cap.hold(most)
        self._holds.append(most)
        try:
            return await self._shared.reserve(call, former_unused=former_unused)
        except BudgetExceeded:
            self._cap.give_back(self._holds.pop())
            raise

    def settle(self, spent: NanoDollars) -> None:
        """When the calls are over."""
        self._cap.give_back(NanoDollars(sum(self._holds)), spent=spent)
        self._holds.clear()
