"""All that is kept of a person: given to them, or erased."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.cookies import forget_browser
from masterx.api.fields import Email, Password
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.records.money import NanoDollars, to_dollars
from masterx.store.account_ports import PersonalDataStore, PersonalPage
from masterx.store.schema import PERSONAL_FIELDS

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=StrictJsonRoute)

PAGE_ROWS = 200

_EXAMPLE = {
    "exported_at": "2026-03-14T15:09:26Z",
    "users": [{"id": "01a206ed-b958-774c-b02f-91a98b8e6139", "email": "ada@example.org", "name": "Ada"}],
    "sessions": [{"id": "…", "title": "Recursion"}],
    "messages": [{"id": "…", "session_id": "…", "role": "user", "content": "Why is the sky blue?"}],
}


class EraseRequest(RequestModel):
    """Which of the two is needed depends on whether the account has a password."""

    password: Password | None = Field(default=None, examples=["a long sentence of your own"])
    email: Email | None = Field(default=None, examples=["ada@example.org"])


@router.get(
    "/me/export",
    responses={
        200: {
            "description": "An object with a list for each kind of row, newest first; money is US dollars.",
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        },
        **errors(401, 503),
    },
    response_class=StreamingResponse,
)
async def export_me(identity: CurrentIdentity, services: CurrentServices) -> StreamingResponse:
    """All that is kept of you, streamed: profile, devices, sessions, messages, costs and the rest."""
    user_id = identity.user_id
    # Read before the answer begins, so that a database that is gone is still a status.
    first = await services.store.personal_rows(user_id, next(iter(PERSONAL_FIELDS)), limit=PAGE_ROWS)
    exported_at = services.clock.now().isoformat().replace("+00:00", "Z")
    return StreamingResponse(
        _written(services.store, user_id, first, exported_at),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="masterx-export.json"', "Cache-Control": "no-store"},
    )


@router.delete("/me", status_code=204, responses=errors(401, 403, 409, 422, 429, 503))
async def erase_me(
    body: EraseRequest, identity: CurrentIdentity, services: CurrentServices, request: Request, response: Response
) -> None:
    """Erase your account and all that is kept of you. The ledger keeps what your calls cost, without a name.

    Confirm with `password`, or with `email` for an account that has no password.
    """
    await services.accounts.erase(identity, password=body.password, email=body.email)
    forget_browser(response, request)


async def _written(store: PersonalDataStore, user_id: str, first: PersonalPage, exported_at: str) -> AsyncIterator[str]:
    yield '{"exported_at": ' + json.dumps(exported_at)
    page = first
    for number, collection in enumerate(PERSONAL_FIELDS):
        if number > 0:
            page = await store.personal_rows(user_id, collection, limit=PAGE_ROWS)
        yield f',\n"{collection}": [' + _lines(page)
        while page.next_cursor is not None:
            page = await store.personal_rows(user_id, collection, limit=PAGE_ROWS, cursor=page.next_cursor)
            yield "," + _lines(page)
        yield "]"
    yield "}\n"


def _lines(page: PersonalPage) -> str:
    return ",".join("\n" + json.dumps(_in_dollars(row), ensure_ascii=False) for row in page.rows)


def _in_dollars(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name in ("cost", "total_cost"):
        if shown.get(name) is not None:
            shown[name] = to_dollars(NanoDollars(shown[name]))
    if "category_breakdown" in shown:
        shown["category_breakdown"] = {
            category: to_dollars(NanoDollars(cost)) for category, cost in shown["category_breakdown"].items()
        }
    return shown
