"""Who is asking, and whether this route answers them: one dependency for the whole app.

`authorise` stands before every route that FastAPI makes. Routes of plain Starlette (`Mount`, `Route`) know no
dependencies: a test lets in only those that serve public files.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request
from starlette.types import Scope

from masterx.accounts.access import permit
from masterx.accounts.tokens import Identity
from masterx.api.cookies import ACCESS_COOKIE, REFRESH_COOKIE
from masterx.api.limits import limit_rate
from masterx.errors import CrossSite, DatabaseUnavailable, Forbidden, Unauthenticated

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

logger = structlog.get_logger()


async def authorise(request: Request) -> None:
    """Let the request through and leave its `Identity` (None: not signed in) in `request.state.identity`.

    Raises `Unauthenticated`, `Forbidden` or `CrossSite`, `RateLimited` before any of these but the last, and
    `DatabaseUnavailable` where who is asking matters and cannot be found out. A route without a rule answers nobody.
    """
    request.state.identity = None
    bearer = bearer_token(request)
    if bearer is None and request.method not in SAFE_METHODS:
        _refuse_other_sites(request)
    failure: Unauthenticated | DatabaseUnavailable | None = None
    token = bearer if bearer is not None else request.cookies.get(ACCESS_COOKIE)
    if token is not None:
        try:
            request.state.identity = await request.app.state.services.accounts.identify(token)
        except (Unauthenticated, DatabaseUnavailable) as error:
            failure = error
    identity: Identity | None = request.state.identity
    route = route_template(request.scope)
    await limit_rate(request, route, identity)
    try:
        permit(request.method, route, identity.role if identity else None)
    except Unauthenticated as error:
        raise failure or error from None
    except Forbidden:
        logger.warning("access_refused", path=route, user_id=identity.user_id if identity else None)
        raise


async def current_identity(request: Request) -> Identity:
    identity: Identity | None = getattr(request.state, "identity", None)
    if identity is None:
        raise Unauthenticated
    return identity


CurrentIdentity = Annotated[Identity, Depends(current_identity)]


def route_template(scope: Scope) -> str:
    """Such as ``/api/v1/sessions/{session_id}``, with the prefix under which a router was included.

    FastAPI keeps that prefix beside the route, which may be included more than once.
    """
    route = scope.get("fastapi", {}).get("effective_route_context") or scope["route"]
    return str(route.path)


def bearer_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _refuse_other_sites(request: Request) -> None:
    """Refuse what another site's page made this browser send: its cookies would speak for the person.

    Browsers say where a request comes from, in Sec-Fetch-Site to trusted addresses (https, this machine) and in
    Origin else. Neither is sent by programs: those are let through unless cookies come along. This holds for public
    routes too, so that no other site signs a browser in as somebody else.
    """
    headers = request.headers
    site = headers.get("sec-fetch-site")
    if site is not None:
        same_origin = site == "same-origin"
    elif "origin" in headers:
        same_origin = _authority(headers["origin"]) == headers.get("host", "").lower()
    else:
        same_origin = not (ACCESS_COOKIE in request.cookies or REFRESH_COOKIE in request.cookies)
    if not same_origin:
        raise CrossSite


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
