"""What a turn makes of where its learner stands: the prompt, the question below the answer, what calculation says."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.providers import FakeProvider, Script
from tests.integration.turn.conftest import AskFor, Ready

from masterx.practice.served_bank import ServedBank
from masterx.records.goals import Goal, GoalKind
from masterx.records.messages import Message
from masterx.records.users import LearningPreferences, User
from masterx.settings import TurnSettings
from masterx.store.ports import Store
from masterx.tutor.assessing import Assessor
from masterx.tutor.checking import FactChecker
from masterx.tutor.lesson_questions import LessonQuestions
from masterx.tutor.offering import PACE
from masterx.tutor.practising import Practice
from masterx.tutor.standing import HIGH_LOAD_LINE, STANDINGS, Standing
from masterx.tutor.turn import Tutor

FRACTIONS = "How do I add fractions with different denominators?"


@pytest.fixture
def provider(ready: Ready) -> FakeProvider:
    provider = FakeProvider()
    ready.providers = [provider]
    return provider


@pytest.fixture
async def tutor(ready: Ready, provider: FakeProvider, store: Store, clock: FrozenClock) -> AsyncIterator[Tutor]:
    checker = FactChecker()
    assessor = Assessor(store, ServedBank(), clock, checker, random.Random(3))
    opened = Tutor(TurnSettings(_env_file=None), ready, store, clock, assessor=assessor, checker=checker)
    yield opened
    await opened.aclose()
    await assessor.aclose()
    checker.close()


@pytest.fixture
async def practice(store: Store, clock: FrozenClock) -> AsyncIterator[Practice]:
    practice = Practice(store, clock, random.Random(3))
    yield practice
    practice.close()


def instructions(provider: FakeProvider) -> str:
    return provider.calls[-1].messages[0].content


async def kept(store: Store, answer: Message) -> Message:
    found = await store.message(answer.id, answer.user_id)
    assert found is not None
    return found


async def test_a_fitting_question_is_kept_with_the_answer_and_told_to_the_model(
    tutor: Tutor, store: Store, provider: FakeProvider, ask: AskFor
) -> None:
    done = await tutor.answer(ask(FRACTIONS))
    answer = await kept(store, done.answer)
    assert answer.item is not None
    assert answer.item == done.answer.item
    assert (answer.item.subject, answer.item.skill) == ("mathematics", "fractions")
    assert "“Fractions”" in instructions(provider)


async def test_what_is_about_nothing_in_the_bank_gets_none(tutor: Tutor, provider: FakeProvider, ask: AskFor) -> None:
    done = await tutor.answer(ask("Who painted the Mona Lisa?"))
    assert done.answer.item is None
    assert "Where this learner stands" not in instructions(provider)


async def test_questions_keep_their_distance_and_can_be_switched_off(tutor: Tutor, ask: AskFor) -> None:
    done = await tutor.answer(ask(FRACTIONS))
    again = await tutor.answer(ask(FRACTIONS, session_id=done.session.id))
    assert PACE > 1
    assert again.answer.item is None
    off = replace(ask(FRACTIONS), preferences=LearningPreferences(questions_in_lessons=False))
    assert (await tutor.answer(off)).answer.item is None
    unseen = replace(ask(FRACTIONS), shows_questions=False)
    assert (await tutor.answer(unseen)).answer.item is None


async def test_the_question_is_graded_as_all_practice_and_feeds_the_model(
    tutor: Tutor, store: Store, learner: User, practice: Practice, ask: AskFor
) -> None:
    done = await tutor.answer(ask(FRACTIONS))
    questions = LessonQuestions(store, ServedBank())
    fresh = await questions.question(learner.id, done.answer.id)
    assert fresh.response is None
    hint = await practice.hint(learner.id, done.answer.id)
    assert hint is not None
    hinted = await questions.question(learner.id, done.answer.id)
    assert hinted.question.hints == (hint.text,)
    wrong = next(iter(fresh.question.choices), "0")
    answered = await practice.answer(learner.id, done.answer.id, wrong)
    assert answered.judged
    after = await questions.question(learner.id, done.answer.id)
    assert after.response is not None
    assert (after.response.session_id, after.response.hints_taken) == (done.session.id, 1)
    assert after.solution
    state = await store.learner_state(learner.id, "mathematics")
    assert state is not None
    assert state.answers == 1
    session = await store.session(done.session.id, learner.id)
    assert session is not None
    assert session.performance_score == after.response.score
    assert (await practice.answer(learner.id, done.answer.id, "1")).repeated


async def test_ability_load_and_goal_shape_the_next_answer(
    tutor: Tutor,
    store: Store,
    provider: FakeProvider,
    learner: User,
    practice: Practice,
    clock: FrozenClock,
    ask: AskFor,
) -> None:
    for _ in range(20):
        question = await practice.next_question(learner.id, "mathematics", skill="fractions")
        assert question is not None
        await practice.solution(learner.id, question.id)
    await store.put_goal(
        Goal(user_id=learner.id, subject="mathematics", kind=GoalKind.QUESTIONS, target=20.0, created_at=clock.now())
    )
    await tutor.answer(ask(FRACTIONS))
    told = instructions(provider)
    assert STANDINGS[Standing.BEGINNING].format(subject="mathematics") in told
    assert HIGH_LOAD_LINE in told
    assert "20 questions of mathematics a week" in told


async def test_what_was_worked_out_is_told_and_an_answer_that_contradicts_it_is_flagged(
    tutor: Tutor, store: Store, provider: FakeProvider, ask: AskFor
) -> None:
    provider.scripts.append(Script(pieces=("The answer ", "is 381.")))
    done = await tutor.answer(ask("What is 17 * 23?"))
    assert "17 * 23: 391" in instructions(provider)
    calculated = (await kept(store, done.answer)).calculated
    assert calculated is not None
    assert [each.claim for each in calculated.contradictions] == ["381"]
    assert calculated.contradictions[0].correct == "17 * 23 = 391"


@pytest.mark.parametrize(
    "message",
    ["what is 9**9**9**9", "solve x^x^x^x = 3", "what is __import__('os').system('true')", "integrate " + "x^" * 3_000],
)
async def test_what_would_cost_too_much_is_left_alone(tutor: Tutor, message: str, ask: AskFor) -> None:
    done = await tutor.answer(ask(message))
    assert done.answer.calculated is None
    assert (await tutor.answer(ask("What is 2 + 2?"))).answer.calculated is not None
