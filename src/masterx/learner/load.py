"""Cognitive load, from what can be seen of it: pace, hints and runs of errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from masterx.learner.irt import logistic

RECENT = 8
"""So many of the newest attempts count."""

_BASE, _PACE, _HINTS, _ERRORS, _RUN = -2.2, 0.9, 2.0, 1.2, 0.55
"""Stated, not fitted: nobody has measured load here. On the logit's scale, so that signs add up and none decides alone:
an attempt at the usual pace without hints and with one error in five reads 0.12, three errors running at twice the
usual time 0.83."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One graded answer as it looks from outside."""

    score: float
    """0 to 1."""
    seconds: float | None = None
    expected_seconds: float | None = None
    """What the item's author or the learner's own median says."""
    hints: int = 0
    hints_offered: int = 0


def cognitive_load(attempts: Sequence[Attempt]) -> float:
    """0 to 1, from the newest attempts, oldest first; 0 without any."""
    recent = attempts[-RECENT:]
    if not recent:
        return 0.0
    pace = sum(_slowness(each) for each in recent) / len(recent)
    hints = sum(_hint_share(each) for each in recent) / len(recent)
    errors = sum(1.0 - each.score for each in recent) / len(recent)
    run = min(error_run(recent), 4)
    return logistic(_BASE + _PACE * pace + _HINTS * hints + _ERRORS * errors + _RUN * run)


def error_run(attempts: Sequence[Attempt]) -> int:
    """How many of the newest attempts in a row earned less than half."""
    run = 0
    for each in reversed(attempts):
        if each.score >= 0.5:
            break
        run += 1
    return run


def _slowness(attempt: Attempt) -> float:
    """0 at the usual pace or faster, 1 at twice the time, 2 at four times; never more."""
    if not attempt.seconds or not attempt.expected_seconds or not 0 < attempt.expected_seconds < attempt.seconds:
        return 0.0
    return min(math.log2(attempt.seconds / attempt.expected_seconds), 2.0)


def _hint_share(attempt: Attempt) -> float:
    offered = max(attempt.hints_offered, attempt.hints, 1)
    return max(attempt.hints, 0) / offered
