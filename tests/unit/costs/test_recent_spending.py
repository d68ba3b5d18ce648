from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_call

from masterx.costs.recent_spending import KEPT_SECONDS, RecentSpending
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, ScopeKind, Spending
from masterx.records.money import NanoDollars
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    opened = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path), clock)
    yield opened
    await opened.close()


def cap(now: datetime, scope: BudgetScope) -> Cap:
    starts_at = now.replace(minute=0, second=0, microsecond=0)
    budget = Budget(scope=scope, window=BudgetWindow.HOUR, amount=NanoDollars(10_000_000))
    return Cap(budget=budget, starts_at=starts_at, resets_at=starts_at + timedelta(hours=1))


async def test_what_was_spent_is_known_within_a_second(store: Store, clock: FrozenClock) -> None:
    recent, now = RecentSpending(store, clock), clock.now()
    caps = [cap(now, BudgetScope(ScopeKind.SYSTEM)), cap(now, BudgetScope(ScopeKind.PROVIDER, "openai"))]
    assert [one.spent for one in await recent.of(caps, now)] == [0, 0]
    await store.record_calls([make_call(at=now)])
    assert [one.spent for one in await recent.of(caps, now)] == [0, 0], "asked a moment ago"
    clock.advance(KEPT_SECONDS)
    assert [one.spent for one in await recent.of(caps, now)] == [750_000, 750_000]
    assert [one.cap for one in await recent.of(caps[::-1], now)] == caps[::-1]


async def test_only_what_is_not_known_is_asked_for(store: Store, clock: FrozenClock) -> None:
    asked: list[Sequence[Cap]] = []

    class Watched:
        async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]:
            asked.append(caps)
            return await store.spending(caps, now)

    recent, now = RecentSpending(Watched(), clock), clock.now()
    system, tier = (
        cap(now, BudgetScope(kind, name)) for kind, name in ((ScopeKind.SYSTEM, ""), (ScopeKind.TIER, "free"))
    )
    await recent.of([system], now)
    await recent.of([system, tier], now)
    await recent.of([tier], now)
    assert asked == [[system], [tier]]
