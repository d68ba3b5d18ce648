"""An installation that was in use for a year: what its operator's pages show of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.fakes.past_benchmarks import record_benchmarks
from tests.fakes.records import make_call, make_user

from masterx.clock import SystemClock, new_id
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind
from masterx.records.costs import CallOutcome, CostEvent, Pricing
from masterx.records.money import NanoDollars, from_dollars
from masterx.records.operations import Alert, AlertKind, Delivery, RecentError
from masterx.records.users import SubscriptionTier, User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff the Elder of the Long Names"
NAMES = ("Ada Lovelace", "Emmy Noether", "Srinivasa Ramanujan", LONG_NAME, "Sofja Kowalewskaja")
MODELS: Sequence[tuple[str, str, int | None]] = (
    ("openai", "gpt-4o", 21_400_000),
    ("anthropic", "claude-3-5-haiku", 5_100_000),
    ("groq", "llama-3.3-70b-versatile", 1_600_000),
    ("mistral", "mistral-small", 1_300_000),
    ("fireworks", "accounts/fireworks/models/a-model-with-a-very-long-name-indeed", 3_000_000),
    ("cohere", "command-a", 2_500_000),
    ("together", "qwen-tutor-ft", None),
)
"""Provider, model and what a call costs in nano-dollars; None: no known price."""
DAILY_DOLLARS = 0.01
"""Passed each day: with it as a setting, an alert stays open."""
CATEGORIES = ("coding", "math", "research", "general", "language", "empathy")


async def record_year(data_dir: Path, *, days: int = 365, calls_a_day: int = 2) -> list[User]:
    """Into the SQLite store of a data directory; returns the learners."""
    clock = SystemClock()
    store = await open_store(StoreSettings(_env_file=None, data_dir=data_dir), clock)
    now = clock.now()
    learners = [
        make_user(at=now - timedelta(days=days - place), name=name, subscription_tier=[*SubscriptionTier][place % 3])
        for place, name in enumerate(NAMES)
    ]
    for learner in learners:
        await store.add_user(learner)
    for first in range(0, days, 30):
        moments = [
            now - timedelta(days=day, minutes=20 * place)
            for day in range(first, min(first + 30, days))
            for place in range(calls_a_day if day else 40)
        ]
        await store.record_calls(_calls(moments, learners))
    await _cap(store, learners)
    await _raise(store, now)
    await record_benchmarks(store, now, MODELS)
    await store.close()
    return learners


def _calls(moments: Sequence[datetime], learners: Sequence[User]) -> list[CostEvent]:
    chance = random.Random(len(moments))
    calls = []
    for at in moments:
        provider, model, price = chance.choices(MODELS, range(len(MODELS), 0, -1))[0]
        learner = chance.choice(learners)
        failed = provider == "mistral" and chance.random() < 0.3
        cost = NanoDollars(0 if failed else (price or 0) * chance.randint(20, 60))
        calls.append(
            make_call(
                at=at,
                provider=provider,
                model=model,
                user_id=learner.id,
                tier=learner.subscription_tier.value,
                category=chance.choice(CATEGORIES),
                outcome=CallOutcome.FAILED if failed else CallOutcome.SUCCEEDED,
                error_code="provider_unavailable" if failed else None,
                pricing=Pricing.UNPRICED if price is None else Pricing.PRICED,
                cost=cost,
                budget_charge=cost or NanoDollars(100_000_000),
            )
        )
    return calls


async def _cap(store: Store, learners: Sequence[User]) -> None:
    for kind, name, window, dollars in (
        (ScopeKind.SYSTEM, "", BudgetWindow.DAY, 200),
        (ScopeKind.SYSTEM, "", BudgetWindow.MONTH, 5_000),
        (ScopeKind.PROVIDER, "openai", BudgetWindow.MONTH, 3_000),
        (ScopeKind.TIER, "free", BudgetWindow.DAY, 400),
        (ScopeKind.USER, learners[3].id, BudgetWindow.MONTH, 1),
    ):
        budget = Budget(scope=BudgetScope(kind, name), window=window, amount=from_dollars(Decimal(dollars)))
        await store.set_budget(budget)


async def _raise(store: Store, now: datetime) -> None:
    """Alerts that are over, with each end of a delivery, one that is open where its threshold is passed, and errors."""
    since = now - timedelta(minutes=2)
    spent = Alert(
        id=new_id(since),
        kind=AlertKind.COST_DAY,
        subject="",
        period=f"{since:%Y-%m-%d}",
        value=0.42,
        threshold=DAILY_DOLLARS,
        raised_at=since,
    )
    await store.raise_alert(spent)
    for minutes, kind, delivery in (
        (3_000, AlertKind.DISK, Delivery.NONE),
        (900, AlertKind.BREAKER_OPEN, Delivery.SENT),
        (90, AlertKind.PROVIDER_DOWN, Delivery.FAILED),
    ):
        at = now - timedelta(minutes=minutes)
        problem = "Slack: not accepted, or not reachable" if delivery is Delivery.FAILED else None
        alert = Alert(
            id=new_id(at),
            kind=kind,
            subject="" if kind is AlertKind.DISK else "together",
            period=f"{at:%Y-%m-%dT%H}",
            value=0.88,
            threshold=0.5,
            raised_at=at,
            delivery=delivery,
            tries=8 if problem else 1,
            delivery_error=problem,
        )
        await store.raise_alert(alert)
        await store.resolve_alert(kind, alert.subject, at + timedelta(minutes=20))
        if delivery is Delivery.FAILED:
            told = replace(alert, resolved_at=at + timedelta(minutes=20))
            await store.note_delivery(told)
    errors = [
        RecentError(
            id=new_id(now - timedelta(minutes=place)),
            timestamp=now - timedelta(minutes=place),
            request_id=new_id(now),
            type="NoProviderAvailable",
            code=code,
            path="/api/v1/chat",
            instance_id=new_id(now),
        )
        for place, code in enumerate(("no_provider_available",) * 5 + ("provider_broke_off", "internal_error"))
    ]
    await store.add_recent_errors(errors)
