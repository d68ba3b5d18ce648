"""What budgets add to a turn: `python -m benchmarks.reserving`, from the repository's root.

Real SQLite file, four caps that all apply: a call is reserved, one at a time, and settled in the transaction that
records it. CPU is of this process, all threads, against the same without a budget; the rounds alternate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.fakes.records import make_call, make_user

from masterx.clock import SystemClock
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets, PlannedCall, TurnBudget
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind
from masterx.records.money import NanoDollars
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

CALL = PlannedCall(
    provider="openai",
    model="gpt-4o-mini",
    price_id="openai",
    free=False,
    input_tokens=6_000,
    output_tokens=1_024,
)
PLENTY = NanoDollars(10**15)
ROUNDS = 5


async def measure(folder: Path, calls: int) -> dict[str, float]:
    clock = SystemClock()
    store = await open_store(StoreSettings(_env_file=None, data_dir=folder), clock)
    user = make_user()
    await store.add_user(user)
    scopes = [
        BudgetScope(ScopeKind.SYSTEM),
        BudgetScope(ScopeKind.PROVIDER, "openai"),
        BudgetScope(ScopeKind.TIER, "free"),
        BudgetScope(ScopeKind.USER, user.id),
    ]
    with_caps: list[float] = []
    without: list[float] = []
    waits: list[float] = []
    for _ in range(ROUNDS):
        without.append(await _round(store, user.id, calls, []))
        for scope in scopes:
            await store.set_budget(Budget(scope=scope, window=BudgetWindow.DAY, amount=PLENTY))
        with_caps.append(await _round(store, user.id, calls, waits))
        for scope in scopes:
            await store.remove_budget(scope, BudgetWindow.DAY)
    await store.close()
    return {
        "calls": ROUNDS * calls,
        "added_cpu_ms_per_call": round(1000 * (statistics.median(with_caps) - statistics.median(without)), 3),
        "wait_for_the_reservation_p50_ms": round(1000 * statistics.median(waits), 3),
    }


async def _round(store: Store, user_id: str, calls: int, waits: list[float]) -> float:
    """CPU seconds for each call."""
    budgets = Budgets(store, Prices(), SystemClock())
    started = time.process_time()
    for _ in range(calls):
        turn = TurnBudget(budgets, user_id=user_id, tier="free", longest_call=timedelta(seconds=180))
        asked = time.perf_counter()
        at = await turn.reserve(CALL)
        waits.append(time.perf_counter() - asked)
        await _record(store, user_id, at, turn.held)
    return (time.process_time() - started) / calls


async def _record(store: Store, user_id: str, at: datetime, held: Sequence[str]) -> None:
    await store.record_calls([make_call(at=at, user_id=user_id, tier="free")], held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=300, help="in each of five rounds")
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), parser.parse_args().calls)), indent=2))


if __name__ == "__main__":
    main()
