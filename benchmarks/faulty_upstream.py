"""A model server in this process whose faults are switched while it runs: it may be down, or trickle."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from aiohttp import web

from benchmarks.canned_upstream import MODEL

ANSWER = {
    "id": "chatcmpl-canned",
    "object": "chat.completion",
    "created": 1_750_000_000,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Blue light scatters."},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 120, "completion_tokens": 4, "total_tokens": 124},
}
CHUNK = {
    "id": "chatcmpl-canned",
    "object": "chat.completion.chunk",
    "created": 1_750_000_000,
    "model": MODEL,
    "choices": [{"index": 0, "delta": {"content": "Blue light scatters."}, "finish_reason": None}],
}
LAST = CHUNK | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
TRICKLE_SECONDS = 1.0


class FaultyUpstream:
    def __init__(self, *, answer_seconds: float = 0.0, fails_after_seconds: float = 0.0) -> None:
        self._answer_seconds = answer_seconds
        self._fails_after_seconds = fails_after_seconds
        self.is_down = False
        self.trickles = False
        """One byte a second."""
        self.answered = 0
        self.failed = 0
        self.trickling = 0
        """Streams that trickle now."""
        self._url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FaultyUpstream]:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._take)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1_024)
        await site.start()
        self._url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    def settings(self, name: str) -> dict[str, str]:
        """What makes it the provider `name` of a MasterX; several can be merged."""
        return {
            "MASTERX_LOCAL_MODEL": "false",
            f"{name}_API_KEY": "sk-canned-000000000000000000000000",
            f"{name}_MODEL_NAME": MODEL,
            f"{name}_BASE_URL": self._url,
        }

    async def _take(self, request: web.Request) -> web.StreamResponse:
        streamed = bool((await request.json()).get("stream"))
        if self.trickles:
            return await self._trickle(request, streamed=streamed)
        if self.is_down:
            await asyncio.sleep(self._fails_after_seconds)
            self.failed += 1
            return web.json_response({"error": {"message": "out of order"}}, status=503)
        await asyncio.sleep(self._answer_seconds)
        self.answered += 1
        if not streamed:
            return web.json_response(ANSWER)
        response = await self._begin(request, "text/event-stream")
        for chunk in (CHUNK, LAST | {"usage": ANSWER["usage"]}):
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _trickle(self, request: web.Request, *, streamed: bool) -> web.StreamResponse:
        text = f"data: {json.dumps(CHUNK)}\n\n" if streamed else json.dumps(ANSWER)
        response = await self._begin(request, "text/event-stream" if streamed else "application/json")
        self.trickling += 1
        try:
            with contextlib.suppress(ConnectionError):  # whoever asked has left
                for byte in text.encode():
                    await response.write(bytes([byte]))
                    await asyncio.sleep(TRICKLE_SECONDS)
        finally:
            self.trickling -= 1
            self.failed += 1
        return response

    async def _begin(self, request: web.Request, content_type: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        return response
