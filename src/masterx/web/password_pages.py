"""For those who forgot their password: asking for a link by mail, and setting a new one with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from masterx.api.clients import CurrentClient
from masterx.api.services import CurrentServices
from masterx.errors import Forbidden, InvalidInput, RateLimited
from masterx.web.rendering import page
from masterx.web.sign_in_pages import field_errors

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form()]


@router.get("/forgot-password")
async def forgot_form(request: Request, services: CurrentServices) -> Response:
    return page(
        request, "forgot_password.html", by_mail=services.accounts.reset_mails is not None, sent_to=None, error=None
    )


@router.post("/forgot-password")
async def forgot(request: Request, services: CurrentServices, client: CurrentClient, email: Field = "") -> Response:
    """The same answer whether or not there is such an account."""
    error = None
    try:
        await services.accounts.forgot_password(email, client=client)
    except (Forbidden, RateLimited) as refused:
        error = refused
    return page(
        request,
        "forgot_password.html",
        status=error.status if error else 200,
        by_mail=services.accounts.reset_mails is not None,
        sent_to=None if error else email,
        error=error.message if error else None,
    )


@router.get("/reset-password")
async def reset_form(request: Request, secret: str = "") -> Response:
    return page(request, "reset_password.html", secret=secret, spent=secret == "", errors={})


@router.post("/reset-password")
async def reset(request: Request, services: CurrentServices, secret: Field = "", password: Field = "") -> Response:
    try:
        await services.accounts.password_changes.reset(secret, password)
    except (InvalidInput, RateLimited) as error:
        errors = {"password": next(iter(field_errors(error).values()))}
        return page(request, "reset_password.html", secret=secret, spent=False, errors=errors, status=error.status)
    except Forbidden as error:
        return page(request, "reset_password.html", secret="", spent=True, errors={}, status=error.status)
    return RedirectResponse("/sign-in?done=password", status_code=303)
