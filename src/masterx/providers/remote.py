"""One model behind one base URL, whatever its dialect: deadlines, size limits, and what counts as an answer."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pydantic import SecretStr

from masterx.errors import ProviderError, ProviderProtocolError, ProviderUnavailable
from masterx.providers.answers import Answer, Chunk
from masterx.providers.base import (
    Completion,
    Deadlines,
    GenerationRequest,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.providers.chat_completions import MaxTokensField
from masterx.providers.deadlines import Countdown
from masterx.providers.event_stream import EventData

if TYPE_CHECKING:
    import httpx2

BODY_BASE_LIMIT = 1_048_576
BODY_BYTES_PER_TOKEN = 1_024
"""An answer may take this many bytes a token on the wire, event included, and the base on top."""

USAGE_SECONDS = 2.0
"""How long to wait for the usage after the finish reason: the answer is whole without it."""

DRAIN_SECONDS = 0.1
"""How long to wait for the end of the body after the last event, so that the connection can be used again."""

Wait = Callable[[Awaitable[bytes | None]], Awaitable[bytes | None]]
ReadChunk = Callable[[bytes], Chunk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to send requests and with what. The key shows in no repr."""

    base_url: str
    key: SecretStr
    max_tokens_field: MaxTokensField = "max_tokens"
    """The OpenAI dialect's name for the limit of an answer."""
    stream_usage: bool = True
    """Whether a vendor of the OpenAI dialect takes ``stream_options.include_usage``."""


class RemoteClient(Protocol):
    """An SDK's client for one base URL."""

    def translated(self) -> AbstractContextManager[None]:
        """Turn every failure of SDK and transport into a `ProviderError`.

        Nothing is chained that holds a request (its headers hold the key) or a body (a vendor's text).
        """
        ...

    async def aclose(self) -> None: ...


Client = TypeVar("Client", bound=RemoteClient)


class RemoteModel(ABC, Generic[Client]):
    """A `Provider`. A dialect says how to connect, to ask, and to read what comes back."""

    def __init__(self, info: ProviderInfo, connection: Connection) -> None:
        self._info = info
        self._connection = connection
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._calls = 0
        self._is_retired = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.model_name!r})"

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
        countdown = Countdown(self.name, deadlines)
        async with self._in_use() as client:
            with client.translated():
                data = await countdown.whole_answer(self._body(client, request))
        return self._read_completion(data)

    async def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncGenerator[StreamEvent, None]:
        countdown = Countdown(self.name, deadlines)
        answer = Answer(self.name, self.model_name)
        async with self._in_use() as client:
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

    async def retire(self) -> bool:
        """Close as soon as no call runs on it; whether that is now. One that comes later works, and closes it again."""
        self._is_retired = True
        if self._calls:
            return False
        await self.aclose()
        return True

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @abstractmethod
    def _connect(self) -> Client:
        """Import the SDK and build its client; runs in a thread, and opens no connection."""

    @abstractmethod
    async def _send(self, client: Client, request: GenerationRequest, *, stream: bool) -> httpx2.Response:
        """The successful response with its body unread; who asked for it closes it.

        Raises what the client translates, and `ProviderError`.
        """

    @abstractmethod
    def _chunk_reader(self) -> ReadChunk:
        """Reads the data of the events of one stream, in their order. Raises `ProviderError`."""

    @abstractmethod
    def _read_completion(self, data: bytes) -> Completion:
        """Raises `ProviderError`."""

    @asynccontextmanager
    async def _in_use(self) -> AsyncGenerator[Client]:
        self._calls += 1
        try:
            yield await self._connected()
        finally:
            self._calls -= 1
            if self._is_retired and not self._calls:
                await self.aclose()

    async def _connected(self) -> Client:
        if self._client is None:
            async with self._connecting:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._build_client)
        return self._client

    def _build_client(self) -> Client:
        try:
            return self._connect()
        except (ImportError, OSError, ValueError) as error:
            # Not chained: what is wrong with a value may quote it.
            details = {"fault": type(error).__name__}
            raise ProviderUnavailable(self.name, "The provider's client cannot be built.", details=details) from None

    async def _body(self, client: Client, request: GenerationRequest) -> bytes:
        """All that comes back."""
        left = _most_bytes(request)
        data = []
        response = await self._send(client, request, stream=False)
        try:
            async with aclosing(response.aiter_bytes()) as source:
                async for piece in source:
                    left -= len(piece)
                    if left < 0:
                        raise ProviderProtocolError(self.name, details={"fault": "too_long"})
                    data.append(piece)
        finally:
            await response.aclose()
        return b"".join(data)

    async def _pieces(self, response: httpx2.Response, request: GenerationRequest, wait: Wait) -> AsyncGenerator[bytes]:
        """The body as it comes, up to what such an answer can take. Each piece is waited for with `wait`."""
        left = _most_bytes(request)
        async with aclosing(response.aiter_bytes()) as source:
            while (piece := await wait(anext(source, None))) is not None:
                left -= len(piece)
                if left < 0:
                    raise ProviderProtocolError(self.name, details={"fault": "too_long"})
                yield piece

    async def _chunks(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[Chunk]:
        """The events of the stream to the end of its body; what follows the last one is dropped."""
        decoder = EventData()
        read = self._chunk_reader()
        over = False
        async for piece in pieces:
            for data in () if over else decoder.feed(piece):
                chunk = read(data)
                over = chunk.last
                yield chunk
                if over:
                    break
        for data in () if over else decoder.finish():
            yield read(data)

    async def _note_tail(self, client: Client, chunks: AsyncIterator[Chunk], answer: Answer) -> None:
        """Read on for the usage, which some send in an event after the finish reason."""
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


def _most_bytes(request: GenerationRequest) -> int:
    return BODY_BASE_LIMIT + BODY_BYTES_PER_TOKEN * request.max_output_tokens


def _require_event_stream(provider: str, response: httpx2.Response) -> None:
    """Pages and plain JSON are no stream; anything else is given a chance, as some servers name no type."""
    content_type = response.headers.get("content-type", "").lower()
    if "html" in content_type or "json" in content_type:
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
