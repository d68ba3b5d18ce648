from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.records import make_answer, make_question, make_session, make_user

from masterx.memory.search import Found
from masterx.records.messages import Message
from masterx.records.recall import Recalled
from masterx.web.search_views import Piece, pieces, results

SESSION = make_session(make_user())
QUESTION = make_question(SESSION, content="Why do magnets pull?")


def found(message: Message) -> Found:
    return Found(recalled=Recalled(message=message, similarity=0.5), excerpt=message.content)


def test_a_result_leads_to_the_very_message() -> None:
    (asked, answered) = results([found(QUESTION), found(make_answer(QUESTION))], {SESSION.id: "Fields"}, "x")
    assert asked.address == f"/lessons/{SESSION.id}#m-{QUESTION.id}"
    assert (asked.lesson, asked.by_learner, answered.by_learner) == ("Fields", True, False)
    assert asked.said_at == QUESTION.timestamp


def test_a_lesson_without_a_title_has_a_name_and_one_that_is_gone_is_left_out() -> None:
    (untitled,) = results([found(QUESTION)], {SESSION.id: None}, "x")
    assert untitled.lesson == "A lesson without a title"
    assert results([found(QUESTION)], {}, "x") == ()


def test_the_words_that_were_looked_for_are_marked_whole_and_in_any_case() -> None:
    assert pieces("Why do MAGNETS pull, magnetically?", "magnets Why") == (
        Piece("Why", sought=True),
        Piece(" do ", sought=False),
        Piece("MAGNETS", sought=True),
        Piece(" pull, magnetically?", sought=False),
    )
    assert pieces("", "x") == ()


@given(st.text(), st.text())
def test_marking_loses_and_adds_nothing(excerpt: str, query: str) -> None:
    assert "".join(piece.text for piece in pieces(excerpt, query)) == excerpt
