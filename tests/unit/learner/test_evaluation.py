from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from masterx.learner.evaluation import Mode, aligned, evaluated, folds_of, followed, trained
from masterx.learner.response_log import ResponseLog, log_of
from masterx.learner.scoring import area_under_curve
from masterx.learner.simulated_practice import SimulatedLog, Term, simulated_term

TERM = Term(learners=48, skills=3, items_per_skill=8, weeks=3)


@pytest.fixture(scope="module")
def practice() -> SimulatedLog:
    return simulated_term(TERM, 5)


def halves(log: ResponseLog) -> tuple[ResponseLog, ResponseLog]:
    return log.where(log.users % 4 != 0), log.where(log.users % 4 == 0)


@pytest.mark.parametrize("mode", Mode)
def test_predictions_come_near_those_of_whoever_knows_everything(practice: SimulatedLog, mode: Mode) -> None:
    train, test = halves(practice.log)
    found = evaluated(train, test, mode)
    best = area_under_curve(test.correct, practice.chances[practice.log.users % 4 == 0])
    assert best - 0.08 < found.figures.auc < best
    assert found.figures.calibration_error < 0.08
    assert ((found.chances > 0) & (found.chances < 1)).all()


def test_nothing_is_learned_from_what_comes_later(practice: SimulatedLog) -> None:
    """Turning the answers after a row changes no prediction up to it."""
    train, test = halves(practice.log)
    model = trained(train.where(train.users < 20), Mode.PRACTICE, 0.15, lambda _what, _share: None)
    turned = test.correct.copy()
    rows_of_last = test.users == test.users[-1]
    middle = int(np.flatnonzero(rows_of_last)[rows_of_last.sum() // 2])
    turned[middle:] = 1 - turned[middle:]
    one, other = (followed(model, log)[0] for log in (test, replace(test, correct=turned)))
    assert np.array_equal(one[: middle + 1], other[: middle + 1])
    assert not np.array_equal(one[middle + 1 :], other[middle + 1 :])


@pytest.mark.parametrize("mode", Mode)
def test_learners_items_and_skills_that_are_new(mode: Mode) -> None:
    train = log_of([(f"u{u}", f"i{i}", f"s{i % 2}", (u + i) % 3 > 0) for u in range(12) for i in range(8)])
    test = log_of([("u0", "i1", "s1", 1), ("new", "i1", "s0", 0), ("new", "new", "new", 1), ("new", "new", "", 1)] * 9)
    found = evaluated(train, test, mode)
    assert len(found.chances) == 36
    assert np.isfinite(found.chances).all()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("answers", [[1], [0, 0, 0], [1, 0]])
def test_tiny_logs(mode: Mode, answers: list[int]) -> None:
    log = log_of([("u", f"i{number}", "s", answer) for number, answer in enumerate(answers)])
    assert np.isfinite(evaluated(log, log, mode).chances).all()


def test_names_keep_their_codes() -> None:
    known = log_of([("u", "a", "s", 1), ("u", "b", "t", 0)])
    new = aligned(log_of([("v", "c", "t", 1), ("v", "b", "r", 0)]), known)
    assert new.item_names == ("a", "b", "c")
    assert new.items.tolist() == [2, 1]
    assert [new.skill_names[skill] for skill in new.skills] == ["t", "r"]


def test_a_learner_is_in_one_fold(practice: SimulatedLog) -> None:
    fold = folds_of(practice.log)
    assert set(fold.tolist()) == {0, 1, 2}
    for user in range(TERM.learners):
        assert len(set(fold[practice.log.users == user].tolist())) == 1
