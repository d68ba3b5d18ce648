"""Signing in and out, registering, and the one-time link."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.clients import CurrentClient
from masterx.api.cookies import REFRESH_COOKIE, clear_sign_in_cookies, set_sign_in_cookies
from masterx.api.head_requests import is_head
from masterx.api.services import CurrentServices
from masterx.errors import AlreadyRegistered, Forbidden, InvalidInput, MasterXError, RateLimited, Unauthenticated
from masterx.records.users import Role
from masterx.web.addresses import NEW_LESSON, local_path
from masterx.web.rendering import page, page_unmade
from masterx.wiring import Services

NO_MATCH = "That e-mail and password do not match. Try again, or ask whoever runs this server for a new link."

_DONE = {
    "password": "Your new password is set. Sign in with it.",
    "erased": "Your account is erased, and all that belonged to it.",
    "everywhere": "You are signed out everywhere.",
}

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form()]


@router.get("/sign-in")
async def sign_in_form(
    request: Request,
    services: CurrentServices,
    next_path: Annotated[str, Query(alias="next")] = NEW_LESSON,
    done: Literal["password", "erased", "everywhere", ""] = "",
) -> Response:
    """`done`: what has just been done, to be said here."""
    if request.state.identity is not None and not done:
        return RedirectResponse(local_path(next_path), status_code=303)
    return _sign_in_page(request, services, next_path=next_path, done=done)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: CurrentServices,
    client: CurrentClient,
    email: Field = "",
    password: Field = "",
    next_path: Annotated[str, Form(alias="next")] = NEW_LESSON,
) -> Response:
    try:
        signed_in = await services.accounts.login(email=email, password=password, client=client)
    except (Unauthenticated, RateLimited) as error:
        return _sign_in_page(request, services, next_path=next_path, email=email, error=error)
    response = RedirectResponse(local_path(next_path), status_code=303)
    set_sign_in_cookies(response, request, signed_in.tokens)
    return response


@router.post("/sign-in/refresh")
async def refresh(request: Request, services: CurrentServices) -> Response:
    """For scripts of the page whose access ran out while they worked."""
    tokens = await services.accounts.refresh(request.cookies.get(REFRESH_COOKIE, ""))
    response = Response(status_code=204)
    set_sign_in_cookies(response, request, tokens)
    return response


@router.get("/sign-in/link")
async def redeem_link(request: Request, services: CurrentServices, client: CurrentClient, secret: str = "") -> Response:
    if is_head(request):
        return page_unmade()  # Whoever looks at links before a person does must not use them up.
    try:
        signed_in = await services.accounts.redeem_one_time_link(secret, client=client)
    except Unauthenticated:
        return page(request, "link_spent.html", status=401)
    unfinished = signed_in.user.role is Role.ADMIN and signed_in.user.password_hash is None
    response = RedirectResponse("/first-run" if unfinished else NEW_LESSON, status_code=303)
    set_sign_in_cookies(response, request, signed_in.tokens)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, services: CurrentServices) -> Response:
    token = request.cookies.get(REFRESH_COOKIE)
    if token:
        await services.accounts.logout(token)
    response = RedirectResponse("/sign-in", status_code=303)
    clear_sign_in_cookies(response, request)
    return response


@router.get("/register")
async def register_form(request: Request, services: CurrentServices, invitation: str = "") -> Response:
    if request.state.identity is not None:
        return RedirectResponse(NEW_LESSON, status_code=303)
    try:
        await _check_registration(services, invitation)
    except Forbidden as refused:
        return _register_page(request, invitation, refused=refused)
    return _register_page(request, invitation)


@router.post("/register")
async def register(
    request: Request,
    services: CurrentServices,
    client: CurrentClient,
    email: Field = "",
    name: Field = "",
    password: Field = "",
    invitation: Field = "",
) -> Response:
    try:
        await services.accounts.register(
            email=email, name=name, password=password, invitation=invitation or None, client=client
        )
        signed_in = await services.accounts.login(email=email, password=password, client=client)
    except (InvalidInput, AlreadyRegistered, RateLimited) as error:
        return _register_page(request, invitation, email=email, name=name, error=error)
    except Forbidden as refused:
        return _register_page(request, invitation, refused=refused)
    response = RedirectResponse(NEW_LESSON, status_code=303)
    set_sign_in_cookies(response, request, signed_in.tokens)
    return response


async def _check_registration(services: Services, invitation: str) -> None:
    """Raises `Forbidden` for whoever would be refused anyway, before they fill the form in."""
    registration = services.settings.accounts.registration
    if registration == "closed":
        raise Forbidden("This server takes no new registrations. Ask whoever runs it for an account.")
    if invitation:
        await services.accounts.invitations.find(invitation)
    elif registration == "invitation":
        raise Forbidden("Registration is by invitation. Ask whoever runs this server for a link.")


def _register_page(
    request: Request,
    invitation: str,
    *,
    email: str = "",
    name: str = "",
    error: MasterXError | None = None,
    refused: Forbidden | None = None,
) -> HTMLResponse:
    failure = error or refused
    return page(
        request,
        "register.html",
        status=failure.status if failure else 200,
        refused=refused.message if refused else None,
        invitation=invitation,
        email=email,
        name=name,
        errors=field_errors(error) if error else {},
    )


def field_errors(error: MasterXError) -> dict[str, str]:
    """The message by the field it belongs to; what belongs to none stands under the first."""
    field = "email" if isinstance(error, AlreadyRegistered) else error.details.get("field", "email")
    return {str(field): error.message}


def _sign_in_page(
    request: Request,
    services: Services,
    *,
    next_path: str,
    done: str = "",
    email: str = "",
    error: MasterXError | None = None,
) -> HTMLResponse:
    wait = math.ceil(error.retry_after) if error is not None and error.retry_after else None
    message = NO_MATCH if isinstance(error, Unauthenticated) else error.message if error else None
    return page(
        request,
        "sign_in.html",
        status=error.status if error else 200,
        next_path=local_path(next_path),
        email=email,
        error=message,
        wait=wait,
        done=_DONE.get(done),
        registration_open=services.settings.accounts.registration == "open",
        by_mail=services.accounts.reset_mails is not None,
    )
