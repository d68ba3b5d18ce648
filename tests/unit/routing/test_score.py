from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.feedback_standing import FeedbackStanding
from masterx.routing.benchmark_evidence import BenchmarkEvidence
from masterx.routing.priors import Prior
from masterx.routing.score import (
    Evidence,
    Observed,
    ProviderScore,
    engagement_of,
    ratings_of,
    scores_in,
    synthetic_of,
    worth_of,
)

POINTS = st.floats(0, 100)
ERRORS = st.floats(1, 25)
PRIORS = st.builds(Prior, POINTS, ERRORS, st.just("by its price"))
BENCHMARKS = st.none() | st.builds(
    BenchmarkEvidence, POINTS, ERRORS, st.integers(1, 30), st.just(START), common=st.floats(0, 1)
)
OBSERVED = st.none() | st.builds(Observed, mean=POINTS, count=st.integers(1, 5_000), spread=st.floats(20, 60))
KNOWN = st.builds(
    Evidence, provider=st.just("a"), prior=PRIORS, benchmark=BENCHMARKS, ratings=OBSERVED, engagement=OBSERVED
)
OTHERS = st.lists(KNOWN, max_size=3).map(
    lambda found: [replace(each, provider=f"other {place}") for place, each in enumerate(found)]
)
NEUTRAL = Prior(60.0, 15.0, "by its price")


def score(each: Evidence, others: list[Evidence] | None = None) -> ProviderScore:
    return scores_in("math", [each, *(others or [])])[each.provider]


def standing(**values: object) -> FeedbackStanding:
    return replace(FeedbackStanding(provider="a", category="math", since=START, until=START), **values)  # type: ignore[arg-type]  # by name


@given(KNOWN, OTHERS)
def test_a_score_lies_between_0_and_100_and_has_an_error(each: Evidence, others: list[Evidence]) -> None:
    found = score(each, others)
    assert 0 <= found.value <= 100
    assert 0 < found.error <= 25
    assert 0 <= found.own_error <= found.error + 1e-9


@given(KNOWN, OTHERS, POINTS)
def test_a_better_benchmark_never_lowers_a_score(each: Evidence, others: list[Evidence], other: float) -> None:
    if each.benchmark is None:
        return
    better = replace(each, benchmark=replace(each.benchmark, value=max(each.benchmark.value, other)))
    assert score(better, others).value >= score(each, others).value - 1e-9


@pytest.mark.parametrize("part", ["ratings", "engagement"])
@given(each=KNOWN, others=OTHERS, other=POINTS)
def test_better_feedback_never_lowers_a_score(part: str, each: Evidence, others: list[Evidence], other: float) -> None:
    seen: Observed | None = getattr(each, part)
    if seen is None:
        return
    better = replace(each, **{part: replace(seen, mean=max(seen.mean, other))})  # type: ignore[arg-type]  # by name
    assert score(better, others).value >= score(each, others).value - 1e-9


@given(PRIORS, OTHERS)
def test_without_any_data_a_provider_is_its_prior(prior: Prior, others: list[Evidence]) -> None:
    silent = [replace(each, ratings=None, engagement=None) for each in others]
    found = score(Evidence(provider="a", prior=prior), silent)
    assert found.value == pytest.approx(prior.value)
    assert found.error == pytest.approx(prior.error)
    assert not found.is_known


@given(PRIORS, POINTS, ERRORS, ERRORS)
def test_a_benchmark_is_drawn_to_the_prior_the_more_the_less_sure_it_is(
    prior: Prior, value: float, one: float, other: float
) -> None:
    sure, unsure = sorted((one, other))
    by_sure, error = synthetic_of(prior, BenchmarkEvidence(value, sure, 1, START))
    by_unsure, _ = synthetic_of(prior, BenchmarkEvidence(value, unsure, 1, START))
    assert abs(by_sure - value) <= abs(by_unsure - value) + 1e-9
    assert min(prior.value, value) - 1e-9 <= by_sure <= max(prior.value, value) + 1e-9
    assert error <= min(sure, prior.error)


@given(KNOWN, st.integers(1, 500))
def test_of_more_ratings_a_score_keeps_less_of_the_synthetic_one(each: Evidence, more: int) -> None:
    """Beside one that is rated so highly that generosity does not explain what this one gets."""
    other = Evidence(provider="b", prior=NEUTRAL, ratings=Observed(mean=60.0, count=50, spread=20.0))
    few = replace(each, ratings=Observed(mean=0.0, count=more, spread=20.0), engagement=None)
    many = replace(each, ratings=Observed(mean=0.0, count=2 * more, spread=20.0), engagement=None)
    kept = [found.parts["ratings"] for found in (score(few, [other]), score(many, [other]))]
    shares = [part.worth / (part.worth + part.count) for part in kept]
    assert shares[1] < shares[0]


def test_a_rating_is_worth_what_its_error_says() -> None:
    assert worth_of(5.0, 20.0) == 16.0
    assert worth_of(5.0, 20.0) == (20.0 / 5.0) ** 2
    assert (worth_of(0.1, 20.0), worth_of(25.0, 20.0)) == (40.0, 4.0)


def test_generous_learners_do_not_favour_whom_they_rated() -> None:
    """Everyone gets five stars from them: who was asked often must not pass who was not asked yet."""
    rated = Evidence(
        provider="a",
        prior=NEUTRAL,
        benchmark=BenchmarkEvidence(70, 5, 4, START),
        ratings=Observed(mean=96, count=80, spread=20),
    )
    better = Evidence(provider="b", prior=NEUTRAL, benchmark=BenchmarkEvidence(74, 5, 4, START))
    found = scores_in("math", [rated, better])
    assert found["b"].value > found["a"].value


def test_one_angry_learner_moves_little() -> None:
    calm = Evidence(provider="a", prior=NEUTRAL, benchmark=BenchmarkEvidence(80, 6, 1, START))
    other = replace(calm, provider="b", ratings=Observed(mean=80, count=30, spread=20))
    angry = replace(calm, ratings=Observed(mean=20, count=1, spread=20))
    found = scores_in("math", [angry, other])
    assert 1.0 < found["b"].value - found["a"].value < 2.5


def test_the_example_of_the_documentation() -> None:
    """docs/routing.md quotes these figures."""
    prior = Prior(60.0, 15.0, "by its price")
    each = Evidence(
        provider="groq",
        prior=prior,
        benchmark=BenchmarkEvidence(78.0, 6.0, 1, START),
        ratings=Observed(mean=84.0, count=12, spread=20.0),
        engagement=Observed(mean=70.0, count=20, spread=35.0),
    )
    assert synthetic_of(prior, each.benchmark) == pytest.approx((75.52, 5.57), abs=0.01)
    found = score(each)
    ratings, engagement = found.parts["ratings"], found.parts["engagement"]
    assert ratings.worth == pytest.approx(12.89, abs=0.01)
    assert ratings.value == pytest.approx(78.70, abs=0.01)
    assert engagement.worth == pytest.approx(39.47, abs=0.01)
    assert engagement.value == pytest.approx(72.76, abs=0.01)
    assert found.value == pytest.approx(0.6 * 75.52 + 0.3 * 78.70 + 0.1 * 72.76, abs=0.01)
    assert found.error == pytest.approx(
        sqrt((0.8205 * 5.57) ** 2 + (0.1446 * 5.7735) ** 2 + 0.0336**2 * 61.25), abs=0.05
    )


def test_stars_become_points() -> None:
    assert ratings_of(standing()) is None
    assert ratings_of(standing(ratings_count=3, ratings_mean=4.2, ratings_spread=0.3)) == Observed(
        mean=84.0, count=3, spread=20.0
    )
    assert ratings_of(standing(ratings_count=3, ratings_mean=3.0, ratings_spread=1.8)) == Observed(
        mean=60.0, count=3, spread=36.0
    )


def test_engagement_never_passes_100() -> None:
    found = engagement_of(
        standing(messages_per_session=400.0, continued_count=9, continued_share=1.0, ended_count=3, completed_share=1.0)
    )
    assert found is not None
    assert (found.mean, found.count) == (100.0, 9)


def test_what_engagement_lacks_leaves_its_share_to_the_others() -> None:
    found = engagement_of(standing(messages_per_session=5.0, continued_count=4, continued_share=0.5))
    assert found is not None
    assert found.mean == pytest.approx(100 * (10 * 0.5 + 50 * 0.5) / 60)
    assert engagement_of(standing(messages_per_session=8.0)) is None
