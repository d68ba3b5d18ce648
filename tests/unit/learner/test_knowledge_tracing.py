from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.evaluation import Mode, evaluated
from masterx.learner.knowledge_tracing import GUESSES, MOVES, SLIPS, Knowledge, fitted_knowledge
from masterx.learner.response_log import ResponseLog, log_of

chance = st.floats(0, 1)
guess, slip = st.floats(*GUESSES), st.floats(*SLIPS)
moves = st.floats(*MOVES)


def of_one(first: float, learned: float, forgotten: float, guess: float, slip: float) -> Knowledge:
    return Knowledge(*(np.array([value]) for value in (first, learned, forgotten, guess, slip)))


def simulated(learners: int, answers: int, seed: int, guess: float = 0.2, slip: float = 0.1) -> ResponseLog:
    """Two skills, learned at one stroke, the first easily and the second slowly."""
    rng = np.random.default_rng(seed)
    rows = []
    for learner in range(learners):
        knows = [rng.random() < 0.3, rng.random() < 0.3]
        for _ in range(answers):
            skill = int(rng.integers(2))
            right = rng.random() < (1 - slip if knows[skill] else guess)
            rows.append((f"learner {learner}", f"item {skill}.{rng.integers(5)}", f"skill {skill}", int(right)))
            knows[skill] |= rng.random() < (0.3, 0.05)[skill]
    return log_of(rows)


@given(chance, moves, moves, guess, slip)
def test_a_right_answer_never_speaks_against_knowing(
    known: float, learned: float, forgotten: float, guess: float, slip: float
) -> None:
    knowledge = of_one(0.3, learned, forgotten, guess, slip)
    right, wrong = (knowledge.after(known, 0, 0, correct) for correct in (True, False))
    assert 0.0 <= wrong <= 1.0
    assert 0.0 <= right <= 1.0
    if slip + guess < 1 and learned + forgotten < 1:
        assert right >= wrong - 1e-9
    assert min(guess, 1 - slip) <= knowledge.chance(known, 0) <= max(guess, 1 - slip)


def test_what_a_log_was_drawn_from_is_found() -> None:
    log = simulated(300, 40, 1)
    found = fitted_knowledge(log)
    easy, slow = (log.skill_names.index(f"skill {number}") for number in (0, 1))
    assert found.first == pytest.approx(0.3, abs=0.08)
    assert found.learned[easy] == pytest.approx(0.3, abs=0.08)
    assert found.learned[slow] == pytest.approx(0.05, abs=0.03)
    assert found.guesses == pytest.approx(0.2, abs=0.12)
    assert found.slips == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("rows", [[], [("a", "i", "s", 1)], [("a", "i", "s", 0), ("a", "i", "s", 0)]])
def test_hardly_any_rows_settle_nothing(rows: list[tuple[str, str, str, int]]) -> None:
    found = fitted_knowledge(log_of(rows)) if rows else fitted_knowledge(simulated(2, 2, 1).where(np.zeros(4, bool)))
    for values, bounds in ((found.learned, MOVES), (found.guesses, GUESSES), (found.slips, SLIPS)):
        assert ((values >= bounds[0]) & (values <= bounds[1])).all()
    assert np.isfinite(found.first).all()


def test_learning_at_one_stroke_is_predicted_and_its_level_is_right() -> None:
    log = simulated(80, 40, 2)
    held = log.users % 4 == 0
    found = evaluated(log.where(~held), log.where(held), Mode.PRACTICE).figures
    assert found.auc > 0.78
    assert found.calibration_error < 0.06
