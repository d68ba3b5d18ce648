from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.skill_profile import CHOICES, SkillDynamics, SkillProfile, neighbours

STILL = SkillDynamics(walk=0.0, wander=0.0)
answers = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0.2, 4), st.floats(-5, 5), st.booleans()), min_size=1, max_size=60
)


def after(given_: list[tuple[int, float, float, bool]], dynamics: SkillDynamics = STILL) -> SkillProfile:
    profile = SkillProfile(dynamics)
    for skill, slope, difficulty, correct in given_:
        profile.update(skill, profile.standing(skill, slope, difficulty), correct)
    return profile


@given(answers, st.sampled_from([STILL, SkillDynamics(), SkillDynamics(gain=0.07, walk=0.04, spread=0.05)]))
def test_a_standing_is_a_distribution(given_: list[tuple[int, float, float, bool]], dynamics: SkillDynamics) -> None:
    profile = after(given_, dynamics)
    for skill in range(5):
        standing = profile.standing(skill, 1.0, 0.0)
        assert 0 < standing.chance < 1
        assert 0 < standing.variance <= dynamics.population + dynamics.spread + 1e-9
        assert np.isfinite(standing.mean)


@given(answers)
def test_right_lifts_and_wrong_lowers_the_skill_and_the_others(given_: list[tuple[int, float, float, bool]]) -> None:
    profile = after(given_[:-1])
    skill, slope, difficulty, correct = given_[-1]
    before = [profile.standing(each, 1.0, 0.0).mean for each in (skill, 9)]
    profile.update(skill, profile.standing(skill, slope, difficulty), correct)
    now = [profile.standing(each, 1.0, 0.0).mean for each in (skill, 9)]
    sign = 1 if correct else -1
    if all(abs(mean) < 2 for mean in before + now):
        assert sign * (now[0] - before[0]) >= -1e-6


def test_it_agrees_with_the_joint_normal() -> None:
    """Three skills and exact normal evidence: the same means as by inverting the joint covariance."""
    dynamics = SkillDynamics(population=1.2, spread=0.4, walk=0.0, wander=0.0)
    given_ = [(0, 1.0, -0.5, True), (1, 1.0, 0.5, False), (0, 1.5, 0.0, True), (1, 0.8, 0.2, True)]
    profile = SkillProfile(dynamics)
    covariance = np.full((3, 3), 1.2) + 0.4 * np.eye(3)
    mean = np.zeros(3)
    for skill, slope, difficulty, correct in given_:
        standing = profile.standing(skill, slope, difficulty)
        assert standing.mean == pytest.approx(mean[skill], abs=1e-9)
        assert standing.variance == pytest.approx(covariance[skill, skill], abs=1e-9)
        told = standing.slope**2 * standing.chance * (1 - standing.chance)
        column = covariance[:, skill].copy()
        mean = mean + column * standing.slope * (correct - standing.chance) * 1.0
        covariance = covariance - np.outer(column, column) * told / (1 + told * column[skill])
        profile.update(skill, standing, correct)
    assert profile.standing(2, 1.0, 0.0).variance == pytest.approx(covariance[2, 2], rel=1e-6)


def test_time_widens_and_practice_gains() -> None:
    long_ago = SkillProfile(SkillDynamics(wander=0.01))
    long_ago.update(0, long_ago.standing(0, 1.5, 0.0), True)
    fresh = long_ago.standing(0, 1.0, 0.0).variance
    for _ in range(50):
        long_ago.update(1, long_ago.standing(1, 1.5, 0.0), True)
    assert long_ago.standing(0, 1.0, 0.0).variance < 1.36
    assert fresh < 1.36
    gaining, not_gaining = (after([(0, 1.0, 0.0, False)] * 5, SkillDynamics(gain=gain)) for gain in (0.07, 0.0))
    assert gaining.standing(0, 1, 0).mean > not_gaining.standing(0, 1, 0).mean


def test_neighbours_differ_in_one_field() -> None:
    for name, values in CHOICES.items():
        assert len(neighbours(SkillDynamics(), name)) in {len(values), len(values) - 1}
