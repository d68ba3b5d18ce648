"""The dialect that most vendors speak: OpenAI's chat completions, through the official SDK."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from masterx.errors import ProviderRejected
from masterx.providers.base import Completion, GenerationRequest, ProviderInfo
from masterx.providers.chat_completions import (
    FieldRefused,
    MaxTokensField,
    read_chunk,
    read_completion,
    request_body,
)
from masterx.providers.remote import Connection, ReadChunk, RemoteModel

if TYPE_CHECKING:
    import httpx2

    from masterx.providers.openai_client import ChatClient


class OpenAICompatible(RemoteModel["ChatClient"]):
    """A `Provider`."""

    def __init__(self, info: ProviderInfo, connection: Connection) -> None:
        super().__init__(info, connection)
        self._max_tokens_field: MaxTokensField = connection.max_tokens_field
        self._stream_usage = connection.stream_usage

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

    def _chunk_reader(self) -> ReadChunk:
        return partial(read_chunk, self.name)

    def _read_completion(self, data: bytes) -> Completion:
        return read_completion(self.name, data, asked_model=self.model_name)
