"""A month of turns whose truth is known, routed by the router and the score as they are.

Pure, from a seed. What is assumed stands in `World`; `benchmarks.routing_month` prints what comes of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Final

from masterx.records.benchmarks import BenchmarkResult
from masterx.records.money import NanoDollars
from masterx.routing.benchmark_evidence import KEPT, evidence_of
from masterx.routing.priors import prior_of
from masterx.routing.router import SWITCHING, Contender, Query, choose
from masterx.routing.score import Evidence, Observed, ProviderScore, scores_in

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORY: Final = "math"
RATINGS_KEPT: Final = timedelta(days=7)
LEAST_SPREAD: Final = 20.0
NEAR: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedProvider:
    name: str
    quality: float
    """Its true mean quality, 0 to 100."""
    price: NanoDollars
    """Of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is assumed."""

    providers: tuple[SimulatedProvider, ...] = (
        SimulatedProvider(name="strong", quality=85.0, price=NanoDollars(10_000_000)),
        SimulatedProvider(name="middle", quality=80.0, price=NanoDollars(3_000_000)),
        SimulatedProvider(name="weak", quality=75.0, price=NanoDollars(1_000_000)),
    )
    days: int = 30
    turns_a_day: int = 300
    lesson_turns: float = 4.0
    """The mean; each turn ends the lesson with the same chance."""
    dial: float = 0.6
    spread: float = 0.75
    """How far the difficulty that is predicted moves what a better provider gains; as the shipped predictor's."""
    rated_share: float = 0.1
    star_spread: float = 1.0
    """Standard deviation of a rating about a twentieth of the true quality."""
    benchmark_hours: float = 12.0
    tests: int = 25
    test_spread: float = 15.0
    """Between the tests of the suite, the same for all providers."""
    own_spread: float = 0.0
    """Of a provider on a test beyond that, the same in each run; 0: the suite is fair, in the long run its mean is what
    a provider is worth."""
    run_spread: float = 8.0
    """Of one answer from run to run."""
    worse: str = "middle"
    worse_on_day: int = 10
    worse_by: float = 15.0
    look_turns: int = 10
    """How many turns pass from one look at the scores to the next."""

    def quality(self, provider: SimulatedProvider, turn: int) -> float:
        is_worse = provider.name == self.worse and turn > self.worse_on_day * self.turns_a_day
        return provider.quality - self.worse_by if is_worse else provider.quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What came of it."""

    best_share: float
    """Of turns that went to the provider with the highest true objective, price and difficulty counted."""
    near_share: float
    """The same, counting those that are within a point of the best as good as it."""
    cost_share: float
    """Of what asking the strongest each time would have cost."""
    quality_share: float
    """Of the strongest's quality."""
    regret: float
    """Points of the objective that a turn lost against the best, on the mean."""
    explored_share: float
    explored_regret: float
    """What of the regret came from exploring."""
    found_after: int | None
    """Turns from the change until nine of ten turns that the worse one should not get any more go elsewhere, over the
    next fifty; None: it was not found."""


@dataclass(slots=True)
class _Seen:
    """What the product knows."""

    results: dict[str, list[BenchmarkResult]] = field(default_factory=dict)
    ratings: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)


class _Suite:
    """The tests: how hard each is, and how each provider fares on it beyond its mean."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._common = [rng.gauss(0, world.test_spread) for _ in range(world.tests)]
        self._own = {
            provider.name: [rng.gauss(0, world.own_spread) for _ in range(world.tests)] for provider in world.providers
        }

    def run(self, provider: SimulatedProvider, turn: int, now: datetime, rng: random.Random) -> BenchmarkResult:
        quality, world = self._world.quality(provider, turn), self._world
        grades = [
            quality + common + own + rng.gauss(0, world.run_spread)
            for common, own in zip(self._common, self._own[provider.name], strict=True)
        ]
        mean = sum(grades) / len(grades)
        variance = sum((grade - mean) ** 2 for grade in grades) / (len(grades) - 1)
        return BenchmarkResult(
            id=f"{provider.name} {turn}",
            category=CATEGORY,
            provider=provider.name,
            model_name=provider.name,
            timestamp=now,
            quality_score=mean,
            speed_score=mean,
            cost_score=mean,
            final_score=mean,
            final_error=sqrt(variance / len(grades)),
            avg_response_time_ms=1_000.0,
            avg_cost=provider.price,
            tests_passed=sum(grade >= 70 for grade in grades),
            tests_total=len(grades),
        )


def simulate(seed: int, world: World | None = None) -> Month:
    world = world or World()
    rng = random.Random(seed)  # noqa: S311 - a simulation
    suite, seen, tally = _Suite(world, rng), _Seen(), _Tally(world)
    scores: Mapping[str, ProviderScore] = {}
    assigned: str | None = None
    every = max(1, round(world.turns_a_day * world.benchmark_hours / 24))
    for turn in range(world.days * world.turns_a_day):
        now = START + timedelta(days=1) * (turn / world.turns_a_day)
        if turn % every == 0:
            for provider in world.providers:
                seen.results.setdefault(provider.name, []).insert(0, suite.run(provider, turn, now, rng))
        if turn % world.look_turns == 0:
            scores = scores_of(world, seen, now)
        if rng.random() < 1 / world.lesson_turns:
            assigned = None
        query = Query(
            category=CATEGORY,
            dial=world.dial,
            draw=rng.random(),
            difficulty=rng.random(),
            spread=world.spread,
            assigned=assigned,
            same_topic=assigned is not None,
        )
        choice = choose(query, [contender(provider, scores[provider.name]) for provider in world.providers])
        chosen = next(each for each in world.providers if each.name == choice.order[0].name)
        assigned = chosen.name
        tally.note(turn, query, chosen, explored=choice.explored)
        if rng.random() < world.rated_share:
            stars = min(5, max(1, round(rng.gauss(world.quality(chosen, turn) / 20, world.star_spread))))
            seen.ratings.setdefault(chosen.name, []).append((now, 20.0 * stars))
    return tally.month()


def scores_of(world: World, seen: _Seen, now: datetime) -> Mapping[str, ProviderScore]:
    evidence = []
    for provider in world.providers:
        kept = [each for each in seen.results.get(provider.name, ()) if now - each.timestamp <= KEPT]
        rated = [points for when, points in seen.ratings.get(provider.name, ()) if now - when <= RATINGS_KEPT]
        evidence.append(
            Evidence(
                provider=provider.name,
                prior=prior_of(provider.price),
                benchmark=evidence_of(kept),
                ratings=_observed(rated),
            )
        )
    return scores_in(CATEGORY, evidence)


def contender(provider: SimulatedProvider, score: ProviderScore) -> Contender:
    return Contender(
        name=provider.name,
        score=score.value,
        error=score.error,
        empathy=score.value,
        empathy_error=score.error,
        known=score.benchmark is not None,
        price=provider.price,
        charge=provider.price,
    )


def _observed(points: Sequence[float]) -> Observed | None:
    if not points:
        return None
    mean = sum(points) / len(points)
    spread = sqrt(sum((each - mean) ** 2 for each in points) / len(points))
    return Observed(mean=mean, count=len(points), spread=max(LEAST_SPREAD, spread))


class _Tally:
    """Compares each choice with what is true."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._best = self._near = self._explored = 0
        self._regret = self._explored_regret = self._cost = self._strong_cost = 0.0
        self._quality = self._strong_quality = 0.0
        self._since: list[bool] = []
        """From the change on, of turns that the worse one had got before: whether another one got it."""
        self._since_turns: list[int] = []

    def note(self, turn: int, query: Query, chosen: SimulatedProvider, *, explored: bool) -> None:
        world = self._world
        true = self._objectives(turn, query)
        best = max(true.values())
        lost = best - true[chosen.name]
        self._best += lost < 1e-9
        self._near += lost < NEAR
        self._regret += lost
        if explored:
            self._explored += 1
            self._explored_regret += lost
        strongest = max(world.providers, key=lambda each: world.quality(each, turn))
        gain = 1 + query.spread * (2 * (query.difficulty or 0.0) - 1)
        top = world.quality(strongest, turn)
        self._quality += top - gain * (top - world.quality(chosen, turn))
        self._strong_quality += top
        self._cost += chosen.price
        self._strong_cost += strongest.price
        change = world.worse_on_day * world.turns_a_day
        if turn >= change:
            before = self._objectives(change - 1, query)
            is_touched = max(before, key=before.__getitem__) == world.worse and true[world.worse] < best
            if is_touched:
                self._since.append(chosen.name != world.worse)
                self._since_turns.append(turn - change)

    def _objectives(self, turn: int, query: Query) -> dict[str, float]:
        """As the router would have them, were it sure of the truth."""
        world = self._world
        known = [
            replace(_CERTAIN, name=each.name, score=world.quality(each, turn), price=each.price, charge=each.price)
            for each in world.providers
        ]
        choice = choose(replace(query, assigned=None, same_topic=False, draw=1.0), known)
        stays = query.assigned if query.same_topic else None
        return {each.name: each.objective + SWITCHING * (each.name == stays) for each in choice.order}

    def month(self) -> Month:
        turns = self._world.days * self._world.turns_a_day
        return Month(
            best_share=self._best / turns,
            near_share=self._near / turns,
            cost_share=self._cost / self._strong_cost,
            quality_share=self._quality / self._strong_quality,
            regret=self._regret / turns,
            explored_share=self._explored / turns,
            explored_regret=self._explored_regret / turns,
            found_after=self._found_after(),
        )

    def _found_after(self, window: int = 50, share: float = 0.9) -> int | None:
        for place in range(len(self._since) - window + 1):
            if self._since[place] and sum(self._since[place : place + window]) >= share * window:
                return self._since_turns[place]
        return None


_CERTAIN: Final = Contender(
    name="",
    score=0.0,
    error=0.0,
    empathy=0.0,
    empathy_error=0.0,
    known=True,
    price=None,
    charge=NanoDollars(0),
)
