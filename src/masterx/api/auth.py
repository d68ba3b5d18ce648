"""Registering, signing in and out, and renewing tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field, StrictStr

from masterx.accounts import email, names, passwords
from masterx.accounts.sign_ins import TokenPair
from masterx.api.bodies import StrictJsonRoute
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.api.users import UserBody

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], route_class=StrictJsonRoute)


def _whole_text(value: str) -> str:
    if "\0" in value:
        raise ValueError("has to be without NUL characters")
    return value


Text = Annotated[StrictStr, AfterValidator(_whole_text)]

Email = Annotated[Text, Field(min_length=1, max_length=email.MAX_LENGTH, examples=["ada@example.org"])]
Password = Annotated[
    Text, Field(min_length=1, max_length=passwords.MAX_LENGTH, examples=["a long sentence of your own"])
]
RefreshSecret = Annotated[
    Text, Field(min_length=1, max_length=200, examples=["Zb1uD4mFqk0aS3x2c8v7n6w5e4r3t2y1u0i9o8p7a6s"])
]


class RegisterRequest(RequestModel):
    email: Email
    name: Annotated[Text, Field(min_length=1, max_length=names.MAX_LENGTH, examples=["Ada"])]
    password: Password


class LoginRequest(RequestModel):
    email: Email
    password: Password


class RefreshRequest(RequestModel):
    refresh_token: RefreshSecret


class LogoutRequest(RequestModel):
    refresh_token: RefreshSecret


class TokenBody(BaseModel):
    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = Field(description="Good for one renewal, which answers with the next one.")
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds that the access token is good for.", examples=[900])

    @classmethod
    def of(cls, tokens: TokenPair) -> TokenBody:
        return cls(access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in)


@router.post("/register", status_code=201, responses=errors(403, 409, 422, 429, 503))
async def register(body: RegisterRequest, services: CurrentServices) -> UserBody:
    """Make an account. The password has 10 to 256 characters. Sign in next."""
    user = await services.accounts.register(email=body.email, name=body.name, password=body.password)
    return UserBody.of(user)


@router.post("/login", responses=errors(401, 422, 429, 503))
async def login(body: LoginRequest, services: CurrentServices, response: Response) -> TokenBody:
    """Sign in. An unknown account and a wrong password get the same answer."""
    signed_in = await services.accounts.login(email=body.email, password=body.password)
    return _tokens(signed_in.tokens, response)


@router.post("/refresh", responses=errors(401, 422, 503))
async def refresh(body: RefreshRequest, services: CurrentServices, response: Response) -> TokenBody:
    """Renew both tokens. A refresh token that comes back long after its use signs its device out."""
    return _tokens(await services.accounts.refresh(body.refresh_token), response)


@router.post("/logout", status_code=204, responses=errors(422, 503))
async def logout(body: LogoutRequest, services: CurrentServices) -> None:
    """Sign this device out; a token that is unknown or over is signed out already."""
    await services.accounts.logout(body.refresh_token)


def _tokens(tokens: TokenPair, response: Response) -> TokenBody:
    # RFC 6749, section 5.1: no cache may keep an answer with tokens.
    response.headers["Cache-Control"] = "no-store"
    return TokenBody.of(tokens)
