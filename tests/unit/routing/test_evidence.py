from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.routing.benchmark_evidence import BenchmarkEvidence
from masterx.routing.change import Change
from masterx.routing.evidence import evidence_from
from masterx.routing.priors import Prior
from masterx.routing.score import Evidence, scores_in

PRIOR = Prior(60.0, 15.0, "by its price")
TODAY = START.replace(hour=0, minute=0, second=0, microsecond=0)
TESTED = BenchmarkEvidence(80.0, 3.0, 4, TODAY + timedelta(hours=18))
COUNTS = st.lists(st.tuples(st.integers(1, 200), st.floats(1, 5)), max_size=8)


def days(*rows: tuple[int, float]) -> list[FeedbackDay]:
    """The last one is today's."""
    return [
        FeedbackDay(
            day=(TODAY - timedelta(days=len(rows) - 1 - place)).date(),
            provider="a",
            category="math",
            ratings_count=count,
            ratings_mean=mean,
        )
        for place, (count, mean) in enumerate(rows)
    ]


def evidence(rows: list[FeedbackDay], benchmark: BenchmarkEvidence | None = TESTED) -> Evidence:
    count = sum(day.ratings_count for day in rows)
    standing = FeedbackStanding(
        provider="a",
        category="math",
        since=TODAY - timedelta(days=7),
        until=START,
        ratings_count=count,
        ratings_mean=sum(day.ratings_mean * day.ratings_count for day in rows) / count if count else None,
        ratings_spread=1.0 if count else None,
    )
    return evidence_from("a", PRIOR, benchmark, standing, rows)


def test_without_a_change_all_ratings_of_the_week_count() -> None:
    found = evidence(days((20, 4.2), (20, 4.1), (20, 4.3)))
    assert found.change is None
    assert found.ratings is not None
    assert found.ratings.count == 60
    assert found.ratings.mean == pytest.approx(84.0)


def test_ratings_that_fell_count_from_that_day_on() -> None:
    found = evidence(days((30, 4.2), (30, 4.3), (30, 4.2), (30, 3.2)))
    assert found.ratings is not None
    assert found.ratings.count == 30
    assert found.ratings.mean == pytest.approx(64.0)
    said = scores_in("math", [found])["a"].changed_words
    assert said == f"its ratings fell by 21 points on {TODAY:%Y-%m-%d}"
    assert found.benchmark == TESTED, "which was tested since"


def test_tests_from_before_ratings_fell_become_uncertain_by_as_much() -> None:
    before = replace(TESTED, newest=TODAY - timedelta(hours=6))
    found = evidence(days((30, 4.2), (30, 4.3), (30, 4.2), (30, 3.2)), before)
    assert found.benchmark is not None
    assert found.benchmark.error == pytest.approx((3.0**2 + (20 * (4.2333 - 3.2)) ** 2) ** 0.5, abs=0.01)
    known = scores_in("math", [found, Evidence(provider="b", prior=PRIOR, benchmark=TESTED)])
    assert known["a"].value < known["b"].value - 10
    assert known["a"].error > 2 * known["b"].error


def test_ratings_from_before_tests_fell_say_nothing_of_the_present_model() -> None:
    yesterday = Change(TODAY - timedelta(hours=12), -15.0, 9.0)
    fell = replace(TESTED, value=65.0, runs=1, change=yesterday)
    found = evidence(days((30, 4.2), (30, 4.2), (3, 3.4)), fell)
    assert found.ratings is not None
    assert found.ratings.count == 3
    assert scores_in("math", [found])["a"].changed_words == f"its tests fell by 15 points on {yesterday.since:%Y-%m-%d}"
    just_now = replace(fell, change=replace(yesterday, since=START))
    assert evidence(days((30, 4.2), (30, 4.2)), just_now).ratings is None


@given(COUNTS)
def test_no_more_is_counted_than_was_rated_and_means_stay_among_the_days(rows: list[tuple[int, float]]) -> None:
    known = days(*rows)
    found = evidence(known)
    if found.ratings is not None:
        assert found.ratings.count <= sum(count for count, _ in rows)
        assert 20 * min(mean for _, mean in rows) - 1e-9 <= found.ratings.mean
        assert found.ratings.mean <= 20 * max(mean for _, mean in rows) + 1e-9
    assert (found.change is None) == (found.changed_in == "")


@given(COUNTS, st.integers(1, 200))
def test_a_worse_last_day_never_raises_the_score(rows: list[tuple[int, float]], count: int) -> None:
    """Beside another one whose ratings stay: a fall is not taken for what learners do to everybody."""
    kind, cruel = days(*rows, (count, 4.0)), days(*rows, (count, 1.0))
    other = Evidence(provider="b", prior=PRIOR, benchmark=TESTED)
    better, worse = (scores_in("math", [evidence(each), other]) for each in (kind, cruel))
    assert worse["a"].value - worse["b"].value <= better["a"].value - better["b"].value + 1e-9
