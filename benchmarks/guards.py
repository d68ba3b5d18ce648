"""What all that guards a turn adds to it: `python -m benchmarks.guards`, from the repository's root.

Whole turns in this process on a real SQLite file, with a model that answers at once: bare (no budget is set, breakers
are this process's own, nothing is counted or limited), and with four caps that all apply, breakers that are shared
through the store, the rate limit and its headers, and the metrics. CPU of all threads; rounds alternate, the median of
the differences counts. It has to stay under 1 ms a turn.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

import structlog
from tests.fakes.providers import FakeProvider
from tests.fakes.records import make_user

from masterx.api.limits import headers_of
from masterx.clock import SystemClock
from masterx.limits.limiter import RateLimiter
from masterx.metrics import Metrics
from masterx.providers.base import Provider
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind
from masterx.records.money import NanoDollars
from masterx.records.users import Role, SubscriptionTier, User
from masterx.routing.breakers import Breakers
from masterx.settings import LimitSettings, StoreSettings, TurnSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.tutor.opening import TurnRequest
from masterx.tutor.turn import Tutor

PLENTY = NanoDollars(10**15)
ROUNDS = 9
MOST_MS = 1.0
FREE = SubscriptionTier.FREE


class Ready:
    def __init__(self) -> None:
        self.providers: list[Provider] = [
            FakeProvider(name=name, price_id="openai", model_name="gpt-4o-mini") for name in ("openai", "groq")
        ]

    def ready(self) -> list[Provider]:
        return self.providers


async def turns(tutor: Tutor, user: User, count: int, limiter: RateLimiter | None, metrics: Metrics | None) -> float:
    """CPU milliseconds for each."""
    gc.collect()
    started = time.process_time()
    for _ in range(count):
        if limiter is not None:
            headers_of(await limiter.user(user.id, FREE, Role.LEARNER))
        await tutor.answer(TurnRequest(user_id=user.id, tier=FREE, message="Why is the sky blue?"))
        if metrics is not None:
            metrics.request_ended("POST", "/api/v1/chat", 200, 1.0)
    return 1000 * (time.process_time() - started) / count


async def measure(folder: Path, count: int) -> dict[str, float]:
    clock = SystemClock()
    store: Store = await open_store(StoreSettings(_env_file=None, data_dir=folder), clock)
    user = make_user()
    await store.add_user(user)
    ready, settings = Ready(), TurnSettings(_env_file=None)
    shared = Breakers(clock, store=store)
    sharing = asyncio.create_task(shared.run())
    limiter = RateLimiter(LimitSettings(_env_file=None, rate_limit_free=10_000_000), clock)
    metrics = Metrics()
    scopes = [
        BudgetScope(ScopeKind.SYSTEM),
        BudgetScope(ScopeKind.PROVIDER, "openai"),
        BudgetScope(ScopeKind.TIER, FREE),
        BudgetScope(ScopeKind.USER, user.id),
    ]
    bare: list[float] = []
    added: list[float] = []
    for number in range(ROUNDS + 1):
        without = await turns(Tutor(settings, ready, store, clock), user, count, None, None)
        for scope in scopes:
            await store.set_budget(Budget(scope=scope, window=BudgetWindow.DAY, amount=PLENTY))
        guarded = Tutor(settings, ready, store, clock, breakers=shared, watcher=metrics)
        with_all = await turns(guarded, user, count, limiter, metrics)
        for scope in scopes:
            await store.remove_budget(scope, BudgetWindow.DAY)
        if number:  # the first round warms up
            bare.append(without)
            added.append(with_all - without)
    sharing.cancel()
    await asyncio.gather(sharing, return_exceptions=True)
    await store.close()
    return {
        "turns": 2 * ROUNDS * count,
        "bare_turn_cpu_ms": round(statistics.median(bare), 3),
        "added_cpu_ms": round(statistics.median(added), 3),
        "added_part_of_a_bare_turn": round(statistics.median(added) / statistics.median(bare), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=200, help="of each kind in each of ten rounds")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), parser.parse_args().turns))
    print(json.dumps(figures, indent=2))
    sys.exit(figures["added_cpu_ms"] >= MOST_MS)


if __name__ == "__main__":
    main()
