"""The rate limit of a request, and what its answer says about it.

The headers are `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds): the form of the IETF's
draft that clients read today. Its later drafts rename them; see docs/decisions/0014.
"""

from __future__ import annotations

import math

from fastapi import Request

from masterx.accounts.clients import Client
from masterx.accounts.tokens import Identity
from masterx.errors import RateLimited
from masterx.limits.windows import WINDOW_SECONDS, Verdict
from masterx.wiring import Services

UNLIMITED = frozenset({"/api/v1/health", "/api/v1/health/ready", "/ready", "/metrics", "/static/{path:path}"})
"""Probes ask often, a page asks for its files at once, and both cost next to nothing."""

Headers = list[tuple[bytes, bytes]]


async def limit_rate(request: Request, route: str, identity: Identity | None) -> None:
    """Count the request against its person, or its network where nobody is signed in. Raises `RateLimited`.

    The headers wait in `request.state.rate_limit_headers`, for good answers and refusals alike.
    """
    if route in UNLIMITED:
        return
    services: Services = request.app.state.services
    if identity is not None:
        verdict = await services.limiter.user(identity.user_id, identity.tier, identity.role)
    else:
        client = Client(host=request.client.host if request.client else None)
        verdict = await services.limiter.address(client.network)
    request.state.rate_limit_headers = headers_of(verdict)
    if not verdict.allowed:
        raise RateLimited(
            details={"limit": verdict.limit, "window_seconds": WINDOW_SECONDS}, retry_after=verdict.reset_seconds
        )


def headers_of(verdict: Verdict) -> Headers:
    return [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % max(1, math.ceil(verdict.reset_seconds))),
    ]
