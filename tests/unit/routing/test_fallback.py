from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider, Script

from masterx.costs.reserving import PlannedCall
from masterx.errors import (
    BudgetExceeded,
    NoProviderAvailable,
    ProviderAuthError,
    ProviderBrokeOff,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from masterx.providers.base import (
    Deadlines,
    GenerationRequest,
    PromptMessage,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.records.costs import CallOutcome
from masterx.records.usage import Usage
from masterx.routing.candidates import order_candidates
from masterx.routing.fallback import MESSAGE_TOKENS, PROMPT_TOKENS, FallbackAnswer

ANY_KIND = pytest.mark.parametrize("kind", ["stream", "complete"])
DEADLINES = Deadlines(first_token=5, stall=5, total=20)
QUESTION = "Why is the sky blue?"
ESTIMATED_INPUT = PROMPT_TOKENS + MESSAGE_TOKENS + len(QUESTION)


class Purse:
    """Refuses those who are named, and lists what it was asked for."""

    held = ("a-reservation",)

    def __init__(self, *refused: str, retry_after: float = 60) -> None:
        self.refused = {name: retry_after + place for place, name in enumerate(refused)}
        self.asked: list[tuple[str, bool]] = []

    async def reserve(self, call: PlannedCall, *, former_unused: bool = False) -> datetime:
        self.asked.append((call.provider, former_unused))
        if call.provider in self.refused:
            raise BudgetExceeded(retry_after=self.refused[call.provider])
        return START


def down(name: str = "a") -> Script:
    return Script(pieces=(), error=ProviderUnavailable(name))


def ask(
    *providers: FakeProvider,
    clock: FrozenClock | None = None,
    deadlines: Deadlines = DEADLINES,
    request_for: Callable[[ProviderInfo], GenerationRequest] | None = None,
    budget: Purse | None = None,
    disabled: Collection[str] = (),
) -> FallbackAnswer:
    request = GenerationRequest(messages=(PromptMessage("user", QUESTION),), max_output_tokens=64)
    return FallbackAnswer(
        order_candidates(providers, disabled=disabled),
        request_for or (lambda _: request),
        deadlines,
        clock or FrozenClock(),
        len,
        budget=budget,
        may_call=lambda name: name not in disabled,
        random_between=lambda _low, _high: 0.0,
    )


async def text_of(asking: FallbackAnswer, kind: str) -> str:
    if kind == "complete":
        return (await asking.complete()).text
    return "".join([event.text async for event in asking.stream() if isinstance(event, TextDelta)])


@ANY_KIND
async def test_the_first_candidate_answers(kind: str) -> None:
    first, second = FakeProvider(name="a"), FakeProvider(name="b")
    asking = ask(first, second)

    assert await text_of(asking, kind) == "Hello there"
    assert (len(first.calls), len(second.calls)) == (1, 0)
    (attempt,) = asking.attempts
    assert (attempt.info.name, attempt.outcome, attempt.error) == ("a", CallOutcome.SUCCEEDED, None)
    assert attempt.usage == Usage(input_tokens=10, output_tokens=2)


@ANY_KIND
async def test_the_next_candidate_answers_when_the_first_does_not(kind: str) -> None:
    first, second = FakeProvider(down(), name="a"), FakeProvider(name="b")
    asking = ask(first, second)

    assert await text_of(asking, kind) == "Hello there"
    assert (len(first.calls), len(second.calls)) == (1, 1)
    assert [attempt.outcome for attempt in asking.attempts] == [CallOutcome.FAILED, CallOutcome.SUCCEEDED]
    routing = asking.routing()
    assert (routing.provider, routing.candidates) == ("b", ("a", "b"))
    assert routing.reason.startswith("a did not answer")
    (failed,) = routing.failed
    assert (failed.provider, failed.code) == ("a", "provider_unavailable")


@ANY_KIND
async def test_a_failed_call_without_a_word_used_nothing(kind: str) -> None:
    asking = ask(FakeProvider(down(), name="a"), FakeProvider(name="b"))
    await text_of(asking, kind)

    assert asking.attempts[0].usage == Usage(input_tokens=0, output_tokens=0)


async def test_nobody_steps_in_after_the_first_word() -> None:
    broken = Script(pieces=("Hel",), error=ProviderBrokeOff("a"))
    first, second = FakeProvider(broken, name="a"), FakeProvider(name="b")
    asking = ask(first, second)
    events: list[StreamEvent] = []

    async def read() -> None:
        async for event in asking.stream():
            events.append(event)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(ProviderBrokeOff):
        await read()
    assert events == [TextDelta("Hel")]
    assert second.calls == []
    (attempt,) = asking.attempts
    assert attempt.usage == Usage(input_tokens=ESTIMATED_INPUT, output_tokens=3, estimated=True)


@ANY_KIND
async def test_the_last_candidate_gets_a_second_try(kind: str) -> None:
    only = FakeProvider(down())
    asking = ask(only)

    assert await text_of(asking, kind) == "Hello there"
    assert len(only.calls) == 2


@ANY_KIND
@pytest.mark.parametrize(
    "error",
    [ProviderAuthError("a"), ProviderRateLimited("a", retry_after=60)],
    ids=["a wrong key stays wrong", "a long wait is not waited for"],
)
async def test_no_second_try_where_it_is_of_no_use(kind: str, error: ProviderError) -> None:
    only = FakeProvider(Script(pieces=(), error=error))

    with pytest.raises(NoProviderAvailable):
        await text_of(ask(only), kind)
    assert len(only.calls) == 1


@ANY_KIND
async def test_nobody_is_left(kind: str) -> None:
    asking = ask(FakeProvider(down("a"), name="a"), FakeProvider(down("b"), down("b"), name="b"))

    with pytest.raises(NoProviderAvailable) as caught:
        await text_of(asking, kind)
    tried = caught.value.details["tried"]
    assert [(entry["provider"], entry["code"]) for entry in tried] == [
        ("a", "provider_unavailable"),
        ("b", "provider_unavailable"),
        ("b", "provider_unavailable"),
    ]
    assert all(entry["reason"] for entry in tried)


@ANY_KIND
async def test_nobody_is_configured(kind: str) -> None:
    with pytest.raises(NoProviderAvailable) as caught:
        await text_of(ask(), kind)
    assert caught.value.details == {"tried": []}


@ANY_KIND
async def test_time_that_one_used_up_is_not_there_for_the_next(kind: str) -> None:
    clock = FrozenClock()

    class Slow(FakeProvider):
        def _next(self, request: GenerationRequest, deadlines: Deadlines) -> Script:
            clock.advance(18)
            return super()._next(request, deadlines)

    slow, second = Slow(down(), name="a"), FakeProvider(name="b")
    await text_of(ask(slow, second, clock=clock), kind)

    assert (second.deadlines[0].total, second.deadlines[0].first_token) == (2, 2)


async def test_a_whole_answer_leaves_time_for_the_candidates_behind() -> None:
    first, second = FakeProvider(down(), name="a"), FakeProvider(name="b")
    await text_of(ask(first, second), "complete")

    assert (first.deadlines[0].total, second.deadlines[0].total) == (10, 20)


@ANY_KIND
async def test_nobody_is_asked_when_the_time_is_up(kind: str) -> None:
    clock = FrozenClock()

    class Slow(FakeProvider):
        def _next(self, request: GenerationRequest, deadlines: Deadlines) -> Script:
            clock.advance(25)
            return super()._next(request, deadlines)

    slow, second = Slow(down(), name="a"), FakeProvider(name="b")
    with pytest.raises(NoProviderAvailable):
        await text_of(ask(slow, second, clock=clock), kind)
    assert second.calls == []


async def test_a_reader_who_leaves_is_billed_for_what_was_said() -> None:
    provider = FakeProvider(Script(pieces=("Hello", " there", " you"), pause=asyncio.Event()))
    asking = ask(provider)
    stream = asking.stream()
    assert [await anext(stream), await anext(stream)] == [TextDelta("Hello"), TextDelta(" there")]
    await stream.aclose()

    (attempt,) = asking.attempts
    assert attempt.outcome is CallOutcome.ABORTED
    assert attempt.usage == Usage(input_tokens=ESTIMATED_INPUT, output_tokens=len("Hello there"), estimated=True)
    assert provider.closed_streams == 1


@ANY_KIND
async def test_cancelling_before_the_first_word_is_on_record(kind: str) -> None:
    asking = ask(FakeProvider(Script(wait_before_first=asyncio.Event())))
    task = asyncio.ensure_future(text_of(asking, kind))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert [attempt.outcome for attempt in asking.attempts] == [CallOutcome.ABORTED]


@ANY_KIND
async def test_usage_is_estimated_only_where_the_provider_says_nothing(kind: str) -> None:
    asking = ask(FakeProvider(Script(usage=None)))
    await text_of(asking, kind)

    assert asking.attempts[0].usage == Usage(
        input_tokens=ESTIMATED_INPUT, output_tokens=len("Hello there"), estimated=True
    )


@ANY_KIND
async def test_each_candidate_gets_the_request_that_suits_it(kind: str) -> None:
    def request_for(info: ProviderInfo) -> GenerationRequest:
        return GenerationRequest(messages=(PromptMessage("user", info.name),), max_output_tokens=info.context_tokens)

    small, large = FakeProvider(down(), name="small", context_tokens=512), FakeProvider(name="large")
    await text_of(ask(small, large, request_for=request_for), kind)

    assert (small.calls[0].max_output_tokens, large.calls[0].max_output_tokens) == (512, 8192)


@ANY_KIND
async def test_the_model_that_answered_is_on_record(kind: str) -> None:
    asking = ask(FakeProvider(Script(model="fake-model-2026-03")))
    await text_of(asking, kind)

    assert asking.attempts[0].model == "fake-model-2026-03"


@ANY_KIND
async def test_who_may_not_be_paid_is_passed_over(kind: str) -> None:
    first, second = FakeProvider(name="a"), FakeProvider(name="b")
    asking = ask(first, second, budget=Purse("a"))
    assert await text_of(asking, kind) == "Hello there"
    assert first.calls == []
    assert [attempt.info.name for attempt in asking.attempts] == ["b"]
    routing = asking.routing()
    assert routing.reason.startswith("a is over its budget; ")
    assert [(failed.provider, failed.code, failed.reason) for failed in routing.failed] == [
        ("a", "budget_exceeded", "budget")
    ]
    assert asking.held == ("a-reservation",)


@ANY_KIND
async def test_nobody_may_be_paid_and_the_first_to_go_on_is_told(kind: str) -> None:
    asking = ask(FakeProvider(name="a"), FakeProvider(name="b"), budget=Purse("b", "a"))
    with pytest.raises(BudgetExceeded) as caught:
        await text_of(asking, kind)
    assert caught.value.retry_after == 60
    assert asking.attempts == []


@ANY_KIND
async def test_one_failed_and_the_other_may_not_be_paid(kind: str) -> None:
    purse = Purse("b")
    asking = ask(FakeProvider(down(), name="a"), FakeProvider(name="b"), budget=purse)
    with pytest.raises(NoProviderAvailable) as caught:
        await text_of(asking, kind)
    assert [(tried["provider"], tried["code"]) for tried in caught.value.details["tried"]] == [
        ("a", "provider_unavailable"),
        ("b", "budget_exceeded"),
    ]
    assert purse.asked == [("a", False), ("b", True)]


@ANY_KIND
async def test_whoever_is_disabled_is_not_called(kind: str) -> None:
    first, second = FakeProvider(name="a"), FakeProvider(name="b")
    asking = ask(first, second, disabled={"a"})

    assert await text_of(asking, kind) == "Hello there"
    assert (len(first.calls), len(second.calls)) == (0, 1)
    assert asking.routing().candidates == ("b", "a")


@ANY_KIND
async def test_disabling_holds_for_calls_that_a_turn_has_yet_to_make(kind: str) -> None:
    disabled: set[str] = set()
    first, second, third = FakeProvider(down(), name="a"), FakeProvider(name="b"), FakeProvider(name="c")
    asking = ask(first, second, third, disabled=disabled)
    disabled.add("b")

    assert await text_of(asking, kind) == "Hello there"
    assert (len(first.calls), len(second.calls), len(third.calls)) == (1, 0, 1)
    skipped = asking.routing().failed[1]
    assert (skipped.provider, skipped.code, skipped.reason) == ("b", "provider_disabled", "disabled by the operator")


@ANY_KIND
async def test_the_last_that_may_be_asked_gets_a_second_try(kind: str) -> None:
    first, second = FakeProvider(down(), down(), name="a"), FakeProvider(name="b")
    asking = ask(first, second, disabled={"b"})

    with pytest.raises(NoProviderAvailable) as refused:
        await text_of(asking, kind)
    assert (len(first.calls), len(second.calls)) == (2, 0)
    assert refused.value.details["tried"][-1] == {
        "provider": "b",
        "code": "provider_disabled",
        "reason": "disabled by the operator",
    }
