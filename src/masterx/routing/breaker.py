"""Which providers are worth asking first, from what their last calls came to.

A provider whose breaker is open is not left out but asked last: a verdict that is wrong must not cost a learner their
answer when nobody else is left. At most one turn a period asks it where it would otherwise stand.

What is here is pure; `routing.breakers` keeps one for each provider and shares them between processes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from masterx.records.health import BreakerState


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

    @property
    def openings(self) -> int:
        """In a row, without its having been trusted again."""
        return self._openings

    def holds_for(self, now: float) -> float:
        """Seconds until the next probe or, where it is closed, until it is trusted again."""
        return max(0.0, (self._trusted_from if self.state is BreakerState.CLOSED else self._next_probe) - now)

    def adopt(self, now: float, state: BreakerState, reason: str | None, openings: int, holds_for: float) -> None:
        """Be as another process says; what was counted here towards opening it is void."""
        self.state, self.reason, self._openings = state, reason, openings
        self._failures.clear()
        if state is BreakerState.CLOSED:
            self._trusted_from = now + holds_for
        else:
            self._next_probe = now + holds_for

    def probe_is_due(self, now: float) -> bool:
        return self.state is not BreakerState.CLOSED and now >= self._next_probe

    def standing(self, now: float) -> Standing:
        """Ask once for each turn: the one that is told `PROBING` is the probe of its period."""
        if self.state is BreakerState.CLOSED:
            return Standing.READY
        if not self.probe_is_due(now):
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
