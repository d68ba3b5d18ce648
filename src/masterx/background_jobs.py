"""What one of the workers does for all, and how often."""

from __future__ import annotations

from datetime import timedelta

from masterx.alerts.delivery import AlertDelivery
from masterx.alerts.watch import AlertWatch
from masterx.clock import Clock
from masterx.costs.dashboard import CostDashboard
from masterx.encoder.background import BackgroundEncoder
from masterx.health import Health
from masterx.jobs import Job
from masterx.memory.reading_later import LaterReading
from masterx.routing.benchmarks.schedule import BenchmarkSchedule
from masterx.settings import Settings
from masterx.store.ports import Store

KEPT = timedelta(days=30)
"""Snapshots of health, and alerts that are over."""
SPENDING_KEPT = timedelta(days=2)
"""What was spent in windows of budgets that are over: longer than any clock jumps, and than an audit looks back."""
BOOKS_CHECKED_EVERY = timedelta(days=1)
LOST_INSTANCES_KEPT = timedelta(hours=1)
"""Processes that died without a word, so that whoever looks sees that they did."""


def jobs_of(
    settings: Settings,
    store: Store,
    clock: Clock,
    health: Health,
    watch: AlertWatch,
    delivery: AlertDelivery | None,
    encoder: BackgroundEncoder,
    benchmarks: BenchmarkSchedule,
) -> list[Job]:
    """Reading what was not read, and telling of alerts, only where the settings ask for it."""
    costs = CostDashboard(store, clock)

    async def abandon_idle_sessions() -> None:
        now = clock.now()
        await store.abandon_idle_sessions(now - settings.turn.idle_time, now)

    async def look_for_alerts() -> None:
        providers = [report.snapshot for report in await health.providers()]
        await watch.look(providers, disk=await health.disk(), database=await health.database())

    async def check_books() -> None:
        last = await costs.last_check()
        if last is None or clock.now() - last.checked_at >= BOOKS_CHECKED_EVERY:
            await costs.verify()

    async def prune_spending() -> None:
        while await store.forget_spending(clock.now() - SPENDING_KEPT, limit=5_000):
            pass

    async def prune_operations() -> None:
        await store.forget_operations(clock.now() - KEPT)
        await store.forget_instances(clock.now() - LOST_INSTANCES_KEPT)
        await store.forget_windows(clock.now())
        await benchmarks.forget_answers()

    jobs = [
        Job(name="idle-sessions", every_seconds=60, run=abandon_idle_sessions),
        Job(name="health-snapshots", every_seconds=60, run=health.take_snapshots),
        Job(name="alerts", every_seconds=30, run=look_for_alerts),
        Job(name="prune-credentials", every_seconds=3_600, run=lambda: store.prune_credentials(clock.now())),
        Job(name="prune-operations", every_seconds=3_600, run=prune_operations),
        Job(name="prune-spending", every_seconds=3_600, run=prune_spending),
        Job(name="check-books", every_seconds=3_600, run=check_books),
        Job(name="benchmarks", every_seconds=30, run=benchmarks.look),
    ]
    if settings.turn.encoder:
        jobs.append(Job(name="read-later", every_seconds=5, run=LaterReading(store, encoder, clock).run))
    if delivery is not None:
        jobs.append(Job(name="alert-delivery", every_seconds=10, run=delivery.deliver))
    return jobs
