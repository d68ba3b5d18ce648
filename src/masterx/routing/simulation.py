"""A month of turns whose truth is known, routed by the router and the score as they are.

Pure, from a seed. What is assumed stands in `World`; `benchmarks.routing_month` prints what comes of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from statistics import fmean
from typing import Final

from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.records.money import NanoDollars
from masterx.routing.benchmark_evidence import KEPT, BenchmarkEvidence, common_share, evidence_of
from masterx.routing.evidence import evidence_from
from masterx.routing.priors import prior_of
from masterx.routing.router import SWITCHING, Contender, Query, choose, gain_of, objective_of
from masterx.routing.score import STAR, ProviderScore, scores_in

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORY: Final = "math"
RATINGS_KEPT: Final = timedelta(days=7)
NEAR: Final = 1.0
STEPS: Final = 200
"""Difficulties that are tried for what a change touches..."""
LOOKED_AT: Final = 20
"""...and at most so many of them at each look."""
WATCHED: Final = 1_500
STAYS: Final = 150


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
    exploring: bool = True
    """Whether anybody is drawn."""

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
    """Turns from the change until, of messages that the worse one should not get any more, nine of ten would go
    elsewhere at the start of a topic, and would for the `STAYS` turns that follow; None: not within `WATCHED` turns,
    or there are no such messages."""


@dataclass(slots=True)
class _Seen:
    """What the product knows of one provider."""

    results: list[BenchmarkResult] = field(default_factory=list)
    """The newest first."""
    ratings: list[tuple[datetime, int]] = field(default_factory=list)
    """Stars, the oldest first."""

    def standing(self, name: str, now: datetime) -> FeedbackStanding:
        while self.ratings and now - self.ratings[0][0] > RATINGS_KEPT:
            del self.ratings[0]
        stars = [each for _, each in self.ratings]
        mean = fmean(stars) if stars else None
        return FeedbackStanding(
            provider=name,
            category=CATEGORY,
            since=now - RATINGS_KEPT,
            until=now,
            ratings_count=len(stars),
            ratings_mean=mean,
            ratings_spread=None if mean is None else sqrt(fmean([(each - mean) ** 2 for each in stars])),
        )

    def days(self, name: str) -> list[FeedbackDay]:
        by_day: dict[date, list[int]] = {}
        for when, stars in self.ratings:
            by_day.setdefault(when.date(), []).append(stars)
        return [
            FeedbackDay(day=day, provider=name, category=CATEGORY, ratings_count=len(stars), ratings_mean=fmean(stars))
            for day, stars in by_day.items()
        ]


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
            test_results=tuple(
                TestResult(test_id=str(place), quality=grade, time_ms=1_000, passed=grade >= 70)
                for place, grade in enumerate(grades)
            ),
        )


def simulate(seed: int, world: World | None = None) -> Month:
    world = world or World()
    rng = random.Random(seed)  # noqa: S311 - a simulation
    suite, tally = _Suite(world, rng), _Tally(world)
    seen = {provider.name: _Seen() for provider in world.providers}
    benchmarks: Mapping[str, BenchmarkEvidence] = {}
    known: list[Contender] = []
    assigned: str | None = None
    every = max(1, round(world.turns_a_day * world.benchmark_hours / 24))
    for turn in range(world.days * world.turns_a_day):
        now = START + timedelta(days=1) * (turn / world.turns_a_day)
        if turn % every == 0:
            for provider in world.providers:
                seen[provider.name].results.insert(0, suite.run(provider, turn, now, rng))
            benchmarks = benchmarks_of(seen, now)
        if turn % world.look_turns == 0:
            scores = scores_of(world, seen, benchmarks, now)
            known = [contender(provider, scores[provider.name]) for provider in world.providers]
            tally.look(turn, known)
        if rng.random() < 1 / world.lesson_turns:
            assigned = None
        query = Query(
            category=CATEGORY,
            dial=world.dial,
            draw=rng.random() if world.exploring else 1.0,
            difficulty=rng.random(),
            spread=world.spread,
            assigned=assigned,
            same_topic=assigned is not None,
        )
        choice = choose(query, known)
        chosen = next(each for each in world.providers if each.name == choice.order[0].name)
        assigned = chosen.name
        tally.note(turn, query, chosen, explored=choice.explored)
        if rng.random() < world.rated_share:
            stars = min(5, max(1, round(rng.gauss(world.quality(chosen, turn) / STAR, world.star_spread))))
            seen[chosen.name].ratings.append((now, stars))
    return tally.month()


def benchmarks_of(seen: Mapping[str, _Seen], now: datetime) -> dict[str, BenchmarkEvidence]:
    common = common_share([each.results[0] for each in seen.values()])
    kept = {name: [result for result in each.results if now - result.timestamp <= KEPT] for name, each in seen.items()}
    found = {name: evidence_of(results, common=common) for name, results in kept.items()}
    return {name: each for name, each in found.items() if each is not None}


def scores_of(
    world: World, seen: Mapping[str, _Seen], benchmarks: Mapping[str, BenchmarkEvidence], now: datetime
) -> Mapping[str, ProviderScore]:
    evidence = [
        evidence_from(
            each.name,
            prior_of(each.price),
            benchmarks.get(each.name),
            seen[each.name].standing(each.name, now),
            seen[each.name].days(each.name),
        )
        for each in world.providers
    ]
    return scores_in(CATEGORY, evidence)


def contender(provider: SimulatedProvider, score: ProviderScore) -> Contender:
    return Contender(
        name=provider.name,
        score=score.value,
        error=score.error,
        own_error=score.own_error,
        empathy=score.value,
        empathy_error=score.error,
        empathy_own_error=score.own_error,
        known=score.benchmark is not None,
        price=provider.price,
        charge=provider.price,
    )


class _Tally:
    """Compares each choice with what is true."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._best = self._near = self._explored = 0
        self._regret = self._explored_regret = self._cost = self._strong_cost = 0.0
        self._quality = self._strong_quality = 0.0
        self._touched = self._touched_messages()
        self._gone: list[tuple[int, bool]] = []
        """At each look from the change on: whether the worse one is not asked what it should not be asked any more."""

    def look(self, turn: int, known: Sequence[Contender]) -> None:
        """At what the router would do now."""
        since = turn - self._world.worse_on_day * self._world.turns_a_day
        if self._touched and 0 < since <= WATCHED + STAYS:
            first = [choose(query, known).order[0].name for query in self._touched]
            self._gone.append((since, first.count(self._world.worse) <= len(first) / 10))

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
        gain = gain_of(query)
        top = world.quality(strongest, turn)
        self._quality += top - gain * (top - world.quality(chosen, turn))
        self._strong_quality += top
        self._cost += chosen.price
        self._strong_cost += strongest.price

    def _touched_messages(self) -> list[Query]:
        """Those that the worse one answered best before the change, and does not after it; evenly by difficulty."""
        world = self._world
        change = world.worse_on_day * world.turns_a_day
        found = []
        for step in range(STEPS):
            query = Query(
                category=CATEGORY, dial=world.dial, draw=1.0, difficulty=(step + 0.5) / STEPS, spread=world.spread
            )
            before, after = self._objectives(change, query), self._objectives(change + 1, query)
            if max(before, key=before.__getitem__) == world.worse != max(after, key=after.__getitem__):
                found.append(query)
        return found[:: max(1, len(found) // LOOKED_AT)]

    def _objectives(self, turn: int, query: Query) -> dict[str, float]:
        """As the router would have them, were it sure of the truth."""
        world = self._world
        qualities = {each.name: world.quality(each, turn) for each in world.providers}
        best = max(qualities.values())
        stays = query.assigned if query.same_topic else None
        return {
            each.name: objective_of(query, qualities[each.name], best, each.price) + SWITCHING * (each.name == stays)
            for each in world.providers
        }

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

    def _found_after(self) -> int | None:
        for since, _ in self._gone:
            if since <= WATCHED and all(gone for at, gone in self._gone if since <= at <= since + STAYS):
                return since
        return None
