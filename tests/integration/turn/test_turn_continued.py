"""An answer that was cut off goes on: one whole answer in place of the part, each call paid for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.providers import FakeProvider, Script
from tests.fakes.records import make_user
from tests.integration.turn.conftest import AskFor, Ready, heard

from masterx.errors import Conflict, NoProviderAvailable, NotFound, ProviderBrokeOff, ProviderUnavailable
from masterx.providers.base import FinishReason
from masterx.records.messages import Completeness
from masterx.records.users import User
from masterx.store.ports import Store
from masterx.tutor.events import Done, Failed, Started, Token
from masterx.tutor.prompt import GO_ON
from masterx.tutor.turn import Tutor

ALWAYS = (START - timedelta(days=1), START + timedelta(days=1))
CUT = Script(pieces=("The slope ", "is"), error=ProviderBrokeOff("fake"))
REST = Script(pieces=("is", " two", "."))
WHOLE = "The slope is two."


async def broken_off(tutor: Tutor, ready: Ready, ask: AskFor, *then: Script) -> tuple[FakeProvider, Done]:
    """An answer that broke off, and the provider with what it will say next."""
    provider = FakeProvider(CUT, *then, price_id="openai", model_name="gpt-4o")
    ready.providers = [provider]
    *_, failed = await heard(await tutor.stream(ask("What is the slope?")))
    assert isinstance(failed, Failed)
    assert failed.kept is not None
    return provider, failed.kept


async def test_the_stream_tells_what_is_new_and_the_end_tells_all(
    tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
) -> None:
    provider, part = await broken_off(tutor, ready, ask, REST)

    started, *tokens, done = await heard(await tutor.stream(ask(continues=part.answer.id)))
    assert isinstance(started, Started)
    assert tokens == [Token(" two"), Token(".")]
    assert isinstance(done, Done)
    assert (done.answer.content, done.answer.completeness) == (WHOLE, Completeness.COMPLETE)
    assert (done.question.content, done.question.replaces) == ("What is the slope?", part.question.id)
    assert [message.content for message in provider.calls[1].messages[1:]] == [
        "What is the slope?",
        "The slope is",
        GO_ON,
    ]
    current = await store.messages(done.session.id, learner.id, limit=10)
    assert current == [done.question, done.answer]
    calls = await store.cost_events(*ALWAYS)
    assert sorted(call.message_id or "" for call in calls) == sorted([part.answer.id, done.answer.id])
    assert done.session.total_tokens == sum(call.total_tokens for call in calls)
    assert done.session.total_cost == sum(call.cost for call in calls)


async def test_the_whole_at_once(tutor: Tutor, ready: Ready, ask: AskFor) -> None:
    _, part = await broken_off(tutor, ready, ask, REST)

    done = await tutor.answer(ask(continues=part.answer.id, session_id=part.session.id))
    assert (done.answer.content, done.answer.completeness) == (WHOLE, Completeness.COMPLETE)


async def test_it_may_break_off_again_and_go_on_again(tutor: Tutor, ready: Ready, ask: AskFor) -> None:
    again = Script(pieces=(" t",), error=ProviderBrokeOff("fake"))
    _, part = await broken_off(tutor, ready, ask, again, Script(pieces=("two", ".")))

    *_, failed = await heard(await tutor.stream(ask(continues=part.answer.id)))
    assert isinstance(failed, Failed)
    assert failed.kept is not None
    assert (failed.kept.answer.content, failed.kept.answer.completeness) == ("The slope is t", Completeness.BROKE_OFF)
    done = await tutor.answer(ask(continues=failed.kept.answer.id))
    assert done.answer.content.startswith("The slope is t")
    assert done.answer.completeness is Completeness.COMPLETE


async def test_an_answer_at_the_token_limit_goes_on_and_tells_when_it_is_there_again(
    tutor: Tutor, ready: Ready, ask: AskFor
) -> None:
    limit = FinishReason.LENGTH
    ready.providers = [
        FakeProvider(Script(pieces=("One two",), reason=limit), Script(pieces=(" three",), reason=limit))
    ]
    first = await tutor.answer(ask())
    second = await tutor.answer(ask(continues=first.answer.id))
    assert (second.answer.content, second.answer.completeness) == ("One two three", Completeness.LENGTH)


async def test_a_model_that_has_nothing_to_add_ends_the_answer(tutor: Tutor, ready: Ready, ask: AskFor) -> None:
    _, part = await broken_off(tutor, ready, ask, Script(pieces=("The slope is",)))

    started, done = await heard(await tutor.stream(ask(continues=part.answer.id)))
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert (done.answer.content, done.answer.completeness) == ("The slope is", Completeness.COMPLETE)


async def test_when_nobody_goes_on_the_part_stays_as_it_is(
    tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
) -> None:
    _, part = await broken_off(tutor, ready, ask)
    ready.providers = [FakeProvider(*[Script(pieces=(), error=ProviderUnavailable("fake"))] * 2)]

    with pytest.raises(NoProviderAvailable):
        await tutor.answer(ask(continues=part.answer.id))
    assert await store.messages(part.session.id, learner.id, limit=10) == [part.question, part.answer]


async def test_the_same_key_goes_on_once(tutor: Tutor, ready: Ready, ask: AskFor) -> None:
    provider, part = await broken_off(tutor, ready, ask, REST)
    request = ask(continues=part.answer.id, key="k")

    first = await tutor.answer(request)
    second = await tutor.answer(request)
    assert second.answer == first.answer
    started, done = await heard(await tutor.stream(request))
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert done.answer == first.answer
    assert len(provider.calls) == 2


async def test_what_cannot_go_on(tutor: Tutor, ready: Ready, store: Store, ask: AskFor) -> None:
    provider, part = await broken_off(tutor, ready, ask, REST)
    stranger = make_user()
    await store.add_user(stranger)
    for request in (
        ask(continues=part.question.id),
        ask(continues="01a206ed-b958-774c-b02f-91a98b8e6139"),
        ask(continues=part.answer.id, session_id="01a206ed-b958-774c-b02f-91a98b8e6139"),
        AskFor(stranger.id)(continues=part.answer.id),
    ):
        with pytest.raises(NotFound):
            await tutor.answer(request)
    whole = await tutor.answer(ask(continues=part.answer.id))
    for answer_id in (part.answer.id, whole.answer.id):
        with pytest.raises(Conflict):
            await tutor.answer(ask(continues=answer_id))
    assert len(provider.calls) == 2
