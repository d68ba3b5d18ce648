"""Whom operators pin and forbid in a task category, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.provider_switches import ProviderName
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.readings import CATEGORIES
from masterx.records.routing_rules import RuleKind
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin/routing", tags=["providers"], route_class=StrictJsonRoute)

Category = Annotated[str, Path(pattern=f"^({'|'.join(CATEGORIES)})$", examples=["math"])]


class RuleBody(BaseModel):
    category: str = Field(examples=["math"])
    provider: str = Field(examples=["groq"])
    kind: RuleKind = Field(description="Asked first, or not asked.")
    changed_at: datetime


class RuleList(BaseModel):
    rules: list[RuleBody] = Field(description="By category and provider; where there is none, scores decide.")


class RuleRequest(RequestModel):
    kind: RuleKind = Field(examples=["pinned"])


@router.get("/rules", responses=errors(401, 403, 503))
async def rules(services: CurrentServices) -> RuleList:
    """Who is pinned or forbidden where."""
    await services.routing_rules.refresh()
    return _all(services)


@router.put("/rules/{category}/{provider}", responses=errors(401, 403, 404, 409, 422, 503))
async def set_rule(
    category: Category, provider: ProviderName, body: RuleRequest, identity: CurrentIdentity, services: CurrentServices
) -> RuleList:
    """Ask a provider first in a category, or not at all: at once here, within two seconds in every worker.

    A pin takes the place of another one in the category. 409 where nobody would be left.
    """
    set_ = services.routing_rules.pin if body.kind is RuleKind.PINNED else services.routing_rules.forbid
    await set_(category, provider, by=identity.user_id)
    return _all(services)


@router.delete("/rules/{category}/{provider}", responses=errors(401, 403, 404, 422, 503))
async def lift_rule(
    category: Category, provider: ProviderName, identity: CurrentIdentity, services: CurrentServices
) -> RuleList:
    """Take a pin or a ban away: scores decide again. Also of a provider that is configured no more."""
    if not await services.routing_rules.lift(category, provider, by=identity.user_id):
        raise NotFound("There is no such rule.")
    return _all(services)


def _all(services: Services) -> RuleList:
    return RuleList(
        rules=[
            RuleBody(category=rule.category, provider=rule.provider, kind=rule.kind, changed_at=rule.changed_at)
            for rule in services.routing_rules.all()
        ]
    )
