from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_session, make_turn

from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.messages import Completeness, EmotionState, Feedback, Message
from masterx.records.money import NanoDollars
from masterx.records.routing import FailedAttempt, Routing, WeighedCandidate
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.store.ports import Store

TEXTS = {
    "emoji": "👩🏽‍🔬 🧪 → 🎉",
    "right to left": "ما هو الجذر التربيعي؟ \u202e",
    "combining": "e\u0301 n\u0303",
    "mathematics": r"$\int_0^1 x^2\,dx = \tfrac13$ 'quoted' \"twice\" --",
    "controls": "tab\tline\nreturn\r\x01",
    "a megabyte": "ß" * 500_000,
    "empty": "",
}


async def _record(store: Store, session: Session, minutes: int, replaces: Message | None = None) -> TurnRecord:
    turn = make_turn(session, at=START + minutes * MINUTE, replaces=replaces)
    await store.record_turn(turn)
    return turn


def _pairs(*turns: TurnRecord) -> list[str]:
    return [message.id for turn in turns for message in (turn.question, turn.answer)]


async def _branch(store: Store, session: Session) -> list[str]:
    return [message.id for message in await store.messages(session.id, session.user_id, limit=100)]


@pytest.fixture
async def lesson(store: Store, user: User) -> tuple[Session, list[TurnRecord]]:
    """Four turns, a minute apart."""
    first = make_turn(make_session(user), opens_session=True)
    session = await store.record_turn(first)
    return session, [first, *[await _record(store, session, minutes) for minutes in (1, 2, 3)]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_text_comes_back_to_the_character(store: Store, user: User, text: str) -> None:
    turn = make_turn(make_session(user), opens_session=True, question=text, answer=text[::-1])
    await store.record_turn(turn)
    assert await store.message(turn.question.id, user.id) == turn.question
    assert await store.message(turn.answer.id, user.id) == turn.answer


async def test_every_field_of_an_answer_comes_back(store: Store, session: Session, user: User) -> None:
    turn = make_turn(session)
    answer = replace(
        turn.answer,
        completeness=Completeness.BROKE_OFF,
        usage_estimated=True,
        cost=None,
        routing=Routing(
            provider="openai",
            model="test-model",
            reason="next in line",
            candidates=("groq", "openai"),
            demo=True,
            failed=(FailedAttempt(provider="groq", model="m", code="provider_timeout", reason="too slow"),),
            category="math",
            mood="frustration",
            difficulty=0.62,
            dial=0.5,
            explored=True,
            weighed=(
                WeighedCandidate(
                    provider="groq", model="m", score=71.5, error=2.25, price=NanoDollars(340_000), reason="best"
                ),
                WeighedCandidate(provider="openai", model="n", score=None, error=None, price=None, reason="next"),
            ),
        ),
        emotion_state=EmotionState(
            primary_emotion="curiosity", arousal=0.6, valence=-0.7, learning_readiness="high_readiness"
        ),
        embedding=(0.5, -1.25, 3.0),
        quality_rating=5,
        helpful=False,
        feedback_text="Danke 🙏",
        user_continued=True,
    )
    await store.record_turn(replace(turn, answer=answer))
    assert await store.message(answer.id, user.id) == answer


async def test_an_embedding_keeps_the_precision_of_float32(store: Store, session: Session, user: User) -> None:
    turn = make_turn(session)
    vector = tuple(1 / number for number in range(1, 385))
    await store.record_turn(replace(turn, question=replace(turn.question, embedding=vector)))
    question = await store.message(turn.question.id, user.id)
    assert question is not None
    assert question.embedding == pytest.approx(vector, rel=1e-7)


async def test_the_newest_come_oldest_first(store: Store, lesson: tuple[Session, list[TurnRecord]]) -> None:
    session, turns = lesson
    assert await _branch(store, session) == _pairs(*turns)
    newest = await store.messages(session.id, session.user_id, limit=3)
    assert [message.id for message in newest] == _pairs(*turns)[-3:]


async def test_earlier_ones_are_found_before_an_id(store: Store, lesson: tuple[Session, list[TurnRecord]]) -> None:
    session, turns = lesson
    earlier = await store.messages(session.id, session.user_id, limit=3, before=turns[2].question.id)
    assert [message.id for message in earlier] == _pairs(*turns)[1:4]
    assert await store.messages(session.id, session.user_id, limit=3, before=turns[0].question.id) == []


async def test_a_lesson_is_its_session_with_its_messages(
    store: Store, lesson: tuple[Session, list[TurnRecord]], stranger: User
) -> None:
    session, turns = lesson
    whole = await store.lesson(session.id, session.user_id, limit=100)
    assert whole is not None
    read, messages = whole
    assert read == await store.session(session.id, session.user_id)
    assert [message.id for message in messages] == _pairs(*turns)
    earlier = await store.lesson(session.id, session.user_id, limit=2, before=turns[2].question.id)
    assert earlier is not None
    assert [message.id for message in earlier[1]] == _pairs(turns[1])
    assert await store.lesson(session.id, stranger.id, limit=100) is None
    assert await store.lesson(turns[0].question.id, session.user_id, limit=100) is None


async def test_before_an_unknown_id_or_one_of_another_session_there_is_nothing(
    store: Store, lesson: tuple[Session, list[TurnRecord]], user: User
) -> None:
    session, _ = lesson
    other = make_turn(make_session(user), opens_session=True, at=START + 9 * MINUTE)
    await store.record_turn(other)
    for before in ("unknown", other.question.id):
        assert await store.messages(session.id, user.id, limit=3, before=before) == []


async def test_a_question_precedes_its_answer_even_at_the_same_moment(store: Store, user: User) -> None:
    session = make_session(user)
    expected: list[str] = []
    for number in range(20):
        turn = make_turn(session, opens_session=number == 0, at=START)
        turn = replace(turn, answer=replace(turn.answer, timestamp=START))
        await store.record_turn(turn)
        expected += _pairs(turn)
    assert await _branch(store, session) == expected


async def test_messages_are_their_learners_alone(
    store: Store, lesson: tuple[Session, list[TurnRecord]], stranger: User
) -> None:
    session, turns = lesson
    assert await store.messages(session.id, stranger.id, limit=10) == []
    assert await store.messages(session.id, stranger.id, limit=10, before=turns[2].question.id) == []
    assert await store.message(turns[0].answer.id, stranger.id) is None
    assert await store.versions(turns[0].question.id, stranger.id) == []


async def test_a_retry_puts_aside_what_followed(store: Store, lesson: tuple[Session, list[TurnRecord]]) -> None:
    session, turns = lesson
    retry = await _record(store, session, 5, replaces=turns[2].question)
    assert await _branch(store, session) == _pairs(turns[0], turns[1], retry)
    versions = await store.versions(retry.question.id, session.user_id)
    assert [message.id for message in versions] == _pairs(turns[2], turns[3])
    assert await store.versions(retry.question.id, session.user_id, limit=2) == versions[:2]
    assert {message.superseded_by for message in versions} == {retry.question.id}
    stored = await store.message(retry.question.id, session.user_id)
    assert stored is not None
    assert (stored.replaces, stored.superseded_by) == (turns[2].question.id, None)


async def test_a_retry_of_a_retry_leaves_older_versions_where_they_were(
    store: Store, lesson: tuple[Session, list[TurnRecord]]
) -> None:
    session, turns = lesson
    first = await _record(store, session, 5, replaces=turns[3].question)
    second = await _record(store, session, 6, replaces=first.question)
    rewound = await _record(store, session, 7, replaces=turns[1].question)
    assert await _branch(store, session) == _pairs(turns[0], rewound)
    expected = {
        first.question.id: _pairs(turns[3]),
        second.question.id: _pairs(first),
        rewound.question.id: _pairs(turns[1], turns[2], second),
    }
    for question_id, aside in expected.items():
        versions = await store.versions(question_id, session.user_id)
        assert [message.id for message in versions] == aside
    after = await store.session(session.id, session.user_id)
    assert after is not None
    assert after.total_messages == 14


async def test_earlier_messages_of_a_branch_are_found_past_superseded_ones(
    store: Store, lesson: tuple[Session, list[TurnRecord]]
) -> None:
    session, turns = lesson
    retry = await _record(store, session, 5, replaces=turns[1].question)
    for before in (retry.question.id, turns[3].question.id):
        earlier = await store.messages(session.id, session.user_id, limit=10, before=before)
        assert [message.id for message in earlier] == _pairs(turns[0])


async def test_a_message_is_replaced_once(store: Store, lesson: tuple[Session, list[TurnRecord]]) -> None:
    session, turns = lesson
    retry = await _record(store, session, 5, replaces=turns[2].question)
    with pytest.raises(Conflict):
        await _record(store, session, 6, replaces=turns[3].question)
    assert await _branch(store, session) == _pairs(turns[0], turns[1], retry)


async def test_only_a_learner_message_of_this_session_can_be_replaced(
    store: Store, lesson: tuple[Session, list[TurnRecord]], user: User, stranger: User
) -> None:
    session, turns = lesson
    elsewhere = make_turn(make_session(user), opens_session=True)
    foreign = make_turn(make_session(stranger), opens_session=True)
    await store.record_turn(elsewhere)
    await store.record_turn(foreign)
    unknown = make_turn(session)
    for replaced in (turns[1].answer, elsewhere.question, foreign.question, unknown.question):
        with pytest.raises(NotFound):
            await _record(store, session, 5, replaces=replaced)
    assert await _branch(store, session) == _pairs(*turns)


async def test_a_session_cannot_open_by_replacing(store: Store, session: Session, user: User) -> None:
    turn = await _record(store, session, 1)
    opening = make_turn(make_session(user), opens_session=True, replaces=turn.question)
    with pytest.raises(NotFound):
        await store.record_turn(opening)
    assert await store.session(opening.session.id, user.id) is None


async def test_what_is_said_of_an_answer_replaces_what_was_said(store: Store, user: User, stranger: User) -> None:
    turn = make_turn(make_session(user), opens_session=True)
    await store.record_turn(turn)
    for feedback in (Feedback(quality_rating=5, helpful=True, feedback_text="Clear."), Feedback(helpful=False)):
        rated = await store.rate_message(turn.answer.id, user.id, feedback)
        assert (
            Feedback(quality_rating=rated.quality_rating, helpful=rated.helpful, feedback_text=rated.feedback_text)
            == feedback
        )
        assert await store.message(turn.answer.id, user.id) == rated
    for message_id, user_id in ((turn.answer.id, stranger.id), ("another", user.id)):
        with pytest.raises(NotFound):
            await store.rate_message(message_id, user_id, Feedback(quality_rating=1))
    with pytest.raises(InvalidInput):
        await store.rate_message(turn.question.id, user.id, Feedback(quality_rating=1))
    with pytest.raises(InvalidInput):
        await store.rate_message(turn.answer.id, user.id, Feedback(quality_rating=6))
