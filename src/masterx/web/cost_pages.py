"""For administrators: what models cost, when, for what and for whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.web.admin_frame import admin_page
from masterx.web.cost_views import (
    MODEL_KEYS,
    STANDARD,
    VIEWS,
    bars,
    cap_notice,
    category_shares,
    csv_query,
    model_rows,
    span_of,
    window_cards,
)
from masterx.web.plots import provider_order
from masterx.web.rendering import zone_of
from masterx.web.tables import Sorting
from masterx.wiring import Services

TOP_USERS = 6

router = APIRouter(include_in_schema=False)


@router.get("/admin/costs")
async def costs(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    show: Annotated[str, Query(max_length=10)] = "",
    sort: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    view, sorting = VIEWS.get(show, STANDARD), Sorting.of(sort, MODEL_KEYS, "-spend")
    now, zone = services.clock.now(), zone_of(request)
    span = span_of(view, now)
    board = await services.costs.board(span=span, top=TOP_USERS)
    series = await services.costs.series(span=span, step=view.step)
    budgets = await services.budgets.all()
    order = provider_order(configured(services), series.by_provider)
    return await admin_page(
        request,
        identity,
        services,
        "costs.html",
        current="costs",
        view=view,
        views=VIEWS.values(),
        span=span,
        board=board,
        windows=window_cards(board, budgets, now, zone),
        notice=cap_notice(budgets, now, zone),
        plot=bars(view, series, order, zone),
        models=sorting.sort(model_rows(board), MODEL_KEYS),
        sorting=sorting,
        categories=category_shares(board),
        real_models=services.registry.has_real_model(),
        any_model=any(entry.status == "ready" for entry in services.registry.providers.values()),
        csv_query=csv_query(span, view),
        ceiling=services.settings.costs.unpriced_call_ceiling,
    )


@router.post("/admin/costs/verify")
async def verify(services: CurrentServices) -> Response:
    """Compare the books now; the page shows what came of it."""
    await services.costs.verify()
    return RedirectResponse("/admin/costs#books", status_code=303)


def configured(services: Services) -> list[str]:
    """Those that can cost something."""
    return [name for name, entry in services.registry.providers.items() if not entry.info.demo]
