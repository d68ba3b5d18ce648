"""Which model answered a message and why; kept with the answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """A candidate that was asked before the one that answered, and what came of it."""

    provider: str
    model: str
    code: str
    """The stable code of the error."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Shown to administrators."""

    provider: str
    model: str
    reason: str
    candidates: tuple[str, ...]
    """Names in the order in which they would be asked."""
    demo: bool = False
    """The built-in demo model."""
    failed: tuple[FailedAttempt, ...] = ()
