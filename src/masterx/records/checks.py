"""What calculation says of an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFact:
    """Worked out for a message before it was answered."""

    order: str
    """value, solve, differentiate, integrate, expand, factor or simplify."""
    formula: str
    results: tuple[str, ...]
    """Several for an equation with several solutions, none where it has no real one. A value that is no whole number
    comes exactly, then in decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    claim: str
    """As it stands in the answer."""
    correct: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCheck:
    facts: tuple[CheckedFact, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
