"""From where a request comes, as far as accounts want to know."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from masterx.accounts.clients import Client
from masterx.api.cookies import REFRESH_COOKIE


async def client_of(request: Request) -> Client:
    return Client(
        host=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent"),
        refresh_token=request.cookies.get(REFRESH_COOKIE),
    )


CurrentClient = Annotated[Client, Depends(client_of)]
