"""The dialect that most vendors speak: OpenAI's chat completions, through the official SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from masterx.errors import ProviderError, ProviderProtocolError, ProviderRejected
from masterx.providers.base import (
    Completion,
    Deadlines,
    GenerationRequest,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.providers.chat_completions import (
    DONE,
    Answer,
    Chunk,
    FieldRefused,
    MaxTokensField,
    read_chunk,
    read_completion,
    request_body,
)
from masterx.providers.deadlines import Countdown
from masterx.providers.event_stream import EventData

if TYPE_CHECKING:
    import httpx2

    from masterx.providers.openai_client import ChatClient

BODY_BASE_LIMIT = 1_048_576
BODY_BYTES_PER_TOKEN = 1_024
"""An answer may take this many bytes a token on the wire, event included, and the base on top."""

USAGE_SECONDS = 2.0
"""How long to wait for the usage after the finish reason: the answer is whole without it."""

DRAIN_SECONDS = 0.1
"""How long to wait for the end of the body after the last event, so that the connection can be used again."""

Wait = Callable[[Awaitable[bytes | None]], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to send requests and with what. The key shows in no repr."""

    base_url: str
    key: SecretStr
    max_tokens_field: MaxTokensField = "max_tokens"
    stream_usage: bool = True
    """Whether the vendor takes ``stream_options.include_usage``."""


class OpenAICompatible:
    """One model behind one base URL. A `Provider`."""

    def __init__(self, info: ProviderInfo, connection: Connection) -> None:
        self._info = info
        self._connection = connection
        self._max_tokens_field: MaxTokensField = connection.max_tokens_field
        self._stream_usage = connection.stream_usage
        self._client: ChatClient | None = None
        self._connecting = asyncio.Lock()

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.name!r}, {self.model_name!r})"

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
        """Import the SDK and build the client now, so that the first learner does not wait for it."""
        await self._connected()

    async def complete(self, request: GenerationRequest, deadlines: Deadlines) -> Completion:
        client = await self._connected()
        countdown = Countdown(self.name, deadlines)
        with client.translated():
            response = await countdown.whole_answer(self._send(client, request, stream=False))
            try:
                pieces = self._pieces(response, request, countdown.whole_answer)
                data = b"".join([piece async for piece in pieces])
            finally:
                await response.aclose()
        return read_completion(self.name, data, asked_model=self.model_name)

    async def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncGenerator[StreamEvent, None]:
        client = await self._connected()
        countdown = Countdown(self.name, deadlines)
        answer = Answer(self.name, self.model_name)
        with client.translated():
            response = await countdown.next_piece(self._send(client, request, stream=True))
            try:
                _require_event_stream(self.name, response)
                pieces = self._pieces(response, request, countdown.next_piece)
                async with aclosing(pieces), aclosing(self._chunks(pieces)) as chunks:
                    async for chunk in chunks:
                        if chunk.text or chunk.thinking:
                            countdown.piece_arrived()
                        if text := answer.take(chunk):
                            yield TextDelta(text)
                        if chunk.last or chunk.finish is not None:
                            break
                    answer.require_whole()
                    await self._note_tail(client, chunks, answer)
                yield answer.finished()
            finally:
                await response.aclose()

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _connected(self) -> ChatClient:
        if self._client is None:
            async with self._connecting:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._connect)
        return self._client

    def _connect(self) -> ChatClient:
        module: Any = import_module("masterx.providers.openai_client")
        connection = self._connection
        client: ChatClient = module.connect(self.name, connection.base_url, connection.key.get_secret_value())
        return client

    async def _send(self, client: ChatClient, request: GenerationRequest, *, stream: bool) -> httpx2.Response:
        """Send it; again without a field that the server says it does not know. What was learned is kept."""
        for _ in range(3):
            body = request_body(
                self.model_name,
                request,
                stream=stream,
                stream_usage=self._stream_usage,
                max_tokens_field=self._max_tokens_field,
            )
            try:
                return await client.post(body, may_refuse=("stream_options", self._max_tokens_field))
            except FieldRefused as refusal:
                if refusal.field == "stream_options":
                    self._stream_usage = False
                elif refusal.field == "max_tokens":
                    self._max_tokens_field = "max_completion_tokens"
                else:
                    self._max_tokens_field = "max_tokens"
        raise ProviderRejected(self.name)

    async def _pieces(self, response: httpx2.Response, request: GenerationRequest, wait: Wait) -> AsyncGenerator[bytes]:
        """The body as it comes, up to what such an answer can take. Each piece is waited for with `wait`."""
        left = BODY_BASE_LIMIT + BODY_BYTES_PER_TOKEN * request.max_output_tokens
        async with aclosing(response.aiter_bytes()) as source:
            while (piece := await wait(anext(source, None))) is not None:
                left -= len(piece)
                if left < 0:
                    raise ProviderProtocolError(self.name, details={"fault": "too_long"})
                yield piece

    async def _chunks(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[Chunk]:
        """The events of the stream to the end of its body; what follows the last one is dropped."""
        decoder = EventData()
        over = False
        async for piece in pieces:
            for data in () if over else decoder.feed(piece):
                over = data == DONE
                yield Chunk(last=True) if over else read_chunk(self.name, data)
                if over:
                    break
        for data in () if over else decoder.finish():
            yield Chunk(last=True) if data == DONE else read_chunk(self.name, data)

    async def _note_tail(self, client: ChatClient, chunks: AsyncIterator[Chunk], answer: Answer) -> None:
        """Read on for the usage, which most send in an event after the finish reason."""
        clock = asyncio.get_running_loop().time
        patience = DRAIN_SECONDS if answer.usage is not None else USAGE_SECONDS
        try:
            async with asyncio.timeout(patience) as timer:
                with client.translated():
                    async for chunk in chunks:
                        answer.take(chunk)
                        if chunk.last or chunk.usage is not None:
                            timer.reschedule(clock() + DRAIN_SECONDS)
        except (TimeoutError, ProviderError):
            # The answer is whole. A failure from here on costs at most the usage, which is then estimated.
            return


def _require_event_stream(provider: str, response: httpx2.Response) -> None:
    """Pages and plain JSON are no stream; anything else is given a chance, as some servers name no type."""
    content_type = response.headers.get("content-type", "").lower()
    if "html" in content_type or "json" in content_type:
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
