"""Which providers are worth asking first, from what their last calls came to.

A provider whose breaker is open is not left out but asked last: a verdict that is wrong must not cost a learner their
answer when nobody else is left. At most one turn a period asks it where it would otherwise stand.

State is in this process. Each worker learns by itself, so with N workers there are up to N probes a period.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from masterx.clock import Clock
from masterx.errors import ProviderAuthError, ProviderError, ProviderRateLimited, ProviderRejected
from masterx.records.costs import CallOutcome
from masterx.records.health import BreakerState

logger = structlog.get_logger()


class Standing(StrEnum):
    READY = "ready"
    PROBING = "probing"
    """Ask it where it stands, this once."""
    RESTING = "resting"
    """Ask it after all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    failures: int = 5
    """So many within `window_seconds` open it."""
    window_seconds: float = 60
    period_seconds: float = 30
    """From opening to the first probe, and between probes. Doubles with each opening, up to `longest_seconds`."""
    longest_seconds: float = 600
    probation_seconds: float = 300
    """After it closed, one failure is enough to open it again: a provider that flaps costs one failure a period."""


POLICY = BreakerPolicy()


class Breaker:
    """Of one provider. Pure: every method is told the time, in monotonic seconds."""

    def __init__(self, policy: BreakerPolicy = POLICY) -> None:
        self._policy = policy
        self._failures: deque[float] = deque(maxlen=policy.failures)
        self._openings = 0
        self._next_probe = 0.0
        self._trusted_from = 0.0
        self.state = BreakerState.CLOSED
        self.reason: str | None = None
        """The code of the error that opened it."""

    def standing(self, now: float) -> Standing:
        """Ask once for each turn: the one that is told `PROBING` is the probe of its period."""
        if self.state is BreakerState.CLOSED:
            return Standing.READY
        if now < self._next_probe:
            return Standing.RESTING
        self.state = BreakerState.HALF_OPEN
        self._next_probe = now + self._pause()
        return Standing.PROBING

    def succeeded(self, now: float) -> None:
        if self.state is BreakerState.CLOSED:
            if self._openings and now >= self._trusted_from:
                self._openings = 0
            return
        self._close()
        self._trusted_from = now + self._policy.probation_seconds

    def failed(self, now: float, reason: str) -> None:
        """A failure while open comes from a call that began before, or was the last resort: known already."""
        if self.state is BreakerState.CLOSED:
            self._failures.append(now)
            many = len(self._failures) == self._policy.failures
            quick = now - self._failures[0] <= self._policy.window_seconds
            on_probation = self._openings > 0 and now < self._trusted_from
            if on_probation or (many and quick):
                self._open(now, reason, self._next_pause())
        elif self.state is BreakerState.HALF_OPEN:
            self._open(now, reason, self._next_pause())

    def refused_key(self, now: float, reason: str) -> None:
        """The key is wrong: asking again soon is of no use."""
        if self.state is not BreakerState.OPEN:
            self._open(now, reason, self._policy.longest_seconds)

    def asked_to_wait(self, now: float, reason: str, seconds: float | None) -> None:
        """It is well, and busy: this does not count towards longer pauses."""
        pause = self._policy.period_seconds if seconds is None else min(seconds, self._policy.longest_seconds)
        if self.state is not BreakerState.OPEN or now + pause > self._next_probe:
            self._open(now, reason, pause)

    def reset(self) -> None:
        """As new."""
        self._close()
        self._openings = 0

    def _close(self) -> None:
        self.state, self.reason = BreakerState.CLOSED, None
        self._failures.clear()

    def _open(self, now: float, reason: str, pause: float) -> None:
        self.state, self.reason = BreakerState.OPEN, reason
        self._next_probe = now + pause

    def _next_pause(self) -> float:
        self._openings += 1
        return self._pause()

    def _pause(self) -> float:
        doubled = self._policy.period_seconds * 2.0 ** min(max(0, self._openings - 1), 16)
        return min(doubled, self._policy.longest_seconds)


Change = Callable[[str, BreakerState], None]


class Breakers:
    """One for each provider that was ever asked."""

    def __init__(self, clock: Clock, policy: BreakerPolicy = POLICY) -> None:
        self._clock = clock
        self._policy = policy
        self._breakers: dict[str, Breaker] = {}
        self.on_change: Change | None = None
        """Told the provider and its new state."""

    def state(self, provider: str) -> BreakerState:
        breaker = self._breakers.get(provider)
        return BreakerState.CLOSED if breaker is None else breaker.state

    def reason(self, provider: str) -> str | None:
        """The code of the error that opened it; None where it is closed."""
        breaker = self._breakers.get(provider)
        return None if breaker is None else breaker.reason

    def standing(self, provider: str) -> Standing:
        breaker = self._breakers.get(provider)
        if breaker is None or breaker.state is BreakerState.CLOSED:
            return Standing.READY
        before = breaker.state
        standing = breaker.standing(self._clock.monotonic())
        self._tell(provider, before, breaker)
        return standing

    def observe(self, provider: str, outcome: CallOutcome, error: ProviderError | None) -> None:
        """What a call came to. One that our side stopped says nothing, nor does a request that was refused itself."""
        breaker = self._breakers.get(provider)
        if breaker is None:
            breaker = self._breakers[provider] = Breaker(self._policy)
        before, now = breaker.state, self._clock.monotonic()
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
        self._tell(provider, before, breaker)

    def reset(self, provider: str) -> None:
        """For an operator who knows that it is well again."""
        breaker = self._breakers.get(provider)
        if breaker is not None:
            before = breaker.state
            breaker.reset()
            self._tell(provider, before, breaker)

    def _tell(self, provider: str, before: BreakerState, breaker: Breaker) -> None:
        if breaker.state is before:
            return
        log = logger.warning if breaker.state is BreakerState.OPEN else logger.info
        log("breaker_changed", provider=provider, former=before.value, state=breaker.state.value, error=breaker.reason)
        if self.on_change is not None:
            self.on_change(provider, breaker.state)
