"""Asking one provider for a word, because an operator wants to know now whether it answers.

A call like any other: it is paid for within the budgets, it is a row of the ledger, and its breaker learns from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from masterx.clock import Clock
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets, TurnBudget
from masterx.errors import MasterXError, NotFound
from masterx.providers.base import Deadlines, GenerationRequest, PromptMessage, Provider
from masterx.records.costs import CallPurpose, CostEvent
from masterx.routing.attempt_rows import attempt_row
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import Candidate
from masterx.routing.fallback import FallbackAnswer
from masterx.store.ports import BudgetStore

REQUEST = GenerationRequest(messages=(PromptMessage("user", "Say: ready"),), max_output_tokens=16)
PATIENCE = Deadlines(first_token=15, stall=10, total=20)


class ProbeStore(BudgetStore, Protocol):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str] = ()) -> None: ...


class ReadyProviders(Protocol):
    def ready(self) -> Sequence[Provider]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    provider: str
    answered: bool
    duration_ms: int
    """Of all tries together."""
    code: str | None
    """Of the error; None when it answered."""
    message: str | None


class Prober:
    def __init__(
        self, providers: ReadyProviders, store: ProbeStore, clock: Clock, prices: Prices, breakers: Breakers
    ) -> None:
        self._providers = providers
        self._store = store
        self._clock = clock
        self._prices = prices
        self._breakers = breakers
        self._budgets = Budgets(store, prices, clock)

    async def probe(self, name: str) -> Probe:
        """Also one that is disabled or whose breaker is open. Raises `NotFound` for one that cannot be called."""
        provider = next((one for one in self._providers.ready() if one.name == name), None)
        if provider is None:
            raise NotFound("No provider of that name can be called; `masterx doctor` says what is missing.")
        asking = FallbackAnswer(
            [Candidate(provider, "the operator wants to know whether it answers")],
            lambda _info: REQUEST,
            PATIENCE,
            self._clock,
            len,
            budget=TurnBudget(self._budgets, user_id=None, tier=None, longest_call=timedelta(seconds=PATIENCE.total)),
            observe=self._breakers.observe,
        )
        error: MasterXError | None = None
        try:
            await asking.complete()
        except MasterXError as failure:
            error = failure
        finally:
            await self._record(asking)
        last = asking.attempts[-1].error if asking.attempts else error
        return Probe(
            provider=name,
            answered=error is None,
            duration_ms=sum(attempt.duration_ms for attempt in asking.attempts),
            code=None if error is None else (last or error).code,
            message=None if error is None else (last or error).message,
        )

    async def _record(self, asking: FallbackAnswer) -> None:
        calls = [attempt_row(self._prices, attempt, purpose=CallPurpose.BENCHMARK) for attempt in asking.attempts]
        if calls or asking.held:
            await self._store.record_calls(calls, asking.held)
