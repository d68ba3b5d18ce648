"""Google's own dialect, Gemini's generateContent, through the official SDK."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from masterx.providers.base import Completion, GenerationRequest
from masterx.providers.generate_content import read_chunk, read_completion, request_body
from masterx.providers.remote import ReadChunk, RemoteModel

if TYPE_CHECKING:
    import httpx2

    from masterx.providers.gemini_client import GeminiClient


class Gemini(RemoteModel["GeminiClient"]):
    """A `Provider`."""

    def _connect(self) -> GeminiClient:
        module: Any = import_module("masterx.providers.gemini_client")
        base_url = self._connection.base_url.rstrip("/").removesuffix("/v1beta")  # people write it both ways
        client: GeminiClient = module.connect(self.name, base_url, self._connection.key.get_secret_value())
        return client

    async def _send(self, client: GeminiClient, request: GenerationRequest, *, stream: bool) -> httpx2.Response:
        return await client.post(self.model_name, request_body(request), stream=stream)

    def _chunk_reader(self) -> ReadChunk:
        return partial(read_chunk, self.name)

    def _read_completion(self, data: bytes) -> Completion:
        return read_completion(self.name, data, asked_model=self.model_name)
