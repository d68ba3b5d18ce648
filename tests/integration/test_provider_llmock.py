"""The same adapter against llmock, a server that behaves like OpenAI's, with the faults that it can be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

from masterx.errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from masterx.providers.base import (
    Deadlines,
    Finished,
    FinishReason,
    GenerationRequest,
    PromptMessage,
    ProviderInfo,
    TextDelta,
)
from masterx.providers.openai_compatible import OpenAICompatible
from masterx.providers.remote import Connection

REQUEST = GenerationRequest(messages=(PromptMessage("user", "Why is the sky blue?"),), max_output_tokens=200)
PATIENT = Deadlines(first_token=60, stall=60, total=60)
ANY_KIND = pytest.mark.parametrize("kind", ["stream", "complete"])


@pytest_asyncio.fixture
async def provider(llmock: LLMock) -> AsyncIterator[OpenAICompatible]:
    info = ProviderInfo(name="mock", model_name="gpt-4o", label="Mock", dialect="openai", price_id="openai")
    mocked = OpenAICompatible(
        info, Connection(base_url=llmock.base_url("openai"), key=SecretStr("sk-planted-key-0123456789"))
    )
    await mocked.warm_up()
    yield mocked
    await mocked.aclose()


async def text_of(provider: OpenAICompatible, kind: str, deadlines: Deadlines = PATIENT) -> tuple[str, Finished]:
    async with asyncio.timeout(60):
        if kind == "complete":
            completion = await provider.complete(REQUEST, deadlines)
            return completion.text, completion.finished
        events = [event async for event in provider.stream(REQUEST, deadlines)]
    *pieces, finished = events
    assert isinstance(finished, Finished)
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)), finished


@ANY_KIND
async def test_an_answer(llmock: LLMock, provider: OpenAICompatible, kind: str) -> None:
    llmock.reply("Because of Rayleigh scattering.")

    text, finished = await text_of(provider, kind)
    assert text == "Because of Rayleigh scattering."
    assert (finished.reason, finished.model) == (FinishReason.STOP, "gpt-4o")
    assert kind == "stream" or finished.usage is not None


@ANY_KIND
@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, ProviderRateLimited), (500, ProviderUnavailable), (503, ProviderUnavailable), (529, ProviderUnavailable)],
)
async def test_error_statuses(
    llmock: LLMock, provider: OpenAICompatible, kind: str, status: int, expected: type[ProviderError]
) -> None:
    llmock.fail(status)

    with pytest.raises(expected):
        await text_of(provider, kind)
    assert len(llmock.requests) == 1  # the SDK does not repeat by itself


@ANY_KIND
async def test_retry_after(llmock: LLMock, provider: OpenAICompatible, kind: str) -> None:
    llmock.rate_limit(retry_after=3.0)

    with pytest.raises(ProviderRateLimited) as caught:
        await text_of(provider, kind)
    assert caught.value.retry_after == 3.0


@ANY_KIND
async def test_too_long_a_conversation(llmock: LLMock, provider: OpenAICompatible, kind: str) -> None:
    llmock.context_overflow()

    with pytest.raises(ProviderRejected) as caught:
        await text_of(provider, kind)
    assert caught.value.details["vendor_code"] == "context_length_exceeded"


async def test_a_connection_cut_in_the_middle(llmock: LLMock, provider: OpenAICompatible) -> None:
    llmock.reply("One two three four five six").disconnect(after_chunks=2)

    with pytest.raises(ProviderError):
        await text_of(provider, "stream")


async def test_a_stream_that_just_ends(llmock: LLMock, provider: OpenAICompatible) -> None:
    llmock.reply("One two three four five six").truncate(after_chunks=2)

    with pytest.raises(ProviderBrokeOff):
        await text_of(provider, "stream")


async def test_a_chunk_that_is_no_json(llmock: LLMock, provider: OpenAICompatible) -> None:
    llmock.reply("One two three four five six").corrupt(after_chunks=2)

    with pytest.raises(ProviderProtocolError):
        await text_of(provider, "stream")


async def test_a_stall(llmock: LLMock, provider: OpenAICompatible) -> None:
    llmock.reply("One two three four five six").stall(after_chunks=2, seconds=3)

    with pytest.raises(ProviderTimeout) as caught:
        await text_of(provider, "stream", Deadlines(first_token=60, stall=0.5, total=60))
    assert caught.value.details["phase"] == "stall"


async def test_a_slow_first_token(llmock: LLMock, provider: OpenAICompatible) -> None:
    llmock.slow_first_token(3)

    with pytest.raises(ProviderTimeout) as caught:
        await text_of(provider, "stream", Deadlines(first_token=1, stall=60, total=60))
    assert caught.value.details["phase"] == "first_token"
