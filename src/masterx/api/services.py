"""How a route reaches what wiring built."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from masterx.wiring import Services


async def current_services(request: Request) -> Services:
    """A coroutine though it waits for nothing: FastAPI runs plain functions in a thread, which costs a hop."""
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(current_services)]
