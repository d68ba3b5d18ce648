"""Keys of programs, for administrators: made, listed, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt

from masterx.accounts.api_keys import LONGEST_DAYS, NAME_LENGTH
from masterx.api.bodies import StrictJsonRoute
from masterx.api.fields import Text
from masterx.api.schemas import RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.errors import InvalidInput, NotFound
from masterx.records.api_keys import ALL_SCOPES, ApiKey, KeyScope

router = APIRouter(prefix="/api/v1/admin/keys", tags=["keys"], route_class=StrictJsonRoute)


class KeyRequest(RequestModel):
    user: Annotated[Text, Field(min_length=1, max_length=300)] = Field(
        description="Address or id of whose limits, budgets and ledger its requests count for.",
        examples=["ada@example.org"],
    )
    name: Annotated[Text, Field(min_length=1, max_length=NAME_LENGTH)] = Field(examples=["Open WebUI"])
    scopes: list[KeyScope] = Field(
        default_factory=lambda: list(ALL_SCOPES),
        min_length=1,
        max_length=len(ALL_SCOPES),
        description="What it may ask: `tutor` (model `masterx`), `auto` (`masterx/auto`), `pass-through` "
        "(`masterx/<provider>`).",
    )
    days: Annotated[StrictInt, Field(ge=1, le=LONGEST_DAYS)] | None = Field(
        default=None, description="After so many days it ends; null: never."
    )


class KeyBody(BaseModel):
    id: str
    user_id: str
    name: str
    hint: str = Field(description="Its beginning.", examples=["mx-Zb1u"])
    scopes: list[KeyScope]
    created_at: datetime
    last_used_at: datetime | None = Field(description="Give or take a minute.")
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyBody:
        return cls(**{name: getattr(key, name) for name in KeyBody.model_fields})


class NewKeyBody(KeyBody):
    key: str = Field(description="Shown this once; only its hash is kept.")


class KeyList(BaseModel):
    keys: list[KeyBody] = Field(description="Newest first; revoked ones too.")


@router.get("", responses=errors(401, 403, 503))
async def keys(services: CurrentServices) -> KeyList:
    """Every key that was made, without the keys themselves."""
    return KeyList(keys=[KeyBody.of(key) for key in await services.accounts.api_keys.all()])


@router.post("", status_code=201, responses=errors(401, 403, 422, 503))
async def make_key(body: KeyRequest, services: CurrentServices) -> NewKeyBody:
    """Make a key for the compatible API."""
    try:
        key, secret = await services.accounts.api_keys.make(
            body.user, name=body.name, scopes=body.scopes, days=body.days
        )
    except NotFound as error:
        raise InvalidInput(error.message, details=error.details) from error
    return NewKeyBody(**KeyBody.of(key).model_dump(), key=secret)


@router.delete("/{key_id}", status_code=204, responses=errors(401, 403, 404, 422, 503))
async def revoke_key(key_id: Uuid, services: CurrentServices) -> None:
    """End a key: refused at once here, within five seconds by other workers."""
    await services.accounts.api_keys.revoke(key_id)
