"""Builds everything from settings, in order, and closes it again in reverse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from masterx.accounts.accounts import Accounts
from masterx.accounts.mail import open_mailer
from masterx.accounts.signing_key import load_signing_key
from masterx.clock import Clock, SystemClock
from masterx.costs.price_rows import load_price_rows
from masterx.costs.prices import Prices, warm_prices
from masterx.errors import DatabaseError
from masterx.limits.limiter import RateLimiter
from masterx.limits.shared import RedisWindows
from masterx.providers.registry import ProviderRegistry
from masterx.records.money import from_dollars
from masterx.settings import CostSettings, LimitSettings, Settings
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.tutor.turn import Tutor

logger = structlog.get_logger()

IDLE_CHECK_SECONDS = 60.0
PRUNE_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the faces may call."""

    settings: Settings
    clock: Clock
    store: Store
    accounts: Accounts
    registry: ProviderRegistry
    tutor: Tutor
    limiter: RateLimiter


@contextlib.asynccontextmanager
async def open_services(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Raises `ConfigurationError` or `DatabaseError` when something cannot be built; nothing stays open then."""
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings.store, clock)
        stack.push_async_callback(store.close)
        registry = ProviderRegistry(local_model=settings.local_model)
        stack.push_async_callback(registry.aclose)
        await registry.look_again()
        accounts = Accounts(
            settings.accounts,
            load_signing_key(settings.accounts, settings.store.data_dir),
            store,
            clock,
            mailer=open_mailer(settings.mail, settings.server.public_url),
            public_url=settings.server.public_url,
        )
        stack.callback(accounts.close)
        limiter = open_limiter(settings.limits, clock)
        stack.push_async_callback(limiter.aclose)
        tutor = Tutor(settings.turn, registry, store, clock, open_prices(settings.costs))
        stack.push_async_callback(tutor.aclose)
        yield Services(
            settings=settings,
            clock=clock,
            store=store,
            accounts=accounts,
            registry=registry,
            tutor=tutor,
            limiter=limiter,
        )


def open_limiter(settings: LimitSettings, clock: Clock) -> RateLimiter:
    url = settings.redis_url
    return RateLimiter(settings, clock, None if url is None else RedisWindows(url.get_secret_value()))


def open_prices(settings: CostSettings) -> Prices:
    """Raises `ConfigurationError` for a prices file that cannot be used."""
    rows = () if settings.prices_file is None else load_price_rows(settings.prices_file)
    return Prices(rows, unpriced_ceiling=from_dollars(settings.unpriced_call_ceiling))


async def warm_up(services: Services) -> None:
    """Do, beside the first requests, what would make the first answer slow: SDK clients and the price table."""
    await asyncio.to_thread(warm_prices)
    await services.registry.warm_up()


async def abandon_idle_sessions(services: Services) -> None:
    """Runs until cancelled: sessions without a message for the set time become abandoned."""
    idle_for = services.settings.turn.idle_time
    while True:
        now = services.clock.now()
        try:
            await services.store.abandon_idle_sessions(now - idle_for, now)
        except DatabaseError as error:
            logger.warning("idle_sessions_not_checked", error_type=type(error).__name__)
        await asyncio.sleep(IDLE_CHECK_SECONDS)


async def prune_credentials(services: Services) -> None:
    """Runs until cancelled: sign-ins, links and invitations that are over are forgotten."""
    while True:
        try:
            await services.store.prune_credentials(services.clock.now())
        except DatabaseError as error:
            logger.warning("credentials_not_pruned", error_type=type(error).__name__)
        await asyncio.sleep(PRUNE_SECONDS)


async def send_reset_mails(services: Services) -> None:
    """Runs until cancelled, where the operator set up mail."""
    if services.accounts.reset_mails is not None:
        await services.accounts.reset_mails.run()
