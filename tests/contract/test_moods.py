"""How moods are kept, corrected, forgotten and learned from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_session, make_turn

from masterx.clock import new_id
from masterx.errors import InvalidInput, NotFound
from masterx.records.emotions import LearningState
from masterx.records.messages import EmotionState, Message
from masterx.records.moods import LabelledMessage, MoodCorrection
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import DEFAULT_MOOD_PREFERENCES, EmotionalProfile, MoodPreferences, User
from masterx.store.mood_ports import TRAJECTORY_LENGTH
from masterx.store.ports import Store

CALM = EmotionalProfile(baseline_engagement=0.6, frustration_threshold=0.7, celebration_responsiveness=0.4)


def in_mood(turn: TurnRecord, emotion: str, *, topic: str | None = None) -> TurnRecord:
    state = EmotionState(
        primary_emotion=emotion,
        arousal=0.25,
        valence=-0.5,
        learning_readiness="moderate_readiness",
        said=emotion,
        certainty=0.75,
        engagement=0.5,
        intervention="light",
        trend="steady",
    )
    return replace(turn, question=replace(turn.question, emotion_state=state), topic=topic, emotional_profile=CALM)


@pytest.fixture
async def read(store: Store, session: Session) -> Message:
    """A message that was read as frustrated."""
    turn = in_mood(make_turn(session, at=START + MINUTE), "frustration", topic="math")
    await store.record_turn(turn)
    return turn.question


def correction(message: Message, told: LearningState | None, **changes: object) -> MoodCorrection:
    return replace(
        MoodCorrection(message_id=message.id, user_id=message.user_id, told=told, corrected_at=START + 2 * MINUTE),
        **changes,  # type: ignore[arg-type]  # the fields of one dataclass
    )


async def test_a_turn_keeps_the_mood_the_trajectory_the_topic_and_the_profile(
    store: Store, session: Session, user: User
) -> None:
    turns = [
        in_mood(make_turn(session, at=START + number * MINUTE), emotion, topic=topic)
        for number, (emotion, topic) in enumerate([("curiosity", "coding"), ("confusion", None)], start=1)
    ]
    for turn in turns:
        await store.record_turn(turn)
    kept = await store.session(session.id, user.id)
    assert kept is not None
    assert (kept.emotion_trajectory, kept.current_topic) == (("curiosity", "confusion"), "coding")
    question = await store.message(turns[0].question.id, user.id)
    assert question is not None
    assert question.emotion_state == turns[0].question.emotion_state
    learner = await store.user(user.id)
    assert learner is not None
    assert learner.emotional_profile == CALM


async def test_a_lesson_that_opens_in_a_mood_has_it(store: Store, user: User) -> None:
    opened = await store.record_turn(
        in_mood(make_turn(make_session(user), opens_session=True), "joy", topic="language")
    )
    assert (opened.emotion_trajectory, opened.current_topic) == (("joy",), "language")


async def test_of_a_long_lesson_the_newest_emotions_are_kept(store: Store, user: User) -> None:
    moods = tuple(f"mood-{number}" for number in range(TRAJECTORY_LENGTH))
    long = replace(make_session(user), emotion_trajectory=moods[:-1])
    await store.record_turn(in_mood(make_turn(long, opens_session=True), moods[-1]))
    moved = await store.record_turn(in_mood(make_turn(long, at=START + MINUTE), "joy"))
    assert moved.emotion_trajectory == (*moods[1:], "joy")


async def test_the_learners_word_takes_the_place_of_the_reading(
    store: Store, read: Message, user: User, session: Session
) -> None:
    patient = replace(CALM, frustration_threshold=0.9)
    corrected = await store.correct_mood(correction(read, LearningState.CURIOSITY, emotional_profile=patient))
    assert corrected.emotion_state is not None
    assert (corrected.emotion_state.primary_emotion, corrected.emotion_state.told) == ("curiosity", True)
    assert corrected.emotion_state.said == "frustration"
    kept = await store.session(session.id, user.id)
    learner = await store.user(user.id)
    assert kept is not None
    assert learner is not None
    assert kept.emotion_trajectory == ("curiosity",)
    assert learner.emotional_profile == patient


async def test_a_word_can_be_changed_and_taken_back(store: Store, read: Message) -> None:
    for told in (LearningState.CURIOSITY, LearningState.BOREDOM):
        await store.correct_mood(correction(read, told, may_be_learned_from=True))
    (example,) = await store.labelled_messages(limit=10)
    assert (example.read, example.told) == (LearningState.FRUSTRATION, LearningState.BOREDOM)
    undone = await store.correct_mood(correction(read, None))
    assert undone.emotion_state == read.emotion_state
    assert await store.labelled_messages(limit=10) == []


async def test_only_what_was_given_away_is_an_example(store: Store, read: Message) -> None:
    await store.correct_mood(correction(read, LearningState.CURIOSITY))
    assert await store.labelled_messages(limit=10) == []
    await store.correct_mood(correction(read, LearningState.CURIOSITY, may_be_learned_from=True))
    assert await store.labelled_messages(limit=10) == [
        LabelledMessage(
            id=read.id,
            text=read.content,
            read=LearningState.FRUSTRATION,
            told=LearningState.CURIOSITY,
            corrected_at=START + 2 * MINUTE,
        )
    ]
    assert await store.labelled_messages(limit=10, after=read.id) == []


async def test_what_is_not_there_or_a_strangers_or_has_no_mood_cannot_be_corrected(
    store: Store, read: Message, stranger: User, session: Session
) -> None:
    for wrong in (replace(read, id=new_id(START)), replace(read, user_id=stranger.id)):
        with pytest.raises(NotFound):
            await store.correct_mood(correction(wrong, LearningState.JOY))
    (plain, _) = (await store.messages(session.id, session.user_id, limit=4))[:2]
    with pytest.raises(InvalidInput):
        await store.correct_mood(correction(plain, LearningState.JOY))


async def test_what_may_be_read_is_the_learners_choice(store: Store, user: User) -> None:
    assert user.mood_preferences == DEFAULT_MOOD_PREFERENCES
    choice = MoodPreferences(read=False, shown=True, share_corrections=True)
    assert (await store.set_mood_preferences(user.id, choice)).mood_preferences == choice
    kept = await store.user(user.id)
    assert kept is not None
    assert kept.mood_preferences == choice
    assert (await store.set_mood_preferences(user.id, MoodPreferences())).mood_preferences == MoodPreferences()
    with pytest.raises(NotFound):
        await store.set_mood_preferences(new_id(START), choice)


async def test_everything_that_was_read_can_be_forgotten(
    store: Store, read: Message, user: User, stranger: User, session: Session
) -> None:
    theirs = in_mood(make_turn(make_session(stranger), opens_session=True), "joy")
    await store.record_turn(theirs)
    await store.correct_mood(correction(read, LearningState.CURIOSITY, may_be_learned_from=True))
    await store.forget_moods(user.id)
    forgotten = await store.message(read.id, user.id)
    kept = await store.session(session.id, user.id)
    learner = await store.user(user.id)
    assert forgotten is not None
    assert kept is not None
    assert learner is not None
    assert (forgotten.emotion_state, kept.emotion_trajectory, learner.emotional_profile) == (None, (), None)
    assert await store.labelled_messages(limit=10) == []
    left = await store.message(theirs.question.id, stranger.id)
    assert left is not None
    assert left.emotion_state is not None


async def test_a_deleted_lesson_takes_its_corrections_along(store: Store, read: Message, session: Session) -> None:
    await store.correct_mood(correction(read, LearningState.CURIOSITY, may_be_learned_from=True))
    await store.delete_session(session.id, session.user_id)
    assert await store.labelled_messages(limit=10) == []
