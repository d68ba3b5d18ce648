from __future__ import annotations

import numpy as np
import pytest

from masterx.learner.simulated_practice import Term, simulated_term
from masterx.learner.simulation import Choice, gain_per_hour, growth, precision


def test_estimates_come_near() -> None:
    found = precision(60, 300, 1)
    assert found.root_mean_square_error[10] > found.root_mean_square_error[20] > found.root_mean_square_error[30]
    assert found.root_mean_square_error[20] < 0.48
    assert 0.64 <= found.success <= 0.85, "0.70 to 0.85, less the noise of 60 learners"
    assert found.within_two_errors > 0.85


def test_the_interval_of_a_rate_is_honest() -> None:
    found = growth(200, 1)
    assert found.covered >= 0.90
    assert found.error < 0.1


def test_choosing_items_pays() -> None:
    gains = {choice: gain_per_hour(choice, 15, 1)[0] for choice in Choice}
    assert gains[Choice.ADAPTIVE] > max(gains[Choice.FIXED], gains[Choice.RANDOM])


def test_the_same_seed_gives_the_same_figures() -> None:
    assert precision(10, 80, 4) == precision(10, 80, 4)
    assert precision(10, 80, 4) != precision(10, 80, 5)


@pytest.fixture(scope="module")
def term() -> Term:
    return Term(learners=60, skills=3, weeks=6)


def test_a_term_is_drawn_from_its_chances(term: Term) -> None:
    found = simulated_term(term, 2)
    assert len(found.log) == 60 * 6 * term.sessions_per_week * term.answers_per_session
    assert found.log.correct.mean() == pytest.approx(found.chances.mean(), abs=0.02)
    assert np.array_equal(found.log.correct, simulated_term(term, 2).log.correct)
    assert (np.diff(found.weeks[found.log.users == 7]) >= 0).all()


def test_learners_learn_and_forget(term: Term) -> None:
    found = simulated_term(term, 2)
    late, early = found.weeks > 4, found.weeks < 1
    assert found.abilities[late].mean() > found.abilities[early].mean() + 0.3
    forgetful = simulated_term(Term(learners=60, skills=3, weeks=6, forgetting=0.5), 2)
    assert forgetful.abilities[late].mean() < found.abilities[late].mean()
