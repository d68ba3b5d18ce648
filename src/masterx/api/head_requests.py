"""HEAD is answered as GET is, by the same rules, limits and routes, and without the body.

What GET would begin or use up (a practice question, a sign-in link) HEAD leaves alone: such a route asks `is_head`.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATE = "is_head"


class HeadRequests:
    """Innermost, so that logs, counts and the server itself still see a HEAD.

    An answer that comes in parts is ended at its first one: no file is read through for nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        as_get.setdefault("state", {})[_STATE] = True

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif message["type"] == "http.response.body":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body", False):
                    raise _BodyNotWanted

        try:
            await self.app(as_get, receive, send_headers)
        except _BodyNotWanted:
            pass
        finally:
            if "route" in as_get:
                scope["route"] = as_get["route"]  # The log names it.


class _BodyNotWanted(Exception):
    """Ends an answer whose headers are out."""


def is_head(request: Request) -> bool:
    """Whether the GET that a route sees was a HEAD."""
    return bool(getattr(request.state, _STATE, False))


def headers_alone(answer: Response) -> Response:
    """The answer without a length, which is not known where the body was not made."""
    del answer.headers["content-length"]
    return answer
