"""What administrators do for others: invitations, and links for those who forgot their password."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StrictInt

from masterx.accounts.one_time_links import invitation_link, reset_link
from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.records.users import Invitation, Role
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin", tags=["admin"], route_class=StrictJsonRoute)

MAX_INVITATION_HOURS = 90 * 24


class ResetLinkBody(BaseModel):
    link: str = Field(examples=["https://tutor.example.org/reset-password?secret=Zb1uD4mFqk0aS3x2c8v7n6w5e4r3t2y1"])
    expires_at: datetime


class InvitationRequest(RequestModel):
    role: Role = Field(default=Role.LEARNER)
    expires_in_hours: StrictInt = Field(default=7 * 24, ge=1, le=MAX_INVITATION_HOURS)


class InvitationBody(BaseModel):
    id: str = Field(examples=["01a206ed-b958-774c-b02f-91a98b8e6139"])
    role: Role
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = Field(description="When somebody registered with it; it works once.")

    @classmethod
    def of(cls, invitation: Invitation) -> InvitationBody:
        return cls(**_fields(invitation))


class NewInvitationBody(InvitationBody):
    link: str = Field(
        description="Shown this once.",
        examples=["https://tutor.example.org/register?invitation=Zb1uD4mFqk0aS3x2c8v7n6w5e4r3t2y1"],
    )


class InvitationList(BaseModel):
    invitations: list[InvitationBody] = Field(description="Those that are not over; the first to end comes first.")


@router.post("/users/{user_id}/reset-link", status_code=201, responses=errors(401, 403, 404, 422, 503))
async def make_reset_link(
    user_id: Uuid, request: Request, response: Response, services: CurrentServices
) -> ResetLinkBody:
    """A link with which this person sets a new password, once, from anywhere. It is shown this once."""
    reset = await services.accounts.password_changes.issue_reset(user_id)
    response.headers["Cache-Control"] = "no-store"
    return ResetLinkBody(link=reset_link(base_url(services, request), reset.secret), expires_at=reset.expires_at)


@router.post("/invitations", status_code=201, responses=errors(401, 403, 422, 503))
async def invite(
    body: InvitationRequest, request: Request, response: Response, identity: CurrentIdentity, services: CurrentServices
) -> NewInvitationBody:
    """A link with which one person registers."""
    made = await services.accounts.invitations.add(
        role=body.role, lifetime=timedelta(hours=body.expires_in_hours), created_by=identity.user_id
    )
    response.headers["Cache-Control"] = "no-store"
    return NewInvitationBody(**_fields(made.invitation), link=invitation_link(base_url(services, request), made.secret))


@router.get("/invitations", responses=errors(401, 403, 503))
async def invitations(services: CurrentServices) -> InvitationList:
    """Invitations that can still be used, and those that were until they end."""
    return InvitationList(invitations=[InvitationBody.of(one) for one in await services.accounts.invitations.all()])


@router.delete("/invitations/{invitation_id}", status_code=204, responses=errors(401, 403, 404, 422, 503))
async def remove_invitation(invitation_id: Uuid, services: CurrentServices) -> None:
    """Take an invitation back."""
    await services.accounts.invitations.remove(invitation_id)


def base_url(services: Services, request: Request) -> str:
    """Where people reach this server: as the operator says, else as this request did."""
    return services.settings.server.public_url or str(request.base_url)


def _fields(invitation: Invitation) -> dict[str, object]:
    return {name: getattr(invitation, name) for name in InvitationBody.model_fields}
