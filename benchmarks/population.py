"""Learners as a load: when they come, how long they think, what they click. Pure: chance is passed in.

Assumptions, not measurements; each is a field, so that another population is another `Population`:

- lessons begin as a Poisson process, at the rate that keeps so many learners present;
- a lesson has a geometric number of turns, as if each turn were the last with equal probability;
- between an answer and the next question a learner reads and writes: a lognormal time with a median of 30 s, one in
  twelve of them longer than 90 s;
- a few answers are asked for again, stopped while they are written, or rated.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    OPEN = "open"
    """The page, the list of lessons and the lesson: as a browser does when somebody comes."""
    ASK = "ask"
    RETRY = "retry"
    """The last question once more, in its place."""
    STOP = "stop"
    """A question whose answer is left in the middle."""
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Step:
    kind: Kind
    after_seconds: float
    """Thinking time before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    turns: float = 8
    """Of a lesson, on average."""
    think_seconds: float = 30
    """The median."""
    think_spread: float = 0.8
    """Of the logarithm: about one in twelve thinks for more than three times the median."""
    retry_share: float = 0.05
    """Of turns."""
    stop_share: float = 0.03
    rate_share: float = 0.05
    pace: float = 1
    """So many times faster than people are: thinking times are divided by it."""

    def thinking(self, chance: random.Random) -> float:
        """Seconds."""
        return chance.lognormvariate(math.log(self.think_seconds), self.think_spread) / self.pace

    def mean_thinking(self) -> float:
        return self.think_seconds * math.exp(self.think_spread**2 / 2) / self.pace

    def lesson(self, chance: random.Random) -> Iterator[Step]:
        """What one learner does from coming to leaving."""
        yield Step(Kind.OPEN, 0)
        first = True
        while first or chance.random() >= 1 / self.turns:
            kind = Kind.ASK
            if not first and chance.random() < self.retry_share:
                kind = Kind.RETRY
            elif chance.random() < self.stop_share:
                kind = Kind.STOP
            yield Step(kind, self.thinking(chance))
            if kind is not Kind.STOP and chance.random() < self.rate_share:
                yield Step(Kind.RATE, min(2.0, self.thinking(chance)))
            first = False

    def arrivals(self, chance: random.Random, learners: int, answer_seconds: float) -> Iterator[float]:
        """Seconds between lessons that begin, so that about `learners` are present (Little's law)."""
        stay = self.turns * (self.mean_thinking() + answer_seconds)
        while True:
            yield chance.expovariate(learners / stay)
