from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.ability import prior
from masterx.learner.irt import ItemParameters, success_probability
from masterx.learner.mastery import (
    CONCEPT_SPREAD,
    LEAST_RESPONSES,
    Concept,
    first_met,
    mastery_topics,
    practised,
    struggling_topics,
)

ITEM = ItemParameters(1.2, 0.0)


def after(scores: list[float], item: ItemParameters = ITEM) -> Concept:
    concept = first_met(prior())
    for score in scores:
        concept = practised(concept, item, score)
    return concept


def test_a_verdict_waits_for_evidence() -> None:
    assert not after([1.0] * (LEAST_RESPONSES - 1)).is_mastered
    assert not after([]).is_struggling
    assert after([1.0] * 10).is_mastered
    assert after([0.0] * 6).is_struggling


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=15))
def test_nobody_masters_what_they_struggle_with(scores: list[float]) -> None:
    concept = after(scores)
    assert 0 <= concept.mastery <= 1
    assert 0 <= concept.struggle <= 1
    assert not (concept.is_mastered and concept.is_struggling)


@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=10))
def test_a_right_answer_never_takes_mastery_away(scores: list[float]) -> None:
    before = after(scores)
    right = practised(before, ITEM, 1.0, drift=0.0)
    assert right.mastery >= before.mastery - 1e-9 or not scores


def test_verdicts_are_mostly_right() -> None:
    """Of concepts called mastered, four of five learners or more do answer 75 % right, within the noise of 500."""
    rng = np.random.default_rng(5)
    right = said = 0
    for _ in range(500):
        subject = float(rng.normal())
        theta = subject + CONCEPT_SPREAD * float(rng.normal())
        concept = first_met(prior(subject, 0.3))
        for _ in range(12):
            item = ItemParameters(1.2, float(rng.normal(-0.5, 0.5)))
            score = float(rng.random() < success_probability(theta, item))
            concept = practised(concept, item, score, drift=0.0)
        if concept.is_mastered:
            said += 1
            right += success_probability(theta, ItemParameters()) >= 0.75
    assert said > 30
    assert right / said > 0.8


def test_topics_are_ordered_and_apart() -> None:
    concepts = {"a": after([1.0] * 9), "b": after([1.0] * 14), "c": after([0.0] * 5), "d": after([1.0, 0.0])}
    assert mastery_topics(concepts) == ("b", "a")
    assert struggling_topics(concepts) == ("c",)


def test_a_concept_starts_from_the_subject() -> None:
    concept = first_met(prior(0.8, 0.6), -0.5)
    assert concept.difficulty == -0.5
    assert concept.ability.theta == pytest.approx(0.8, abs=0.01)
    assert concept.ability.standard_error == pytest.approx(1.0, abs=0.01)
