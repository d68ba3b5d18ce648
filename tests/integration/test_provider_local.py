"""The built-in model for real: it answers, waits its turn, stops when told to, and opens no port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from masterx.errors import ProviderRejected, ProviderTimeout, ProviderUnavailable
from masterx.providers import llama_server
from masterx.providers.base import Deadlines, Finished, FinishReason, GenerationRequest, PromptMessage, TextDelta
from masterx.providers.discovery import ProviderStatus
from masterx.providers.local import LocalModel, find_model, local_model_entry
from masterx.settings import LocalModelSettings

SETTINGS = LocalModelSettings()
ENTRY = local_model_entry(SETTINGS)
DEADLINES = Deadlines(first_token=60, stall=30, total=120)
SYSTEM = PromptMessage("system", "You are a tutor.")

pytestmark = [
    pytest.mark.skipif(ENTRY.status is not ProviderStatus.READY, reason=ENTRY.problem or ""),
    pytest.mark.asyncio(loop_scope="module"),
]


def request(*messages: PromptMessage, tokens: int = 12) -> GenerationRequest:
    return GenerationRequest(messages=messages, max_output_tokens=tokens)


SHORT = request(SYSTEM, PromptMessage("user", "What is photosynthesis?"))
ENDLESS = request(SYSTEM, PromptMessage("user", "Count from one to a thousand, in words."), tokens=384)


class Counted:
    """Generates as the model does, and notes how many pieces came of each answer."""

    def __init__(self) -> None:
        self.pieces: list[int] = []

    def __call__(
        self, server: llama_server.LlamaServer, body: Mapping[str, Any], on_chunk: Callable[[str], bool]
    ) -> None:
        self.pieces.append(0)

        def on_piece(text: str) -> bool:
            self.pieces[-1] += 1
            return on_chunk(text)

        llama_server.generate(server, body, on_piece)


COUNTED = Counted()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[LocalModel]:
    loaded = LocalModel(ENTRY.info, SETTINGS, COUNTED)
    await loaded.warm_up()
    yield loaded
    await loaded.aclose()


async def test_it_streams_an_answer_and_prints_nothing(model: LocalModel, capfd: pytest.CaptureFixture[str]) -> None:
    *pieces, finished = [event async for event in model.stream(SHORT, DEADLINES)]

    assert all(isinstance(piece, TextDelta) and piece.text for piece in pieces)
    assert len(pieces) > 3
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.model) == (FinishReason.LENGTH, model.model_name)
    assert finished.usage is not None
    assert finished.usage.output_tokens == 12
    assert not finished.usage.estimated
    assert capfd.readouterr() == ("", "")


async def test_it_answers_at_once(model: LocalModel) -> None:
    completion = await model.complete(SHORT, DEADLINES)

    assert completion.text
    assert completion.finished.usage is not None


async def test_the_event_loop_runs_on_meanwhile(model: LocalModel) -> None:
    answering = asyncio.ensure_future(model.complete(SHORT, DEADLINES))
    beats = 0
    while not answering.done():
        await asyncio.sleep(0.005)
        beats += 1

    assert beats > 5


async def test_two_learners_take_turns(model: LocalModel) -> None:
    answers = await asyncio.gather(model.complete(SHORT, DEADLINES), model.complete(SHORT, DEADLINES))

    assert all(answer.text for answer in answers)


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_a_reader_who_leaves_frees_the_model(model: LocalModel, how: str) -> None:
    stream = model.stream(ENDLESS, DEADLINES)
    await anext(stream)
    if how == "cancel":
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
    await stream.aclose()
    await model.complete(SHORT, DEADLINES)

    # The next answer begins when this one has ended: of the 384 tokens that it had to say, hardly any were made.
    assert COUNTED.pieces[-2] < ENDLESS.max_output_tokens / 2


async def test_the_first_token_deadline_counts_while_it_waits_its_turn(model: LocalModel) -> None:
    stream = model.stream(ENDLESS, DEADLINES)
    await anext(stream)
    with pytest.raises(ProviderTimeout) as caught:
        await anext(model.stream(SHORT, Deadlines(first_token=0.05, stall=1, total=1)))
    await stream.aclose()

    assert caught.value.details == {"phase": "first_token"}


async def test_the_total_deadline(model: LocalModel) -> None:
    with pytest.raises(ProviderTimeout) as caught:
        await model.complete(ENDLESS, Deadlines(first_token=30, stall=30, total=0.02))

    assert caught.value.details == {"phase": "total"}


async def test_old_messages_give_way_when_the_prompt_is_too_long(model: LocalModel) -> None:
    """Also where the text takes more tokens than its length tells, as these characters do."""
    old = PromptMessage("user", "∰⨌ " * 1_000)
    completion = await model.complete(
        request(SYSTEM, old, PromptMessage("assistant", "Yes."), PromptMessage("user", "Hi!"), tokens=4), DEADLINES
    )

    assert completion.finished.usage is not None
    assert completion.finished.usage.input_tokens < 100


async def test_a_question_longer_than_the_context_is_refused(model: LocalModel) -> None:
    with pytest.raises(ProviderRejected):
        await model.complete(request(SYSTEM, PromptMessage("user", "word " * 5_000)), DEADLINES)


async def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    settings = LocalModelSettings(local_model_path=tmp_path / "broken.gguf")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and then nothing of use")
    broken = LocalModel(local_model_entry(settings).info, settings)

    with pytest.raises(ProviderUnavailable):
        await broken.complete(SHORT, DEADLINES)
    await broken.aclose()


async def test_closed_is_closed(model: LocalModel) -> None:
    closed = LocalModel(ENTRY.info, SETTINGS)
    await closed.aclose()
    await closed.aclose()

    with pytest.raises(ProviderUnavailable):
        await closed.complete(SHORT, DEADLINES)


async def test_nobody_can_connect_to_it(model: LocalModel) -> None:
    model_file = find_model(SETTINGS)
    assert model_file is not None
    server = await asyncio.to_thread(llama_server.load, model_file, "m")
    address = str(getattr(server, "listening_address", ""))

    assert address.startswith("unix://")
    assert not Path(address.removeprefix("unix://")).parent.exists()
