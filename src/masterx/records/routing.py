"""Which model answered a message and why; kept with the answer."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.records.money import NanoDollars


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """A candidate that was asked before the one that answered, and what came of it."""

    provider: str
    model: str
    code: str
    """The stable code of the error."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedCandidate:
    """One of those who could have answered, as the router saw it."""

    provider: str
    model: str
    score: float | None
    """How good it is expected to be at this message, 0 to 100; None where scores played no part."""
    error: float | None
    """The standard error of the score, in the same points."""
    price: NanoDollars | None
    """What this answer was expected to cost; None where no price is known."""
    reason: str
    """One sentence: why it stands where it stands."""


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
    category: str | None = None
    """What the message was taken to be about, one of `readings.CATEGORIES`; None where it was not read."""
    mood: str | None = None
    """The learner's state, where it changed what counts."""
    difficulty: float | None = None
    """0 (any model suffices) to 1 (only a strong one does), as predicted; None where it was not."""
    dial: float | None = None
    """How much quality went before price, 0 to 1; None where scores played no part."""
    explored: bool = False
    """The one that was to be asked first was drawn, to learn how good it is now."""
    weighed: tuple[WeighedCandidate, ...] = ()
    """In the order of `candidates`; empty for answers from before it was kept."""
