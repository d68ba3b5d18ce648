"""What a turn leaves behind: both messages, totals, ledger; or nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider, Script
from tests.integration.turn.conftest import AskFor, Ready, heard

from masterx.errors import Conflict, NoProviderAvailable, NotFound, ProviderUnavailable
from masterx.providers.base import FinishReason
from masterx.records.costs import CallOutcome, Pricing
from masterx.records.messages import Completeness, MessageRole
from masterx.records.users import User
from masterx.store.ports import Store
from masterx.tutor.events import Done, Failed, Started, Token
from masterx.tutor.turn import Tutor

ALWAYS = (START - timedelta(days=1), START + timedelta(days=1))


class TestAnswer:
    async def test_both_messages_the_totals_and_the_ledger_agree(
        self, tutor: Tutor, store: Store, learner: User, ask: AskFor
    ) -> None:
        done = await tutor.answer(ask("What is a derivative?"))

        question, answer = await store.messages(done.session.id, learner.id, limit=10)
        assert (question.role, question.content) == (MessageRole.USER, "What is a derivative?")
        assert (answer.role, answer.content, answer.reply_to) == (MessageRole.ASSISTANT, "Hello there", question.id)
        assert answer == done.answer
        assert done.session.title == "Derivative"
        assert done.session.total_messages == 2
        assert done.session.assigned_provider == "fake"
        (call,) = await store.cost_events(*ALWAYS)
        assert call.message_id == answer.id
        assert call.pricing is Pricing.PRICED
        assert call.cost == answer.cost == done.session.total_cost > 0
        assert call.total_tokens == answer.tokens_used == done.session.total_tokens == 12
        refreshed = await store.user(learner.id)
        assert refreshed is not None
        assert (refreshed.total_sessions, refreshed.last_active) == (1, START)

    async def test_later_turns_see_the_lesson_so_far(self, tutor: Tutor, ready: Ready, ask: AskFor) -> None:
        provider = FakeProvider()
        ready.providers = [provider]
        first = await tutor.answer(ask("first question"))
        second = await tutor.answer(ask("second question", session_id=first.session.id))
        assert [message.content for message in provider.calls[1].messages[1:]] == [
            "first question",
            "Hello there",
            "second question",
        ]
        assert second.session.total_messages == 4
        assert second.session.title == first.session.title

    async def test_an_answer_cut_by_the_token_limit_says_so(self, tutor: Tutor, ready: Ready, ask: AskFor) -> None:
        ready.providers = [FakeProvider(Script(reason=FinishReason.LENGTH), Script(reason=FinishReason.LENGTH))]
        assert (await tutor.answer(ask())).answer.completeness is Completeness.LENGTH
        *_, done = await heard(await tutor.stream(ask()))
        assert isinstance(done, Done)
        assert done.answer.completeness is Completeness.LENGTH

    async def test_missing_usage_is_counted_and_marked(self, tutor: Tutor, ready: Ready, ask: AskFor) -> None:
        ready.providers = [FakeProvider(Script(usage=None))]
        answer = (await tutor.answer(ask())).answer
        assert answer.usage_estimated is True
        assert answer.tokens_used is not None
        assert answer.tokens_used > 100, "the instructions are counted too"

    async def test_an_unpriced_model_has_no_cost_rather_than_none_at_all(
        self, tutor: Tutor, ready: Ready, store: Store, ask: AskFor
    ) -> None:
        ready.providers = [FakeProvider(price_id=None)]
        assert (await tutor.answer(ask())).answer.cost is None
        (call,) = await store.cost_events(*ALWAYS)
        assert call.pricing is Pricing.UNPRICED


class TestStream:
    async def test_started_tokens_done_in_order_and_done_is_on_disk(
        self, tutor: Tutor, store: Store, learner: User, ask: AskFor
    ) -> None:
        started, *tokens, done = await heard(await tutor.stream(ask()))
        assert isinstance(started, Started)
        assert tokens == [Token("Hello"), Token(" there")]
        assert isinstance(done, Done)
        assert (started.session_id, started.message_id) == (done.session.id, done.answer.id)
        assert await store.message(done.answer.id, learner.id) == done.answer

    async def test_stopping_keeps_the_part_and_bills_it(
        self, tutor: Tutor, ready: Ready, store: Store, ask: AskFor
    ) -> None:
        provider = FakeProvider(Script(pieces=("one", " two", " three"), pause=asyncio.Event()))
        ready.providers = [provider]
        turn = await tutor.stream(ask())
        events = []
        async for event in turn:
            events.append(event)
            if event == Token(" two"):
                turn.stop()
        done = events[-1]
        assert isinstance(done, Done)
        assert (done.answer.content, done.answer.completeness) == ("one two", Completeness.STOPPED)
        assert provider.closed_streams == 1
        (call,) = await store.cost_events(*ALWAYS)
        assert (call.outcome, call.usage_estimated) == (CallOutcome.ABORTED, True)
        assert call.output_tokens > 0

    async def test_stopping_before_the_first_word_leaves_only_the_call(
        self, tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
    ) -> None:
        provider = FakeProvider(Script(wait_before_first=asyncio.Event()))
        ready.providers = [provider]
        turn = await tutor.stream(ask(key="k"))
        await provider.called.wait()
        turn.stop()
        (end,) = await heard(turn)
        assert isinstance(end, Failed)
        assert end.kept is None
        assert (await store.sessions(learner.id, limit=10)).sessions == ()
        (call,) = await store.cost_events(*ALWAYS)
        assert call.outcome is CallOutcome.ABORTED
        done = await tutor.answer(ask(key="k"))
        assert not done.replayed, "the key is free again"

    async def test_an_answer_that_breaks_off_is_kept_marked_and_billed(
        self, tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
    ) -> None:
        broken = Script(pieces=("half an",), error=ProviderUnavailable("fake"))
        ready.providers = [FakeProvider(broken), FakeProvider(name="spare")]
        *_, token, end = await heard(await tutor.stream(ask()))
        assert token == Token("half an")
        assert isinstance(end, Failed)
        assert isinstance(end.error, ProviderUnavailable)
        assert end.kept is not None
        assert end.kept.answer.completeness is Completeness.BROKE_OFF
        assert await store.message(end.kept.answer.id, learner.id) == end.kept.answer
        (call,) = await store.cost_events(*ALWAYS)
        assert (call.outcome, call.error_code) == (CallOutcome.FAILED, "provider_unavailable")
        assert call.output_tokens > 0

    async def test_closing_the_tutor_records_what_is_under_way(
        self, tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
    ) -> None:
        ready.providers = [FakeProvider(Script(pieces=("one", "two"), pause=asyncio.Event()))]
        turn = await tutor.stream(ask())
        assert isinstance((await turn.next_events())[0], Started)
        await tutor.aclose()
        (session,) = (await store.sessions(learner.id, limit=10)).sessions
        _, answer = await store.messages(session.id, learner.id, limit=10)
        assert (answer.content, answer.completeness) == ("one", Completeness.STOPPED)


class TestFallback:
    async def test_the_next_candidate_answers_and_the_reason_says_so(
        self, tutor: Tutor, ready: Ready, store: Store, ask: AskFor
    ) -> None:
        ready.providers = [
            FakeProvider(Script(pieces=(), error=ProviderUnavailable("fake"))),
            FakeProvider(name="spare"),
        ]
        done = await tutor.answer(ask())
        routing = done.answer.routing
        assert routing is not None
        assert (routing.provider, routing.candidates) == ("spare", ("fake", "spare"))
        assert [attempt.code for attempt in routing.failed] == ["provider_unavailable"]
        calls = await store.cost_events(*ALWAYS)
        failed, succeeded = sorted(calls, key=lambda call: call.outcome is CallOutcome.SUCCEEDED)
        assert (failed.provider, failed.outcome, failed.message_id) == ("fake", CallOutcome.FAILED, None)
        assert (succeeded.provider, succeeded.message_id) == ("spare", done.answer.id)

    @pytest.mark.parametrize("streamed", [True, False])
    async def test_when_nobody_answers_nothing_but_the_ledger_is_kept(
        self, tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor, streamed: bool
    ) -> None:
        down = Script(pieces=(), error=ProviderUnavailable("fake"))
        ready.providers = [FakeProvider(down), FakeProvider(down, down, name="spare")]
        if streamed:
            (end,) = await heard(await tutor.stream(ask()))
            assert isinstance(end, Failed)
            error = end.error
        else:
            with pytest.raises(NoProviderAvailable) as raised:
                await tutor.answer(ask())
            error = raised.value
        assert [(tried["provider"], tried["code"]) for tried in error.details["tried"]] == [
            ("fake", "provider_unavailable"),
            ("spare", "provider_unavailable"),
            ("spare", "provider_unavailable"),
        ]
        assert (await store.sessions(learner.id, limit=10)).sessions == ()
        assert len(await store.cost_events(*ALWAYS)) == 3

    async def test_without_any_provider_it_says_so(self, tutor: Tutor, ready: Ready, ask: AskFor) -> None:
        ready.providers = []
        with pytest.raises(NoProviderAvailable):
            await tutor.answer(ask())


class TestReplacing:
    async def test_a_retry_takes_the_place_of_the_old_exchange(
        self, tutor: Tutor, ready: Ready, store: Store, learner: User, ask: AskFor
    ) -> None:
        provider = FakeProvider()
        ready.providers = [provider]
        first = await tutor.answer(ask("one"))
        session_id = first.session.id
        second = await tutor.answer(ask("two", session_id=session_id))
        again = await tutor.answer(ask("two, again", session_id=session_id, replaces=second.question.id))
        texts = [message.content for message in await store.messages(session_id, learner.id, limit=10)]
        assert texts == ["one", "Hello there", "two, again", "Hello there"]
        assert "two" not in [message.content for message in provider.calls[-1].messages]
        old = await store.versions(again.question.id, learner.id)
        assert [message.content for message in old] == ["two", "Hello there"]

    async def test_what_cannot_be_replaced_is_refused_before_a_model_is_asked(
        self, tutor: Tutor, ready: Ready, ask: AskFor
    ) -> None:
        provider = FakeProvider()
        ready.providers = [provider]
        first = await tutor.answer(ask("one"))
        session_id = first.session.id
        await tutor.answer(ask("one, again", session_id=session_id, replaces=first.question.id))
        elsewhere = await tutor.answer(ask("other lesson"))
        calls = len(provider.calls)
        with pytest.raises(Conflict):
            await tutor.answer(ask("x", session_id=session_id, replaces=first.question.id))
        for replaced in (first.answer.id, elsewhere.question.id, "01a206ed-b958-774c-b02f-91a98b8e6139"):
            with pytest.raises((NotFound, Conflict)):
                await tutor.answer(ask("x", session_id=session_id, replaces=replaced))
        with pytest.raises(NotFound):
            await tutor.answer(ask("x", replaces=first.question.id))
        assert len(provider.calls) == calls


async def test_the_same_provider_goes_on_in_a_session(
    tutor: Tutor, ready: Ready, ask: AskFor, clock: FrozenClock
) -> None:
    ready.providers = [FakeProvider(name="zeta")]
    first = await tutor.answer(ask())
    ready.providers = [FakeProvider(name="alpha"), FakeProvider(name="zeta")]
    second = await tutor.answer(ask(session_id=first.session.id))
    assert second.answer.provider_used == "zeta"
    assert (await tutor.answer(ask())).answer.provider_used == "alpha"


async def test_a_session_of_somebody_else_looks_like_none(tutor: Tutor, ask: AskFor, store: Store) -> None:
    done = await tutor.answer(ask())
    with pytest.raises(NotFound):
        await tutor.answer(AskFor("01a206ed-b958-774c-b02f-91a98b8e6139")(session_id=done.session.id))


async def test_a_learner_who_is_erased_in_the_middle_leaves_an_amount_without_a_name(
    tutor: Tutor, store: Store, ready: Ready, learner: User, ask: AskFor
) -> None:
    turn = await tutor.stream(ask())
    await store.erase_user(learner.id)
    events = await heard(turn)

    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, NotFound)
    (call,) = await store.cost_events(*ALWAYS)
    assert call.cost > 0
    assert (call.user_id, call.session_id, call.message_id) == (None, None, None)
