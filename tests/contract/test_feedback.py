from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.records.feedback_standing import MOST_OF_ONE_LEARNER, FeedbackDay, FeedbackStanding
from masterx.records.messages import Completeness, Feedback
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord, WentOn
from masterx.records.users import User
from masterx.store.ports import Store

WEEK = timedelta(days=7)
UNTIL = START + WEEK


async def lesson(
    store: Store,
    user: User,
    ratings: Sequence[int | None] = (None,),
    *,
    category: str = "math",
    at: datetime = START,
    **changes: Any,
) -> tuple[Session, list[TurnRecord]]:
    """A session with an answer for each rating."""
    session, turns = make_session(user, at=at), list[TurnRecord]()
    for place, rating in enumerate(ratings):
        turn = make_turn(session, opens_session=place == 0, at=at + place * MINUTE)
        turn = replace(turn, topic=category, answer=replace(turn.answer, category=category, **changes))
        session = await store.record_turn(turn)
        turns.append(turn)
        if rating is not None:
            await store.rate_message(turn.answer.id, user.id, Feedback(quality_rating=rating))
    return session, turns


async def standing(store: Store, until: datetime = UNTIL) -> FeedbackStanding:
    (found,) = await store.feedback_standing(until - WEEK, until)
    return found


async def test_nobody_said_anything_yet(store: Store, user: User) -> None:
    assert await store.feedback_standing(START, UNTIL) == []
    await lesson(store, user)
    found = await standing(store)
    assert found == FeedbackStanding(
        provider="openai", category="math", since=START, until=UNTIL, answers=1, sessions=1, messages_per_session=2.0
    )
    assert found.ratings_error is None


async def test_each_provider_stands_for_itself_in_each_category(store: Store, user: User) -> None:
    await lesson(store, user, [5], provider_used="groq")
    await lesson(store, user, [4])
    await lesson(store, user, [3], category="coding", provider_used="groq")
    found = await store.feedback_standing(START, UNTIL)
    assert [(each.category, each.provider, each.ratings_mean) for each in found] == [
        ("coding", "groq", 3.0),
        ("math", "groq", 5.0),
        ("math", "openai", 4.0),
    ]


async def test_only_answers_of_the_window_count(store: Store, user: User) -> None:
    for at, rating in ((START - WEEK, 1), (START, 4), (UNTIL - 5 * MINUTE, 5), (UNTIL, 1)):
        await lesson(store, user, [rating], at=at - timedelta(milliseconds=900))
    found = await standing(store)
    assert (found.ratings_given, found.ratings_mean) == (2, 4.5)


async def test_an_answer_without_a_category_is_no_evidence(store: Store, user: User, session: Session) -> None:
    assert await store.feedback_standing(START, UNTIL) == []


async def test_the_second_rating_takes_the_place_of_the_first(store: Store, user: User) -> None:
    _, (turn,) = await lesson(store, user, [1])
    await store.rate_message(turn.answer.id, user.id, Feedback(quality_rating=5))
    found = await standing(store)
    assert (found.ratings_given, found.ratings_count, found.ratings_mean, found.ratings_spread) == (1, 1, 5.0, 0.0)


async def test_a_learner_who_rates_much_does_not_decide_alone(store: Store, user: User, stranger: User) -> None:
    await lesson(store, user, [1] * (3 * MOST_OF_ONE_LEARNER))
    await lesson(store, stranger, [5] * MOST_OF_ONE_LEARNER)
    found = await standing(store)
    assert (found.learners, found.ratings_given, found.ratings_count) == (2, 20, 10)
    assert found.ratings_mean == pytest.approx(3.0)
    assert found.ratings_spread == pytest.approx(2.0)
    assert found.ratings_error == pytest.approx(2 / 3)


async def test_the_spread_holds_what_learners_vary_within_themselves(store: Store, user: User, stranger: User) -> None:
    await lesson(store, user, [2, 4])
    await lesson(store, stranger, [3, 3])
    found = await standing(store)
    assert found.ratings_mean == pytest.approx(3.0)
    assert found.ratings_spread == pytest.approx(0.5**0.5)


async def test_what_broke_off_is_not_rated(store: Store, user: User) -> None:
    await lesson(store, user, [1], completeness=Completeness.BROKE_OFF)
    await lesson(store, user, [4], completeness=Completeness.STOPPED)
    found = await standing(store)
    assert (found.answers, found.ratings_given, found.ratings_mean) == (2, 1, 4.0)


async def test_what_a_retry_put_aside_keeps_its_rating_alone(store: Store, user: User) -> None:
    session, (first,) = await lesson(store, user, [1])
    again = make_turn(session, at=START + MINUTE, replaces=first.question)
    await store.record_turn(replace(again, topic="math", answer=replace(again.answer, category="math")))
    found = await standing(store)
    assert (found.answers, found.ratings_given, found.sessions, found.messages_per_session) == (1, 1, 1, 2.0)


async def test_helpful_votes_are_a_share(store: Store, user: User, stranger: User) -> None:
    _, turns = await lesson(store, user, [None, None, None])
    for turn, helpful in zip(turns, (True, False, None), strict=True):
        await store.rate_message(turn.answer.id, user.id, Feedback(helpful=helpful))
    _, (turn,) = await lesson(store, stranger)
    await store.rate_message(turn.answer.id, stranger.id, Feedback(helpful=True))
    found = await standing(store)
    assert (found.helpful_count, found.ratings_given) == (3, 0)
    assert found.helpful_share == pytest.approx(2 / 3)


async def test_a_question_says_whether_the_learner_went_on(store: Store, user: User) -> None:
    session, (first,) = await lesson(store, user)
    following = make_turn(session, at=START + MINUTE)
    for turn, continued in ((following, True), (make_turn(session, at=START + 2 * MINUTE), False)):
        said = WentOn(answer_id=first.answer.id, continued=continued)
        session = await store.record_turn(replace(turn, session=session, went_on=said))
        kept = await store.message(first.answer.id, user.id)
        assert kept is not None
        assert kept.user_continued is continued


async def test_nobody_says_it_of_anothers_answer(store: Store, user: User, stranger: User) -> None:
    _, (theirs,) = await lesson(store, stranger)
    session, _ = await lesson(store, user)
    said = WentOn(answer_id=theirs.answer.id, continued=True)
    await store.record_turn(replace(make_turn(session, at=START + MINUTE), went_on=said))
    kept = await store.message(theirs.answer.id, stranger.id)
    assert kept is not None
    assert kept.user_continued is None


async def test_nobody_went_on_where_a_lesson_was_left(store: Store, user: User) -> None:
    left, (first, last) = await lesson(store, user, [None, None])
    ended, (other,) = await lesson(store, user)
    await store.end_session(ended.id, user.id, START + MINUTE)
    assert await store.abandon_idle_sessions(START + 30 * MINUTE, START + 60 * MINUTE) == 1
    kept = [await store.message(turn.answer.id, user.id) for turn in (first, last, other)]
    assert [None if message is None else message.user_continued for message in kept] == [None, False, None]
    found = await standing(store)
    assert (found.continued_count, found.continued_share) == (1, 0.0)
    assert (found.ended_count, found.completed_share) == (2, 0.5)
    # The learner comes back, and follows the answer up.
    back = replace(make_turn(left, at=START + 90 * MINUTE), went_on=WentOn(answer_id=last.answer.id, continued=True))
    await store.record_turn(back)
    assert (await standing(store)).continued_share == 1.0


async def test_many_lessons_are_left_at_once(store: Store) -> None:
    learners = [make_user() for _ in range(3)]
    for learner in learners:
        await store.add_user(learner)
        await lesson(store, learner, [None, 4])
    assert await store.abandon_idle_sessions(START + 30 * MINUTE, START + 60 * MINUTE) == 3
    found = await standing(store)
    assert (found.continued_count, found.continued_share, found.messages_per_session) == (3, 0.0, 4.0)


async def test_ratings_come_by_day(store: Store, user: User, stranger: User) -> None:
    day = timedelta(days=1)
    await lesson(store, user, [2, 2, None])
    await lesson(store, stranger, [5])
    await lesson(store, user, [1], completeness=Completeness.BROKE_OFF)
    await lesson(store, user, [4], at=START + day, provider_used="groq", category="coding")
    await lesson(store, user, at=START + 2 * day)
    first, second = await store.feedback_days(START, UNTIL)
    assert first == FeedbackDay(day=START.date(), provider="openai", category="math", ratings_count=3, ratings_mean=3.0)
    assert (second.day, second.provider, second.category) == (START.date() + day, "groq", "coding")
