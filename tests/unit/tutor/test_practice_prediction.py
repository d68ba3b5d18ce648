from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START
from tests.fakes.practice import make_question, make_response
from tests.fakes.records import make_user

from masterx.learner.ability import prior
from masterx.practice.bank_files import own_bank
from masterx.records.practice import PracticeResponse
from masterx.tutor.practice_prediction import history_of, shifts

USER = make_user()
STRONG, WEAK = "linear-equations", "integers"


def responses(skill: str, scores: list[float]) -> list[PracticeResponse]:
    """Newest first, of one skill, each with another item."""
    items = own_bank().of_skill(skill)
    found = []
    for number, score in enumerate(scores):
        item = items[number % len(items)]
        question = make_question(USER, at=START + timedelta(minutes=number), skill=skill, item_id=item.id)
        found.append(replace(make_response(question, score=score), difficulty=item.difficulty))
    return found[::-1]


def test_without_answers_nothing_is_added_to_ability() -> None:
    assert shifts(prior(), history_of([]), own_bank().of_skill(STRONG), {}) == {}


def test_a_skill_that_goes_well_is_likelier_and_one_that_does_not_less() -> None:
    history = history_of([*responses(WEAK, [0.0] * 6), *responses(STRONG, [1.0] * 6)])
    items = [*own_bank().of_skill(STRONG), *own_bank().of_skill(WEAK)]
    found = shifts(prior(), history, items, {})
    strong, weak = ([found[item.id] for item in items if item.skill == skill] for skill in (STRONG, WEAK))
    assert min(strong) > 0 > max(weak)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_it_never_takes_over_from_ability(scores: list[float]) -> None:
    found = shifts(prior(), history_of(responses(STRONG, scores)), own_bank().of_skill(STRONG), {})
    assert all(-3 < shift < 3 for shift in found.values())
