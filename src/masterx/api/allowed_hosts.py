"""Requests under a name that is not this server's are refused: a page elsewhere may have pointed its name here.

Starlette's middleware does the same in plain text, without a word on what the operator has to change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from masterx.api.errors import BadRequest, error_response

ANY = "*"

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


class AllowedHosts:
    """Compares the Host header without its port and without regard to case; ``*`` allows every name."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or ANY in self.allowed or self._names_us(scope):
            await self.app(scope, receive, send)
            return
        refusal = BadRequest(
            "This server does not answer under that name. Its operator can add it to MASTERX_ALLOWED_HOSTS."
        )
        await error_response(refusal, str(scope.get("state", {}).get("request_id", "")))(scope, receive, send)

    def _names_us(self, scope: Scope) -> bool:
        """Exactly one Host header, and one of our names in it."""
        values = [value for name, value in scope["headers"] if name == b"host"]
        return len(values) == 1 and host_name(values[0].decode("latin-1")) in self.allowed


def host_name(host: str) -> str:
    """``example.org:8001`` and ``[::1]:8001`` without their port, in lower case; empty when it is no host at all."""
    match = _HOST.fullmatch(host)
    return match[1].lower() if match else ""
