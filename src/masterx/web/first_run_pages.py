"""The first minutes of whoever runs the server: an account of their own, and a model to teach with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.admin import base_url
from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.errors import AlreadyRegistered, ConfigurationError, InvalidInput, RateLimited
from masterx.providers.catalog import vendors
from masterx.web.rendering import page
from masterx.web.sign_in_pages import field_errors
from masterx.wiring import Services

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form()]


@router.get("/first-run")
async def first_run(request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    user = await services.accounts.user(identity.user_id)
    return _first_run_page(request, services, done=user.password_hash is not None)


@router.post("/first-run/account")
async def complete_account(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    email: Field = "",
    name: Field = "",
    password: Field = "",
) -> Response:
    try:
        await services.accounts.complete_admin(identity.user_id, email=email, name=name, password=password)
    except (InvalidInput, AlreadyRegistered, RateLimited) as error:
        return _first_run_page(
            request,
            services,
            done=False,
            status=error.status,
            email=email,
            name=name,
            errors=field_errors(error),
        )
    return RedirectResponse("/first-run", status_code=303)


@router.get("/first-run/models")
async def models(request: Request, services: CurrentServices) -> HTMLResponse:
    """What "Look again" shows: the models that the environment and `.env` name now, and servers on this machine."""
    problem = None
    try:
        await services.registry.look_again()
    except ConfigurationError as error:
        problem = error.message
    return page(request, "fragments/models.html", **_models(services), looked=True, problem=problem)


def _models(services: Services) -> dict[str, Any]:
    entries = list(services.registry.providers.values())
    return {
        "demo_models": [entry for entry in entries if entry.info.demo],
        "real_models": [entry for entry in entries if not entry.info.demo],
        "vendor_count": sum(not vendor.local for vendor in vendors().values()),
        "has_real_model": services.registry.has_real_model(),
    }


def _first_run_page(
    request: Request,
    services: Services,
    *,
    done: bool,
    status: int = 200,
    email: str = "",
    name: str = "",
    errors: dict[str, str] | None = None,
) -> HTMLResponse:
    return page(
        request,
        "first_run.html",
        status=status,
        done=done,
        email=email,
        name=name,
        errors=errors or {},
        looked=False,
        problem=None,
        registration=services.settings.accounts.registration,
        register_address=f"{base_url(services, request).rstrip('/')}/register",
        **_models(services),
    )
