"""What people set for themselves, and what is kept of them. The page's script saves through the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.web.rendering import page
from masterx.web.side_bar import side_bar

RETENTIONS_OFFERED = (0.8, 0.85, 0.9, 0.95)

router = APIRouter(include_in_schema=False)


@router.get("/settings")
async def settings(request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    user = await services.accounts.user(identity.user_id)
    return page(
        request,
        "settings.html",
        retention=f"{user.learning_preferences.review_retention:g}",
        retentions=retention_choices(user.learning_preferences.review_retention),
        devices=await services.accounts.devices.of(identity),
        device_id=identity.device_id,
        now=services.clock.now(),
        lessons_lost="1 lesson" if user.total_sessions == 1 else f"{user.total_sessions} lessons",
        **await side_bar(request, user, services, current="settings"),
    )


def retention_choices(chosen: float) -> list[tuple[str, str, str]]:
    """Value, what is shown, and what a reader hears besides; one that was set elsewhere stands among those offered."""
    shares = sorted({*RETENTIONS_OFFERED, chosen})
    return [(f"{share:g}", f"{100 * share:.0f}%", "remembered") for share in shares]
