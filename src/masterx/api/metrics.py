"""`/metrics` for Prometheus: for administrators, or for whoever brings MASTERX_METRICS_TOKEN."""

from __future__ import annotations

import asyncio
import hmac

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from masterx.accounts.tokens import Identity
from masterx.api.services import CurrentServices
from masterx.errors import Forbidden, Unauthenticated
from masterx.metrics import CONTENT_TYPE
from masterx.records.users import Role

router = APIRouter(tags=["operations"])


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, services: CurrentServices) -> Response:
    """Counters and times in Prometheus' text format."""
    identity: Identity | None = request.state.identity
    if identity is None:
        _check(request, services.settings.alerts.metrics_token)
    elif identity.role is not Role.ADMIN:
        raise Forbidden
    return Response(await asyncio.to_thread(services.metrics.exposition), media_type=CONTENT_TYPE)


def _check(request: Request, token: SecretStr | None) -> None:
    """Raises `Unauthenticated`. Without a token that is set, none is good."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    expected = "" if token is None else token.get_secret_value()
    if not (expected and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected.encode())):
        raise Unauthenticated
