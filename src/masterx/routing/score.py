"""How good a provider is in a category: 0.60 benchmark, 0.30 ratings, 0.10 engagement, each 0 to 100. Pure.

As the owner's specification has it. What it leaves open is settled so (docs/routing.md, section Score):

- the benchmark is weighed against the prior by their errors: a small suite does not speak as loud as a large one;
- ratings and engagement are drawn to that synthetic score as if it were `worth` observations of theirs, as many as
  have the same standard error. A part of which nothing is known is exactly what the synthetic score expects;
- learners who are generous with stars are so to everyone: what the rated providers of a category have in common above
  their synthetic scores is taken for generosity, and counts for those without ratings, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Final

from masterx.records.feedback_standing import FeedbackStanding
from masterx.routing.benchmark_evidence import BenchmarkEvidence, Unanswered
from masterx.routing.change import Change
from masterx.routing.priors import Prior

BENCHMARK, RATINGS, ENGAGEMENT = 0.60, 0.30, 0.10
STAR: Final = 20.0
"""Points."""
RATING_SPREAD: Final = 20.0
"""Of one rating about a provider's mean: one star."""
ENGAGEMENT_SPREAD: Final = 35.0
"""Of one lesson's engagement: mostly, one went on or did not."""
FEWEST_WORTH, MOST_WORTH = 4.0, 40.0
"""Observations that a synthetic score is worth, whatever its error."""
FULL_GENEROSITY: Final = 20.0
"""Observations in a category until half of what they have in common is taken over."""
MESSAGES, FOLLOW_UPS, COMPLETED = 10.0, 50.0, 40.0
"""The shares of engagement."""
MANY_MESSAGES: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One part of a score, as it was seen: a mean over `count` observations, each with `spread`."""

    mean: float
    """0 to 100."""
    count: int
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a score, as it counts."""

    value: float
    """0 to 100."""
    weight: float
    count: int = 0
    seen: float | None = None
    """Before it was drawn to the synthetic score; None where nothing was seen."""
    worth: float = 0.0
    """How many observations the synthetic score counted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderScore:
    provider: str
    category: str
    value: float
    """0 to 100."""
    error: float
    """Standard error."""
    own_error: float
    """Of it, what others in the category do not share: the standard error when they are compared."""
    prior: Prior
    benchmark: BenchmarkEvidence | None
    synthetic: float
    """The benchmark, weighed against the prior."""
    parts: Mapping[str, Part]
    """`benchmark`, `ratings`, `engagement`."""
    change: Change | None = None
    """The last one that tests or ratings show; what is older does not count."""
    changed_in: str = ""
    """`tests` or `ratings`; empty where nothing changed."""
    unanswered: Unanswered | None = None

    @property
    def tried_words(self) -> str:
        """Such as "tried on 2026-11-20, answered none of 12 tests"; empty where it was not, or did answer."""
        if self.unanswered is None:
            return ""
        tests = f"{self.unanswered.tests} test{'' if self.unanswered.tests == 1 else 's'}"
        return f"tried on {self.unanswered.at:%Y-%m-%d}, answered none of {tests}"

    @property
    def is_known(self) -> bool:
        """Something was seen of it; else it is the prior."""
        return self.benchmark is not None or any(part.count for part in self.parts.values())

    @property
    def changed_words(self) -> str:
        """Such as "its ratings fell by 14 points on 2026-11-20"; empty where nothing changed."""
        if self.change is None:
            return ""
        way = "fell" if self.change.by < 0 else "rose"
        points = max(1, round(abs(self.change.by)))
        plural = "" if points == 1 else "s"
        return f"its {self.changed_in} {way} by {points} point{plural} on {self.change.since:%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one provider in one category."""

    provider: str
    prior: Prior
    benchmark: BenchmarkEvidence | None = None
    ratings: Observed | None = None
    engagement: Observed | None = None
    change: Change | None = None
    changed_in: str = ""
    """`tests` or `ratings`; empty where nothing changed."""
    unanswered: Unanswered | None = None
    """Where it was benchmarked and has no benchmark all the same."""


def scores_in(category: str, evidence: Sequence[Evidence]) -> dict[str, ProviderScore]:
    """By provider; all that are compared in the category."""
    bases = {each.provider: synthetic_of(each.prior, each.benchmark) for each in evidence}
    ratings = _drawn(evidence, bases, lambda each: each.ratings)
    engagement = _drawn(evidence, bases, lambda each: each.engagement)
    return {
        each.provider: _score(category, each, bases[each.provider], ratings[each.provider], engagement[each.provider])
        for each in evidence
    }


def synthetic_of(prior: Prior, benchmark: BenchmarkEvidence | None) -> tuple[float, float]:
    """Value and standard error: the mean of both, each by the inverse of its variance."""
    if benchmark is None:
        return prior.value, prior.error
    share = prior.error**2 / (prior.error**2 + benchmark.error**2)
    return prior.value + share * (benchmark.value - prior.value), benchmark.error * sqrt(share)


def own_error_of(prior: Prior, benchmark: BenchmarkEvidence | None) -> float:
    """Standard error of the same, against others who answered the same tests."""
    if benchmark is None:
        return prior.error
    share = prior.error**2 / (prior.error**2 + benchmark.error**2)
    return hypot(share * benchmark.own_error, (1 - share) * prior.error)


def worth_of(error: float, spread: float) -> float:
    """How many observations of this spread a synthetic score of this standard error is worth."""
    return min(MOST_WORTH, max(FEWEST_WORTH, (spread / error) ** 2))


def ratings_of(standing: FeedbackStanding) -> Observed | None:
    """Stars as points. One rating, or several that agree, may still be one star off."""
    if standing.ratings_mean is None or standing.ratings_count == 0:
        return None
    mean = min(100.0, max(0.0, STAR * standing.ratings_mean))
    spread = max(RATING_SPREAD, STAR * (standing.ratings_spread or 0.0))
    return Observed(mean=mean, count=standing.ratings_count, spread=spread)


def engagement_of(standing: FeedbackStanding) -> Observed | None:
    """10 for messages, 50 for follow-ups, 40 for completed lessons; what is not known leaves its share to the others.

    The number of messages alone says nothing: it is there from the first answer on, whatever came of it.
    """
    followed, completed = standing.continued_share, standing.completed_share
    count = max(standing.continued_count, standing.ended_count)
    if count == 0 or (followed is None and completed is None):
        return None
    messages = None if standing.messages_per_session is None else min(standing.messages_per_session / MANY_MESSAGES, 1)
    shares = [(MESSAGES, messages), (FOLLOW_UPS, followed), (COMPLETED, completed)]
    known = [(weight, share) for weight, share in shares if share is not None]
    mean = 100 * sum(weight * share for weight, share in known) / sum(weight for weight, _ in known)
    return Observed(mean=min(100.0, max(0.0, mean)), count=count, spread=ENGAGEMENT_SPREAD)


def _drawn(
    evidence: Iterable[Evidence],
    bases: Mapping[str, tuple[float, float]],
    observed: Callable[[Evidence], Observed | None],
) -> dict[str, Part]:
    """Each provider's part, drawn to its synthetic score and rid of what all have in common; weights are set later."""
    seen = {each.provider: observed(each) for each in evidence}
    common = _in_common([(found, *bases[name]) for name, found in seen.items() if found is not None])
    total = sum(found.count for found in seen.values() if found is not None)
    taken_over = common * total / (total + FULL_GENEROSITY)
    parts = {}
    for name, found in seen.items():
        base, error = bases[name]
        if found is None:
            parts[name] = Part(value=_bounded(base + taken_over), weight=0.0)
            continue
        worth = worth_of(error, found.spread)
        value = (found.count * (found.mean - common) + worth * base) / (found.count + worth)
        parts[name] = Part(
            value=_bounded(value + taken_over), weight=0.0, count=found.count, seen=found.mean, worth=worth
        )
    return parts


def _in_common(found: Sequence[tuple[Observed, float, float]]) -> float:
    """How far learners see all providers above their synthetic scores, in points.

    Each counts by how little of its part would be the synthetic score, 1 at the most: nobody with hundreds of ratings
    decides alone what is usual.
    """
    weights = [seen.count / (seen.count + worth_of(error, seen.spread)) for seen, _, error in found]
    apart = [seen.mean - base for seen, base, _ in found]
    return sum(weight * each for weight, each in zip(weights, apart, strict=True)) / sum(weights) if weights else 0.0


def _score(category: str, each: Evidence, base: tuple[float, float], ratings: Part, engagement: Part) -> ProviderScore:
    synthetic, error = base
    value = BENCHMARK * synthetic + RATINGS * ratings.value + ENGAGEMENT * engagement.value
    variance, of_synthetic = 0.0, BENCHMARK
    for weight, part, seen in ((RATINGS, ratings, each.ratings), (ENGAGEMENT, engagement, each.engagement)):
        drawn = part.worth / (part.count + part.worth) if seen is not None else 1.0
        of_synthetic += weight * drawn
        if seen is not None:
            variance += (weight * (1 - drawn)) ** 2 * seen.spread**2 / seen.count
    return ProviderScore(
        provider=each.provider,
        category=category,
        value=_bounded(value),
        error=sqrt(variance + (of_synthetic * error) ** 2),
        own_error=sqrt(variance + (of_synthetic * own_error_of(each.prior, each.benchmark)) ** 2),
        prior=each.prior,
        benchmark=each.benchmark,
        synthetic=synthetic,
        parts={
            "benchmark": Part(
                value=synthetic,
                weight=BENCHMARK,
                count=0 if each.benchmark is None else each.benchmark.runs,
                seen=None if each.benchmark is None else each.benchmark.value,
            ),
            "ratings": _weighing(ratings, RATINGS),
            "engagement": _weighing(engagement, ENGAGEMENT),
        },
        change=each.change,
        changed_in=each.changed_in,
        unanswered=each.unanswered,
    )


def _weighing(part: Part, weight: float) -> Part:
    return Part(value=part.value, weight=weight, count=part.count, seen=part.seen, worth=part.worth)


def _bounded(value: float) -> float:
    return min(100.0, max(0.0, value))
