"""The first minutes of whoever runs the server: an account of their own, a model to teach with, a limit on spending."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.admin import base_url
from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.costs.budget import parse_amount
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
    return await _first_run_page(request, services, done=user.password_hash is not None)


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
        return await _first_run_page(
            request,
            services,
            done=False,
            status=error.status,
            email=email,
            name=name,
            errors=field_errors(error),
        )
    return RedirectResponse("/first-run", status_code=303)


@router.post("/first-run/budget")
async def limit_spending(
    request: Request, identity: CurrentIdentity, services: CurrentServices, hour: Field = "", day: Field = ""
) -> Response:
    """The whole server's caps; a field that is left empty sets none."""
    wanted = {window: amount for window, amount in (("hour", hour), ("day", day)) if amount.strip()}
    errors = {}
    for window, amount in wanted.items():
        try:
            parse_amount(amount)
        except InvalidInput as error:
            errors[window] = error.message
    if not wanted:
        errors["day"] = "Say how many dollars a day may cost, or go on without a limit."
    if errors:
        user = await services.accounts.user(identity.user_id)
        return await _first_run_page(
            request, services, done=user.password_hash is not None, status=422, hour=hour, day=day, errors=errors
        )
    for window, amount in wanted.items():
        await services.budgets.set("system", window, amount)
    return RedirectResponse("/first-run#limit", status_code=303)


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


async def _first_run_page(
    request: Request,
    services: Services,
    *,
    done: bool,
    status: int = 200,
    email: str = "",
    name: str = "",
    hour: str = "10.00",
    day: str = "100.00",
    errors: dict[str, str] | None = None,
) -> HTMLResponse:
    benchmarks, paused = services.settings.benchmarks, await services.benchmark_schedule.paused_at()
    return page(
        request,
        "first_run.html",
        status=status,
        done=done,
        email=email,
        name=name,
        hour=hour,
        day=day,
        caps={
            budget.window.value: budget.amount for budget in await services.budgets.all() if budget.scope == "system"
        },
        errors=errors or {},
        looked=False,
        tested_every=None if paused else benchmarks.benchmark_every_hours,
        tested_for=benchmarks.benchmark_cost_cap,
        problem=None,
        registration=services.settings.accounts.registration,
        register_address=f"{base_url(services, request).rstrip('/')}/register",
        **_models(services),
    )
