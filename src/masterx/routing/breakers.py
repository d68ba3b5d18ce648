"""The breakers of all providers, in this process and shared with the others.

Each process judges by its own calls. When it changes its mind about a provider, it says so in the store beside the turn
that made it; every process looks there twice a second. So what one opened, the others avoid within a second, and a
turn waits for the store only where it wants to be the probe of a provider that is out.

Clocks of hosts need not agree: a change holds for so many seconds from when it is seen, and whoever wants to probe
names the revision that they saw, of which the store lets only one succeed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

import structlog

from masterx.clock import TOLERATED_SKEW_SECONDS, Clock
from masterx.errors import DatabaseError, ProviderAuthError, ProviderError, ProviderRateLimited, ProviderRejected
from masterx.records.costs import CallOutcome
from masterx.records.health import BreakerState, KeptBreaker
from masterx.routing.breaker import POLICY, Breaker, BreakerPolicy, Standing
from masterx.store.operations_ports import BreakerStore

LOOK_SECONDS = 0.5
"""How often it is looked what others say."""

logger = structlog.get_logger()

Change = Callable[[str, BreakerState], None]


class _Entry:
    """One provider's breaker, and how it compares with what is kept."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self.breaker = Breaker(policy)
        self.revision = 0
        """Of the kept one that was seen last; 0 where none is."""
        self.is_news = False
        """It moved here, and nobody was told yet."""
        self.won_probe = False


class Breakers:
    """One for each provider that was ever asked, here or in another process."""

    def __init__(self, clock: Clock, policy: BreakerPolicy = POLICY, store: BreakerStore | None = None) -> None:
        """Without a store this process is alone."""
        self._clock = clock
        self._policy = policy
        self._store = store
        self._entries: dict[str, _Entry] = {}
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self.on_change: Change | None = None
        """Told the provider and its new state, when it changed here."""
        self.on_word: Change | None = None
        """The same when another process changed it."""

    def state(self, provider: str) -> BreakerState:
        entry = self._entries.get(provider)
        return BreakerState.CLOSED if entry is None else entry.breaker.state

    def reason(self, provider: str) -> str | None:
        """The code of the error that opened it; None where it is closed."""
        entry = self._entries.get(provider)
        return None if entry is None else entry.breaker.reason

    async def want_probes(self, providers: Iterable[str]) -> None:
        """Before `standing` is asked for a turn: where a probe is due, be the one of all processes that makes it."""
        if self._store is None or self._writing.locked():
            return
        now = self._clock.monotonic()
        for name in providers:
            entry = self._entries.get(name)
            if entry is not None and entry.breaker.probe_is_due(now):
                await self._claim_probe(self._store, name, entry, now)

    def standing(self, provider: str) -> Standing:
        entry = self._entries.get(provider)
        if entry is None or entry.breaker.state is BreakerState.CLOSED:
            return Standing.READY
        if self._store is not None:
            won, entry.won_probe = entry.won_probe, False
            return Standing.PROBING if won else Standing.RESTING
        before = entry.breaker.state
        standing = entry.breaker.standing(self._clock.monotonic())
        self._tell(provider, before, entry.breaker)
        return standing

    def observe(self, provider: str, outcome: CallOutcome, error: ProviderError | None) -> None:
        """What a call came to. One that our side stopped says nothing, nor does a request that was refused itself."""
        entry = self._entry(provider)
        breaker = entry.breaker
        now = self._clock.monotonic()
        before, held = breaker.state, breaker.holds_for(now)
        match error:
            case None:
                if outcome is CallOutcome.SUCCEEDED:
                    breaker.succeeded(now)
            case ProviderRejected():
                pass
            case ProviderAuthError():
                breaker.refused_key(now, error.code)
            case ProviderRateLimited():
                breaker.asked_to_wait(now, error.code, error.retry_after)
            case _:
                breaker.failed(now, error.code)
        if breaker.state is not before or breaker.holds_for(now) > held:
            self._note_news(entry)
        self._tell(provider, before, breaker)

    def reset(self, provider: str) -> None:
        """For an operator who knows that it is well again."""
        entry = self._entries.get(provider)
        if entry is not None:
            before = entry.breaker.state
            entry.breaker.reset()
            self._note_news(entry)
            self._tell(provider, before, entry.breaker)

    async def run(self) -> None:
        """Until cancelled: say and hear what is new. While the store is gone this process judges alone."""
        is_gone = False
        while self._store is not None:
            self._news.clear()
            try:
                await self.exchange()
            except DatabaseError as error:
                if not is_gone:
                    logger.warning("breakers_not_shared", error_type=type(error).__name__)
                is_gone = True
            else:
                is_gone = False
            with contextlib.suppress(TimeoutError):
                # News of a store that is gone can wait, or this would be a busy loop.
                async with asyncio.timeout(LOOK_SECONDS):
                    await (asyncio.sleep(LOOK_SECONDS) if is_gone else self._news.wait())

    async def exchange(self) -> None:
        """Hear what others say, then say what changed here. Raises `DatabaseError`."""
        if self._store is None:
            return
        async with self._writing:
            for kept in await self._store.breakers():
                self._hear(kept)
            for name, entry in list(self._entries.items()):
                if entry.is_news:
                    await self._say(self._store, name, entry)

    async def _claim_probe(self, store: BreakerStore, name: str, entry: _Entry, now: float) -> None:
        async with self._writing:
            if not entry.breaker.probe_is_due(now):
                return
            before = entry.breaker.state
            entry.breaker.standing(now)
            try:
                entry.won_probe = await self._say(store, name, entry)
            except DatabaseError as error:
                logger.warning("probe_not_claimed", error_type=type(error).__name__, provider=name)
                return
            if entry.won_probe:
                self._tell(name, before, entry.breaker)

    async def _say(self, store: BreakerStore, name: str, entry: _Entry) -> bool:
        """False when another process moved it first; `exchange` then hears how."""
        breaker = entry.breaker
        kept = KeptBreaker(
            provider=name,
            revision=entry.revision + 1,
            state=breaker.state,
            reason=breaker.reason,
            openings=breaker.openings,
            holds_seconds=breaker.holds_for(self._clock.monotonic()),
            changed_at=self._clock.now(),
        )
        entry.is_news = False
        try:
            moved = await store.move_breaker(kept)
        except BaseException:  # the turn that wanted the probe may be stopped here, too
            entry.is_news = True
            raise
        if moved:
            entry.revision = kept.revision
        else:
            self._news.set()
        return moved

    def _hear(self, kept: KeptBreaker) -> None:
        entry = self._entry(kept.provider)
        if kept.revision <= entry.revision:
            return
        age = (self._clock.now() - kept.changed_at).total_seconds()
        # Rather too late than too early, where the clock of whoever wrote it is behind.
        left = min(kept.holds_seconds, max(0.0, kept.holds_seconds + TOLERATED_SKEW_SECONDS - age))
        before = entry.breaker.state
        entry.breaker.adopt(self._clock.monotonic(), kept.state, kept.reason, kept.openings, left)
        entry.revision, entry.is_news, entry.won_probe = kept.revision, False, False
        if kept.state is not before and self.on_word is not None:
            self.on_word(kept.provider, kept.state)

    def _entry(self, provider: str) -> _Entry:
        entry = self._entries.get(provider)
        if entry is None:
            entry = self._entries[provider] = _Entry(self._policy)
        return entry

    def _note_news(self, entry: _Entry) -> None:
        if self._store is not None:
            entry.is_news = True
            self._news.set()

    def _tell(self, provider: str, before: BreakerState, breaker: Breaker) -> None:
        if breaker.state is before:
            return
        log = logger.warning if breaker.state is BreakerState.OPEN else logger.info
        log("breaker_changed", provider=provider, former=before.value, state=breaker.state.value, error=breaker.reason)
        if self.on_change is not None:
            self.on_change(provider, breaker.state)
