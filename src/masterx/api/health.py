"""Whether the server lives and whether it may take traffic. Cheap: no model is called."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.errors import ShuttingDown

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: Literal["ok"] = "ok"
    timestamp: datetime


class Ready(BaseModel):
    status: Literal["ready"] = "ready"


@router.get("/api/v1/health")
async def health(services: CurrentServices) -> Alive:
    """The process answers."""
    return Alive(timestamp=services.clock.now())


@router.get("/ready", include_in_schema=False)
@router.get("/api/v1/health/ready", responses=errors(503))
async def ready(services: CurrentServices) -> Ready:
    """The database answers too, and the process was not told to stop; else 503."""
    if services.instances.is_draining:
        raise ShuttingDown
    await services.store.ping()
    return Ready()
