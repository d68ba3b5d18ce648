"""For administrators: what may be spent, by whom, in which window."""

from __future__ import annotations

import contextlib
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.accounts.tokens import Identity
from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.errors import InvalidInput, NotFound
from masterx.records.users import SubscriptionTier
from masterx.web.admin_frame import admin_page
from masterx.web.budget_views import SORTED_BY, BudgetForm, budget_rows, field_of
from masterx.web.tables import Sorting
from masterx.wiring import Services

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form(max_length=300)]
Address = Annotated[str, Query(max_length=300)]


@router.get("/admin/budgets")
async def budgets(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    sort: Annotated[str, Query(max_length=20)] = "",
    scope: Address = "",
    window: Address = "",
) -> HTMLResponse:
    """With `scope` and `window`, the form holds that budget."""
    form = BudgetForm.empty()
    for budget in await services.budgets.all():
        if (budget.scope, budget.window.value) == (scope, window):
            form = BudgetForm.of(budget)
    return await _page(request, identity, services, form, sort=sort)


@router.post("/admin/budgets")
async def set_budget(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    kind: Field = "",
    name: Field = "",
    window: Field = "",
    amount: Field = "",
) -> Response:
    form = BudgetForm(kind=kind, name=name.strip(), window=window, amount=amount)
    problem = form.problem()
    if problem is None:
        try:
            await services.budgets.set(form.scope, window, amount)
        except (InvalidInput, NotFound) as error:
            problem = (field_of(error, form), error.message)
    if problem is not None:
        return await _page(request, identity, services, form, errors=dict([problem]), status=422)
    return RedirectResponse("/admin/budgets?done=set", status_code=303)


@router.post("/admin/budgets/remove")
async def remove_budget(services: CurrentServices, scope: Field = "", window: Field = "") -> Response:
    with contextlib.suppress(NotFound):  # Somebody else removed it: what was asked for is so.
        await services.budgets.remove(scope, window)
    return RedirectResponse("/admin/budgets?done=removed", status_code=303)


async def _page(
    request: Request,
    identity: Identity,
    services: Services,
    form: BudgetForm,
    *,
    sort: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    sorting = Sorting.of(sort, SORTED_BY, "scope")
    found = await services.budgets.all()
    return await admin_page(
        request,
        identity,
        services,
        "budgets.html",
        current="budgets",
        status=status,
        rows=sorting.sort(budget_rows(found), SORTED_BY),
        sorting=sorting,
        form=form,
        errors=errors or {},
        done=request.query_params.get("done", ""),
        providers=list(services.registry.providers),
        tiers=[tier.value for tier in SubscriptionTier],
    )
