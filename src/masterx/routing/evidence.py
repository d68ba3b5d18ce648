"""From what tests, learners and prices say of a provider in a category to what its score is made of. Pure.

Where tests or ratings show that it changed (`change`), what is older does not count any more: it is of a model that is
gone. A change that ratings alone show so far, after the newest run, makes that run's result uncertain by its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from math import hypot
from typing import Final

from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.routing.benchmark_evidence import BenchmarkEvidence
from masterx.routing.change import Change, Reading, last_change
from masterx.routing.priors import Prior
from masterx.routing.score import RATING_SPREAD, STAR, Evidence, Observed, engagement_of, ratings_of

SURE: Final = 3.5
"""Standard errors from which a shift of ratings counts: days are fewer than runs, so that chance has fewer splits to
choose from. Where nothing changes, two to ten ratings a day raise 0.3 to 0.8 false alarms a year."""
TESTS: Final = "tests"
RATINGS: Final = "ratings"


def evidence_from(
    provider: str,
    prior: Prior,
    benchmark: BenchmarkEvidence | None,
    standing: FeedbackStanding | None,
    days: Sequence[FeedbackDay],
) -> Evidence:
    """`days` are this provider's in the category, over the span of `standing`."""
    ratings = None if standing is None else ratings_of(standing)
    in_tests = None if benchmark is None else benchmark.change
    in_ratings = change_in_ratings(days, RATING_SPREAD if ratings is None else ratings.spread)
    last, where = _later(in_tests, in_ratings)
    if last is not None and ratings is not None:
        ratings = ratings_since(last.since, days, ratings.spread)
    if benchmark is not None and in_ratings is not None and benchmark.newest < in_ratings.since:
        benchmark = replace(benchmark, error=hypot(benchmark.error, in_ratings.by), common=0.0)
    return Evidence(
        provider=provider,
        prior=prior,
        benchmark=benchmark,
        ratings=ratings,
        engagement=None if standing is None else engagement_of(standing),
        change=last,
        changed_in=where,
    )


def change_in_ratings(days: Sequence[FeedbackDay], spread: float) -> Change | None:
    """`spread` of one rating, in points; what is found begins with a day of UTC."""
    readings = [Reading(_start(day), STAR * day.ratings_mean, spread**2 / day.ratings_count) for day in days]
    return last_change(readings, sure=SURE)


def ratings_since(since: datetime, days: Sequence[FeedbackDay], spread: float) -> Observed | None:
    """Of the days that began then or later; `spread` in points."""
    later = [day for day in days if _start(day) >= since]
    count = sum(day.ratings_count for day in later)
    if count == 0:
        return None
    mean = STAR * sum(day.ratings_mean * day.ratings_count for day in later) / count
    return Observed(mean=min(100.0, max(0.0, mean)), count=count, spread=spread)


def _later(in_tests: Change | None, in_ratings: Change | None) -> tuple[Change | None, str]:
    if in_ratings is None or (in_tests is not None and in_tests.since >= in_ratings.since):
        return in_tests, "" if in_tests is None else TESTS
    return in_ratings, RATINGS


def _start(day: FeedbackDay) -> datetime:
    return datetime.combine(day.day, time(), tzinfo=UTC)
