"""What a turn makes of how a message sounds and of what it brings to mind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider, Script
from tests.fakes.readings import FakeReader, in_state, make_reading, mood_by_states
from tests.integration.turn.conftest import AskFor, Ready, heard

from masterx.memory.recall import ExactRecall
from masterx.providers.base import FinishReason
from masterx.records.emotions import LearningState
from masterx.records.users import MoodPreferences, User
from masterx.settings import TurnSettings
from masterx.store.ports import Store
from masterx.tutor.events import Started
from masterx.tutor.opening import TurnRequest
from masterx.tutor.perceiving import Perceiver
from masterx.tutor.strategy import STRATEGIES
from masterx.tutor.turn import Tutor

STUCK = "I tried it five times, this is hopeless"
ALWAYS = (START - timedelta(days=1), START + timedelta(days=1))


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader({STUCK: in_state(STUCK, LearningState.FRUSTRATION, valence=-0.6, category="math")})


@pytest.fixture
def provider(ready: Ready) -> FakeProvider:
    provider = FakeProvider()
    ready.providers = [provider]
    return provider


@pytest.fixture
async def tutor(
    ready: Ready, provider: FakeProvider, reader: FakeReader, store: Store, clock: FrozenClock
) -> AsyncIterator[Tutor]:
    perceiver = Perceiver(reader, mood_by_states, ExactRecall(store, clock))
    opened = Tutor(TurnSettings(_env_file=None), ready, store, clock, perceiver=perceiver)
    yield opened
    await opened.aclose()


def prompt_of(provider: FakeProvider) -> tuple[str, str]:
    """The instructions and the first message after them, of the newest call."""
    messages = provider.calls[-1].messages
    return messages[0].content, messages[1].content


async def test_how_it_sounds_is_kept_and_changes_the_answer(
    tutor: Tutor, store: Store, provider: FakeProvider, learner: User, ask: AskFor
) -> None:
    done = await tutor.answer(ask(STUCK))
    question = await store.message(done.question.id, learner.id)
    assert question is not None
    assert question.emotion_state is not None
    assert question.emotion_state.primary_emotion == "frustration"
    assert question.emotion_state.learning_readiness == "low_readiness"
    assert question.embedding is not None
    assert (done.session.emotion_trajectory, done.session.current_topic) == (("frustration",), "math")
    assert STRATEGIES[LearningState.FRUSTRATION].instruction in prompt_of(provider)[0]
    refreshed = await store.user(learner.id)
    assert refreshed is not None
    assert refreshed.emotional_profile is not None
    (call,) = await store.cost_events(*ALWAYS)
    assert call.category == "math"


async def test_the_stream_says_it_before_the_first_word(tutor: Tutor, ask: AskFor) -> None:
    started = (await heard(await tutor.stream(ask(STUCK))))[0]
    assert isinstance(started, Started)
    assert started.emotion is not None
    assert started.emotion.primary_emotion == "frustration"


async def test_a_plain_message_changes_nothing(tutor: Tutor, provider: FakeProvider, ask: AskFor) -> None:
    await tutor.answer(ask("What is a prime number?"))
    assert "How this learner seems" not in prompt_of(provider)[0]


async def test_a_learner_who_switched_it_off_is_not_read(
    tutor: Tutor, store: Store, provider: FakeProvider, learner: User, ask: AskFor
) -> None:
    off: TurnRequest = replace(ask(STUCK), mood_preferences=MoodPreferences(read=False))
    done = await tutor.answer(off)
    assert done.question.emotion_state is None
    assert done.session.emotion_trajectory == ()
    assert "How this learner seems" not in prompt_of(provider)[0]
    refreshed = await store.user(learner.id)
    assert refreshed is not None
    assert refreshed.emotional_profile is None


async def test_without_the_encoder_the_tutor_answers_all_the_same(
    tutor: Tutor, reader: FakeReader, ask: AskFor
) -> None:
    reader.fails = True
    done = await tutor.answer(ask(STUCK))
    assert done.answer.content == "Hello there"
    assert (done.question.emotion_state, done.question.embedding) == (None, None)


async def test_a_follow_up_keeps_the_topic_of_its_lesson(tutor: Tutor, reader: FakeReader, ask: AskFor) -> None:
    first = await tutor.answer(ask(STUCK))
    reader.readings = {"and why?": make_reading("and why?", category="coding", category_certainty=0.7)}
    second = await tutor.answer(ask("and why?", session_id=first.session.id))
    assert second.session.current_topic == "math"


async def test_an_answer_that_goes_on_keeps_what_its_question_was_read_as(
    tutor: Tutor, reader: FakeReader, provider: FakeProvider, ask: AskFor
) -> None:
    provider.scripts.append(Script(reason=FinishReason.LENGTH))
    done = await tutor.answer(ask(STUCK))
    went_on = await tutor.answer(ask(continues=done.answer.id, session_id=done.session.id))
    assert went_on.question.emotion_state == done.question.emotion_state
    assert reader.read_texts == [STUCK]


async def test_what_was_said_in_an_earlier_lesson_comes_to_mind(
    tutor: Tutor, reader: FakeReader, provider: FakeProvider, clock: FrozenClock, ask: AskFor
) -> None:
    reader.readings = {
        "My dog is called Euler": make_reading("dog"),
        "What is my dog called?": make_reading("dog"),
        "How do magnets work?": make_reading("magnets"),
    }
    await tutor.answer(ask("My dog is called Euler"))
    await tutor.answer(ask("How do magnets work?"))
    clock.advance(3 * 86_400)
    await tutor.answer(ask("What is my dog called?"))
    _, first = prompt_of(provider)
    assert first.startswith("[From my earlier lessons, in case it helps:\n- I, 3 days ago: My dog is called Euler\n]")
    assert first.endswith("What is my dog called?")
    assert "magnets" not in first


async def test_what_an_edit_puts_aside_does_not_come_to_mind(
    tutor: Tutor, reader: FakeReader, provider: FakeProvider, clock: FrozenClock, ask: AskFor
) -> None:
    texts = ("My dog is called Euler", "Is Euler a good name?", "My cat is called Gauss")
    reader.readings = dict.fromkeys(texts, make_reading("dog"))
    first = await tutor.answer(ask(texts[0]))
    clock.advance(60)
    await tutor.answer(ask(texts[1], session_id=first.session.id))
    clock.advance(60)
    await tutor.answer(ask(texts[2], session_id=first.session.id, replaces=first.question.id))
    assert "Euler" not in str(provider.calls[-1].messages)


async def test_nobody_elses_words_come_to_mind(
    tutor: Tutor, reader: FakeReader, provider: FakeProvider, store: Store, learner: User, ask: AskFor
) -> None:
    reader.readings = dict.fromkeys(("My dog is called Euler", "What is my dog called?"), make_reading("dog"))
    stranger = replace(learner, id=learner.id[::-1], email="someone@example.org")
    await store.add_user(stranger)
    await tutor.answer(AskFor(stranger.id)("My dog is called Euler"))
    await tutor.answer(ask("What is my dog called?"))
    assert "Euler" not in str(provider.calls[-1].messages)
