"""Registering, signing in and out, and renewing tokens."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from masterx.accounts.sign_ins import TokenPair
from masterx.api.bodies import StrictJsonRoute
from masterx.api.clients import CurrentClient
from masterx.api.cookies import forget_browser
from masterx.api.fields import Email, Name, Password, Secret
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.api.users import UserBody

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=StrictJsonRoute)


class RegisterRequest(RequestModel):
    email: Email
    name: Name
    password: Password
    invitation: Secret | None = Field(
        default=None,
        description="The secret of an invitation, where registration asks for one.",
        examples=["Zb1uD4mFqk0aS3x2c8v7n6w5e4r3t2y1u0i9o8p7a6s"],
    )


class LoginRequest(RequestModel):
    email: Email
    password: Password


class RefreshRequest(RequestModel):
    refresh_token: Secret


class LogoutRequest(RequestModel):
    refresh_token: Secret


class ForgotPasswordRequest(RequestModel):
    email: Email


class ResetPasswordRequest(RequestModel):
    secret: Secret
    new_password: Password


class TokenBody(BaseModel):
    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = Field(description="Good for one renewal, which answers with the next one.")
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds that the access token is good for.", examples=[900])

    @classmethod
    def of(cls, tokens: TokenPair) -> TokenBody:
        return cls(access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in)


@router.post("/register", status_code=201, responses=errors(403, 409, 422, 429, 503))
async def register(body: RegisterRequest, services: CurrentServices, client: CurrentClient) -> UserBody:
    """Make an account. The password has 10 to 256 characters. Sign in next."""
    user = await services.accounts.register(
        email=body.email, name=body.name, password=body.password, invitation=body.invitation, client=client
    )
    return UserBody.of(user)


@router.post("/login", responses=errors(401, 422, 429, 503))
async def login(body: LoginRequest, services: CurrentServices, client: CurrentClient, response: Response) -> TokenBody:
    """Sign in. An unknown account and a wrong password get the same answer."""
    signed_in = await services.accounts.login(email=body.email, password=body.password, client=client)
    return _tokens(signed_in.tokens, response)


@router.post("/refresh", responses=errors(401, 422, 503))
async def refresh(body: RefreshRequest, services: CurrentServices, response: Response) -> TokenBody:
    """Renew both tokens. A refresh token that comes back long after its use signs its device out."""
    return _tokens(await services.accounts.refresh(body.refresh_token), response)


@router.post("/logout", status_code=204, responses=errors(422, 503))
async def logout(body: LogoutRequest, services: CurrentServices) -> None:
    """Sign this device out; a token that is unknown or over is signed out already."""
    await services.accounts.logout(body.refresh_token)


@router.post("/logout-everywhere", status_code=204, responses=errors(401, 503))
async def logout_everywhere(
    identity: CurrentIdentity, services: CurrentServices, request: Request, response: Response
) -> None:
    """Sign every device of this account out, this one too. Access tokens stop working at once."""
    await services.accounts.devices.remove_all(identity)
    forget_browser(response, request)


@router.post("/forgot-password", status_code=202, responses=errors(403, 422, 429, 503))
async def forgot_password(body: ForgotPasswordRequest, services: CurrentServices, client: CurrentClient) -> None:
    """Ask for a mail with a reset link. The answer is the same whether or not the address has an account.

    403 where this server sends no mail: an administrator makes a link instead.
    """
    await services.accounts.forgot_password(body.email, client=client)


@router.post("/reset-password", status_code=204, responses=errors(403, 422, 429, 503))
async def reset_password(body: ResetPasswordRequest, services: CurrentServices) -> None:
    """Set a new password with the secret of a reset link. Every device of the account is signed out."""
    await services.accounts.password_changes.reset(body.secret, body.new_password)


def _tokens(tokens: TokenPair, response: Response) -> TokenBody:
    # RFC 6749, section 5.1: no cache may keep an answer with tokens.
    response.headers["Cache-Control"] = "no-store"
    return TokenBody.of(tokens)
