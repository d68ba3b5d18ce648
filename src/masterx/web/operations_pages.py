"""For administrators: what failed, what was raised, and how the server is doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.errors import Conflict, RateLimited
from masterx.web.admin_frame import admin_page
from masterx.web.alert_views import alert_row, trial_lines
from masterx.web.error_views import SORTED_BY, error_groups
from masterx.web.health_views import health_facts
from masterx.web.tables import Sorting

ALERTS_LISTED = 100
ERRORS_LISTED = 1_000

router = APIRouter(include_in_schema=False)


@router.get("/admin/errors")
async def errors(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    sort: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    sorting = Sorting.of(sort, SORTED_BY, "-last")
    groups = sorting.sort(error_groups(await services.store.recent_errors(limit=ERRORS_LISTED)), SORTED_BY)
    return await admin_page(
        request, identity, services, "errors.html", current="errors", groups=groups, sorting=sorting
    )


@router.get("/admin/alerts")
async def alerts(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    tested: Annotated[str, Query(max_length=1_000)] = "",
) -> HTMLResponse:
    """Open ones first. `tested` says what came of a test message, an address at a time."""
    found = await services.store.alerts(limit=ALERTS_LISTED)
    found = sorted(found, key=lambda alert: alert.resolved_at is not None)
    return await admin_page(
        request,
        identity,
        services,
        "alerts.html",
        current="alerts",
        rows=[alert_row(alert) for alert in found],
        trial=trial_lines(tested, services.alert_trial.names),
        tells=len(services.settings.alerts.alert_urls),
        facts=health_facts(await services.health.report(), services.clock.now()),
    )


@router.post("/admin/alerts/test")
async def test_alerts(services: CurrentServices) -> Response:
    """Send a message to each address, and show what came of it."""
    try:
        sent = await services.alert_trial.send()
    except RateLimited:
        said = "again"
    except Conflict:
        said = "none"
    else:
        said = ",".join(one.problem or "ok" for one in sent)
    return RedirectResponse(f"/admin/alerts?tested={said}", status_code=303)
