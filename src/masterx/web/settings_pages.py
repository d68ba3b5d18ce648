"""What people set for themselves, and what is kept of them. The page's script saves through the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.web.rendering import page
from masterx.web.side_bar import side_bar

router = APIRouter(include_in_schema=False)


@router.get("/settings")
async def settings(request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    user = await services.accounts.user(identity.user_id)
    return page(
        request,
        "settings.html",
        devices=await services.accounts.devices.of(identity),
        device_id=identity.device_id,
        now=services.clock.now(),
        lessons_lost="1 lesson" if user.total_sessions == 1 else f"{user.total_sessions} lessons",
        **await side_bar(request, user, services, current="settings"),
    )
