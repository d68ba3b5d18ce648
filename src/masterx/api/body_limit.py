"""A request body of more than the limit is refused before it is read, in the one error form, or OpenAI's under `/v1`.

FastAPI's own `max_body_size` answers in plain text, past every handler.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masterx.api.compatible_errors import compatible_error
from masterx.api.errors import BodyTooLarge, error_response


class BodyLimit:
    """By the declared length at once; a body without one is counted while it arrives."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_bytes:
            await _refusal(scope)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                # Of this class, because the framework turns any other raised here into a 400.
                raise HTTPException(BodyTooLarge.status)
            return message

        await self.app(scope, receive_counted, send)


def _refusal(scope: Scope) -> Response:
    if scope["path"].startswith("/v1/"):
        return compatible_error(BodyTooLarge())
    return error_response(BodyTooLarge(), str(scope.get("state", {}).get("request_id", "")))
