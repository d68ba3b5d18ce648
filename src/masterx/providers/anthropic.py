"""Anthropic's own dialect, the Messages API, through the official SDK."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from masterx.providers.anthropic_messages import MessageEvents, read_completion, request_body
from masterx.providers.base import Completion, GenerationRequest
from masterx.providers.remote import ReadChunk, RemoteModel

if TYPE_CHECKING:
    import httpx2

    from masterx.providers.anthropic_client import MessagesClient


class Anthropic(RemoteModel["MessagesClient"]):
    """A `Provider`."""

    def _connect(self) -> MessagesClient:
        module: Any = import_module("masterx.providers.anthropic_client")
        base_url = self._connection.base_url.rstrip("/").removesuffix("/v1")  # people write it both ways
        client: MessagesClient = module.connect(self.name, base_url, self._connection.key.get_secret_value())
        return client

    async def _send(self, client: MessagesClient, request: GenerationRequest, *, stream: bool) -> httpx2.Response:
        return await client.post(request_body(self.model_name, request, stream=stream))

    def _chunk_reader(self) -> ReadChunk:
        return MessageEvents(self.name).read

    def _read_completion(self, data: bytes) -> Completion:
        return read_completion(self.name, data, asked_model=self.model_name)
