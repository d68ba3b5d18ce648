"""Builds everything from settings, in order, and closes it again in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from masterx.accounts.accounts import Accounts
from masterx.accounts.mail import open_mailer
from masterx.accounts.people import People
from masterx.accounts.signing_key import load_signing_key
from masterx.alerts.delivery import AlertDelivery, AppriseSender
from masterx.alerts.trial import AlertTrial
from masterx.alerts.watch import AlertWatch
from masterx.background_jobs import jobs_of
from masterx.clock import Clock, SystemClock, new_id
from masterx.costs.budget_book import BudgetBook
from masterx.costs.dashboard import CostDashboard
from masterx.costs.price_rows import load_price_rows
from masterx.costs.prices import Prices, warm_prices
from masterx.emotion.states import mood_of
from masterx.encoder.background import BackgroundEncoder, LoadedEncoder
from masterx.health import Health
from masterx.instances import Instances
from masterx.jobs import Jobs
from masterx.limits.limiter import RateLimiter
from masterx.limits.shared import RedisWindows
from masterx.limits.stored import StoredWindows
from masterx.memory.indexed_recall import IndexedRecall
from masterx.memory.recall import ExactRecall
from masterx.memory.search import MessageSearch
from masterx.memory.tokens import estimate_tokens
from masterx.metrics import Metrics
from masterx.practice.served_bank import ServedBank
from masterx.providers.catalog import vendors
from masterx.providers.keys import ProviderKeys
from masterx.providers.registry import ProviderRegistry
from masterx.providers.reload import Reloads
from masterx.recent_errors import RecentErrors
from masterx.records.health import BreakerState
from masterx.records.money import from_dollars
from masterx.routing.benchmarks.opening import OpenBenchmarks, open_benchmarks
from masterx.routing.benchmarks.running import Benchmarks
from masterx.routing.benchmarks.schedule import BenchmarkSchedule
from masterx.routing.breakers import Breakers
from masterx.routing.difficulty.predictor import shipped_predictor
from masterx.routing.probing import Prober
from masterx.routing.provider_table import ProviderTable
from masterx.routing.rules import RoutingRules
from masterx.routing.scoreboard import Scoreboard
from masterx.routing.selecting import Selector
from masterx.routing.switches import ProviderSwitches
from masterx.settings import AlertSettings, CostSettings, LimitSettings, Settings, TurnSettings
from masterx.signals import OperatorSignals
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.tutor.assessing import Assessor
from masterx.tutor.checking import FactChecker
from masterx.tutor.lesson_questions import LessonQuestions
from masterx.tutor.moods import Moods
from masterx.tutor.perceiving import Perceiver
from masterx.tutor.practising import Practice
from masterx.tutor.relay import Relay
from masterx.tutor.setting_goals import Goals
from masterx.tutor.turn import Tutor

METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one server keep their figures; prometheus-client reads this variable too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the faces may call."""

    settings: Settings
    clock: Clock
    store: Store
    accounts: Accounts
    costs: CostDashboard
    budgets: BudgetBook
    people: People
    registry: ProviderRegistry
    provider_table: ProviderTable
    switches: ProviderSwitches
    benchmarks: Benchmarks
    benchmark_schedule: BenchmarkSchedule
    routing_rules: RoutingRules
    scoreboard: Scoreboard
    selector: Selector
    prober: Prober
    reloads: Reloads
    signals: OperatorSignals
    tutor: Tutor
    relay: Relay
    encoder: BackgroundEncoder
    moods: Moods
    search: MessageSearch
    practice: Practice
    lesson_questions: LessonQuestions
    goals: Goals
    limiter: RateLimiter
    breakers: Breakers
    health: Health
    metrics: Metrics
    jobs: Jobs
    instances: Instances
    recent_errors: RecentErrors
    alert_trial: AlertTrial


@contextlib.asynccontextmanager
async def open_services(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Raises `ConfigurationError` or `DatabaseError` when something cannot be built; nothing stays open then."""
    async with contextlib.AsyncExitStack() as stack:
        ground = await _open_ground(stack, settings, clock or SystemClock())
        clock, store, registry, breakers = ground.clock, ground.store, ground.registry, ground.breakers
        prices = open_prices(settings.costs)
        controls = await _controls(ground, prices)
        stack.push_async_callback(controls.benchmarks.runs.aclose)
        operations = _operations(ground, controls.benchmarks.schedule)
        stack.push_async_callback(operations.health.aclose)
        switches, metrics = controls.switches, operations.metrics
        answering = await _open_answering(stack, ground, controls, metrics, prices)
        yield Services(
            settings=settings,
            clock=clock,
            store=store,
            accounts=ground.accounts,
            costs=CostDashboard(store, clock),
            budgets=BudgetBook(store, clock, lambda: {*registry.providers, *vendors()}),
            people=ground.accounts.people,
            registry=registry,
            provider_table=ProviderTable(
                registry,
                store,
                clock,
                last_hour=operations.health,
                breakers=breakers,
                switches=switches,
                keys=controls.keys,
            ),
            switches=switches,
            benchmarks=controls.benchmarks.runs,
            benchmark_schedule=controls.benchmarks.schedule,
            routing_rules=controls.rules,
            scoreboard=answering.scoreboard,
            selector=answering.selector,
            prober=Prober(registry, store, clock, prices, breakers),
            reloads=controls.reloads,
            signals=controls.signals,
            tutor=answering.tutor,
            relay=answering.relay,
            encoder=ground.encoder,
            moods=Moods(store, clock),
            search=MessageSearch(ground.encoder, ground.recall),
            practice=answering.practice,
            lesson_questions=LessonQuestions(store, answering.items),
            goals=Goals(store, answering.practice, clock),
            limiter=ground.limiter,
            breakers=breakers,
            health=operations.health,
            metrics=metrics,
            jobs=operations.jobs,
            instances=operations.instances,
            recent_errors=operations.recent_errors,
            alert_trial=operations.alert_trial,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answering:
    """What answers learners, and decides who does."""

    scoreboard: Scoreboard
    selector: Selector
    items: ServedBank
    tutor: Tutor
    relay: Relay
    practice: Practice


async def _open_answering(
    stack: contextlib.AsyncExitStack, ground: _Ground, controls: _Controls, metrics: Metrics, prices: Prices
) -> _Answering:
    """Each part is closed by the stack."""
    settings, clock, store, registry = ground.settings, ground.clock, ground.store, ground.registry
    breakers, switches = ground.breakers, controls.switches
    reader = ground.encoder if settings.turn.encoder else None
    scoreboard = Scoreboard(store, clock, prices, lambda: [one.info for one in registry.ready()])
    await scoreboard.refresh()
    selector = Selector(
        registry,
        breakers,
        switches=switches,
        rules=controls.rules,
        scores=scoreboard,
        predictor=shipped_predictor(),
        settings=settings.routing,
    )
    items = await _open_items(ground)
    checker = FactChecker()
    stack.callback(checker.close)
    assessor = Assessor(store, items, clock, checker)
    stack.push_async_callback(assessor.aclose)
    tutor = Tutor(
        settings.turn,
        registry,
        store,
        clock,
        prices,
        breakers,
        metrics,
        switches,
        None if reader is None else Perceiver(reader, mood_of, ground.recall),
        assessor=assessor,
        checker=checker,
        selector=selector,
    )
    stack.push_async_callback(tutor.aclose)
    budgets = tutor.budgets
    relay = Relay(settings.turn, registry, store, clock, prices, budgets, breakers, metrics, switches, selector, reader)
    stack.push_async_callback(relay.aclose)
    practice = Practice(store, clock, items=items)
    stack.callback(practice.close)
    return _Answering(
        scoreboard=scoreboard, selector=selector, items=items, tutor=tutor, relay=relay, practice=practice
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What everything else stands on."""

    settings: Settings
    clock: Clock
    store: Store
    secret: bytes
    accounts: Accounts
    registry: ProviderRegistry
    limiter: RateLimiter
    breakers: Breakers
    encoder: BackgroundEncoder
    recall: ExactRecall | IndexedRecall


async def _open_ground(stack: contextlib.AsyncExitStack, settings: Settings, clock: Clock) -> _Ground:
    """Each part is closed by the stack."""
    store = await open_store(settings.store, clock)
    stack.push_async_callback(store.close)
    registry = ProviderRegistry(local_model=settings.local_model)
    stack.push_async_callback(registry.aclose)
    await registry.look_again()
    secret = load_signing_key(settings.accounts, settings.store.data_dir)
    public_url = settings.server.public_url
    mailer = open_mailer(settings.mail, public_url)
    accounts = Accounts(settings.accounts, secret, store, clock, mailer=mailer, public_url=public_url)
    stack.callback(accounts.close)
    limiter = open_limiter(settings.limits, clock, store)
    stack.push_async_callback(limiter.aclose)
    breakers = Breakers(clock, store=store)
    await breakers.exchange()
    encoder = BackgroundEncoder(_load_encoder)
    stack.push_async_callback(encoder.close)
    if settings.turn.encoder:
        encoder.start()
    recall = await open_recall(settings.turn, store, clock)
    stack.push_async_callback(recall.aclose)
    return _Ground(
        settings=settings,
        clock=clock,
        store=store,
        secret=secret,
        accounts=accounts,
        registry=registry,
        limiter=limiter,
        breakers=breakers,
        encoder=encoder,
        recall=recall,
    )


async def open_recall(settings: TurnSettings, store: Store, clock: Clock) -> ExactRecall | IndexedRecall:
    exact = ExactRecall(store, clock, cache_bytes=settings.recall_megabytes * 1024 * 1024)
    if store.vector_index is None:
        return exact
    recall = IndexedRecall(store.vector_index, exact, store, clock)
    await recall.look()
    return recall


async def _open_items(ground: _Ground) -> ServedBank:
    """The operator's items are read, and their faults told, before anybody is served; our own can wait."""
    items = ServedBank(ground.settings.practice.folder(ground.settings.store.data_dir))
    if items.has_folder:
        await items.bank()
    return items


@dataclass(frozen=True, slots=True, kw_only=True)
class _Controls:
    """What an operator moves while the server runs, and how each worker hears of it."""

    switches: ProviderSwitches
    rules: RoutingRules
    keys: ProviderKeys
    reloads: Reloads
    signals: OperatorSignals
    benchmarks: OpenBenchmarks


async def _controls(ground: _Ground, prices: Prices) -> _Controls:
    registry, store, clock = ground.registry, ground.store, ground.clock
    reset = ground.breakers.reset
    switches = ProviderSwitches(store, clock, reset_breaker=reset, known=lambda: set(registry.providers))
    rules = RoutingRules(store, clock, known=lambda: set(registry.providers))
    keys = ProviderKeys(registry, store, clock, ground.secret)
    reloads = Reloads(registry, keys, store, clock)
    signals = OperatorSignals(store, [switches.apply, rules.apply, reloads.apply])
    await signals.look()
    await keys.reports()
    benchmarks = open_benchmarks(
        ground.settings.benchmarks,
        registry,
        switches,
        store,
        clock,
        prices,
        ground.breakers,
        reader=ground.encoder,
        estimate_tokens=estimate_tokens,
    )
    return _Controls(
        switches=switches,
        rules=rules,
        keys=keys,
        reloads=reloads,
        signals=signals,
        benchmarks=benchmarks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operations:
    health: Health
    metrics: Metrics
    jobs: Jobs
    instances: Instances
    recent_errors: RecentErrors
    alert_trial: AlertTrial


def _operations(ground: _Ground, schedule: BenchmarkSchedule) -> _Operations:
    settings, store, clock, breakers = ground.settings, ground.store, ground.clock, ground.breakers
    sender = open_sender(settings.alerts)
    watch = AlertWatch(settings.alerts, store, clock, tells=sender is not None)
    delivery = None if sender is None else AlertDelivery(store, clock, sender)
    metrics = Metrics(os.environ.get(METRICS_DIR))

    def names() -> list[str]:
        return [name for name, entry in ground.registry.providers.items() if entry.status == "ready"]

    async def check_jobs() -> Mapping[str, Any]:
        return await instances.check_jobs()

    instance_id = new_id(clock.now())
    recent_errors = RecentErrors(store, clock, instance_id)
    health = Health(
        store,
        clock,
        breakers,
        names,
        settings.store.data_dir,
        check_jobs,
        recent_errors.count,
        ground.encoder.check,
        ground.recall.check,
    )
    jobs = Jobs(jobs_of(settings, store, clock, health, watch, delivery, ground.encoder, schedule), store, clock)
    instances = Instances(instance_id, store, clock, jobs, recent_errors)

    def breaker_changed(provider: str, state: BreakerState) -> None:
        metrics.breaker_changed(provider, state)
        health.breaker_changed(provider, state)

    breakers.on_change = breaker_changed
    breakers.on_word = metrics.breaker_changed
    return _Operations(
        health=health,
        metrics=metrics,
        jobs=jobs,
        instances=instances,
        recent_errors=recent_errors,
        alert_trial=AlertTrial(clock, sender),
    )


async def _load_encoder() -> LoadedEncoder:
    """Beside the rest of the start: the runtime alone takes a while to import."""
    reader = await asyncio.to_thread(importlib.import_module, "masterx.encoder.reader")
    loaded: LoadedEncoder = await reader.Encoder.load()
    return loaded


def open_limiter(settings: LimitSettings, clock: Clock, store: Store) -> RateLimiter:
    """What processes share is Redis where it is set, else the store."""
    url = settings.redis_url
    shared = StoredWindows(store, clock) if url is None else RedisWindows(url.get_secret_value())
    return RateLimiter(settings, clock, shared)


def open_prices(settings: CostSettings) -> Prices:
    """Raises `ConfigurationError` for a prices file that cannot be used."""
    rows = () if settings.prices_file is None else load_price_rows(settings.prices_file)
    return Prices(rows, unpriced_ceiling=from_dollars(settings.unpriced_call_ceiling))


async def warm_up(services: Services) -> None:
    """Do, beside the first requests, what would make the first answer slow or leave it unchecked."""
    await asyncio.to_thread(warm_prices)
    await asyncio.gather(services.tutor.warm_up(), services.registry.warm_up())


def open_sender(settings: AlertSettings) -> AppriseSender | None:
    urls = [url.get_secret_value() for url in settings.alert_urls]
    return AppriseSender(urls, allow_private=settings.alert_allow_private) if urls else None


async def send_reset_mails(services: Services) -> None:
    """Runs until cancelled, where the operator set up mail."""
    if services.accounts.reset_mails is not None:
        await services.accounts.reset_mails.run()
