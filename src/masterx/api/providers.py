"""Which models this server can ask."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.records.users import Role

router = APIRouter(prefix="/api/v1", tags=["providers"])


class ProviderBody(BaseModel):
    name: str = Field(examples=["groq"])
    label: str = Field(examples=["Groq"])
    model_name: str = Field(examples=["llama-3.3-70b-versatile"])
    dialect: str = Field(examples=["openai"])
    status: str = Field(examples=["ready"])
    problem: str | None = Field(description="What the operator has to do; for administrators.")
    demo: bool
    free: bool


class ProviderList(BaseModel):
    providers: list[ProviderBody]


@router.get("/providers", responses=errors(401))
async def list_providers(identity: CurrentIdentity, services: CurrentServices) -> ProviderList:
    """The configured models. Only administrators see those that cannot be called, and why."""
    is_admin = identity.role is Role.ADMIN
    return ProviderList(
        providers=[
            ProviderBody(
                name=entry.name,
                label=entry.info.label,
                model_name=entry.model_name,
                dialect=entry.info.dialect,
                status=entry.status,
                problem=entry.problem,
                demo=entry.info.demo,
                free=entry.info.free,
            )
            for entry in services.registry.providers.values()
            if is_admin or entry.status == "ready"
        ]
    )
