"""What stands around each of the operator's pages: where one can go, open alerts, and how the jobs do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse

from masterx import __version__
from masterx.accounts.tokens import Identity
from masterx.web.alert_views import alert_line
from masterx.web.figures import span
from masterx.web.rendering import page
from masterx.web.tables import address_with
from masterx.wiring import Services

Current = Literal["costs", "budgets", "providers", "benchmarks", "feedback", "learners", "people", "errors", "alerts"]


async def admin_page(
    request: Request,
    identity: Identity,
    services: Services,
    template: str,
    *,
    current: Current,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Raises `DatabaseError`."""
    now = services.clock.now()
    alerts = await services.store.open_alerts()
    report = await services.health.report()
    return page(
        request,
        f"admin/{template}",
        status=status,
        user=await services.accounts.user(identity.user_id),
        current=current,
        open_alerts=len(alerts),
        alert=None if current == "alerts" else alert_line(alerts, now),
        jobs=jobs_line(report.checks["jobs"]),
        version=__version__,
        up=span(report.uptime_seconds),
        now=now,
        address=lambda **changes: address_with(request, **changes),
        **values,
    )


def jobs_line(check: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether all is well with the background jobs, and the words for it."""
    failing = [name for name, job in check.get("jobs", {}).items() if job["last_error"]]
    if failing:
        return False, f"{failing[0].replace('-', ' ').capitalize()} failed"
    if check["status"] != "healthy":
        return False, "No worker does the jobs"
    return True, "All jobs on time" if check.get("leader") else "Jobs are about to start"
