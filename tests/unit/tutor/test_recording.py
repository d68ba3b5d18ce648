from __future__ import annotations

from typing import Any

from tests.fakes.clock import START
from tests.fakes.records import make_answer, make_question, make_session, make_user

from masterx.records.turns import WentOn
from masterx.tutor.opening import OpenTurn, TurnRequest
from masterx.tutor.perception import Perception
from masterx.tutor.recording import category_of, went_on

SESSION = make_session(make_user(), current_topic="math")
QUESTION = make_question(SESSION)
ANSWER = make_answer(QUESTION)


def opened(topic: str | None = None, **changes: Any) -> OpenTurn:
    fields: dict[str, Any] = {
        "request": TurnRequest(user_id=SESSION.user_id, message="And why?", session_id=SESSION.id),
        "asked_at": START,
        "started": 0.0,
        "claim": None,
        "session": SESSION,
        "opens_session": False,
        "history": (QUESTION, ANSWER),
        "question": "And why?",
        "replaces": None,
        "partial": "",
        "question_id": "question",
        "answer_id": "answer",
        "perceived": Perception(topic=topic),
    }
    return OpenTurn(**fields | changes)


def test_a_message_on_the_topic_follows_the_answer_up() -> None:
    assert went_on(opened("math")) == WentOn(answer_id=ANSWER.id, continued=True)


def test_a_message_on_another_topic_does_not() -> None:
    assert went_on(opened("coding")) == WentOn(answer_id=ANSWER.id, continued=False)


def test_a_message_that_was_not_read_stays_on_the_topic() -> None:
    assert went_on(opened()) == WentOn(answer_id=ANSWER.id, continued=True)
    assert category_of(opened()) == "math"


def test_where_no_topic_was_known_the_learner_went_on() -> None:
    assert went_on(opened("coding", session=make_session(make_user()))) == WentOn(answer_id=ANSWER.id, continued=True)


def test_nothing_is_said_of_what_was_not_answered() -> None:
    assert went_on(opened("math", opens_session=True, history=())) is None
    assert went_on(opened("math", history=(QUESTION,))) is None


def test_a_retry_says_nothing_of_the_answer_before_it() -> None:
    assert went_on(opened("math", replaces="question before")) is None
