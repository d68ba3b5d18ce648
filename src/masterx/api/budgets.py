"""How much may be spent, by whom and in which time, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StrictFloat, StrictInt

from masterx.api.bodies import StrictJsonRoute
from masterx.api.csv_files import CSV_ANSWER, csv_file, exact_dollars, whole
from masterx.api.fields import Text
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.costs.budget_book import BudgetState
from masterx.errors import InvalidInput, NotFound
from masterx.records.budgets import BudgetWindow
from masterx.records.money import to_dollars

router = APIRouter(prefix="/api/v1/admin/budgets", tags=["budgets"], route_class=StrictJsonRoute)

_SCOPE = "`system`, `provider:NAME`, `tier:free`, `tier:pro`, `tier:premium`, or `user:` with an address or id."
_WINDOW = "`hour`, `day` or `month`, by the UTC calendar."

Scope = Annotated[Text, Field(min_length=1, max_length=300, description=_SCOPE, examples=["provider:openai"])]
Window = Annotated[Text, Field(min_length=1, max_length=20, description=_WINDOW, examples=["day"])]
Amount = Annotated[Text, Field(min_length=1, max_length=40)]


class BudgetRequest(RequestModel):
    scope: Scope
    window: Window
    amount: Amount | StrictInt | StrictFloat = Field(
        description="US dollars from 0 to 1,000,000 with at most nine decimals, as text to keep them exact.",
        examples=["12.50"],
    )


class BudgetBody(BaseModel):
    scope: str = Field(description="As a request names it; a user by id.", examples=["tier:free"])
    shown: str = Field(description="The same for people; a user by address.")
    window: BudgetWindow
    amount: float = Field(description="US dollars, as are the next three.")
    used: float = Field(description="By calls that are over; one without a known price counts with its ceiling.")
    reserved: float = Field(description="The most that calls under way may still cost.")
    room: float
    starts_at: datetime
    resets_at: datetime
    is_near: bool = Field(description="More than 80 % is used or reserved: the cheapest models are asked first.")
    met_first: str | None = Field(
        description="The cap with less room that every call under this one falls under too; null: this one is tightest."
    )

    @classmethod
    def of(cls, state: BudgetState) -> BudgetBody:
        return cls(
            scope=state.scope,
            shown=state.shown,
            window=state.window,
            amount=to_dollars(state.amount),
            used=to_dollars(state.spent),
            reserved=to_dollars(state.reserved),
            room=to_dollars(state.remaining),
            starts_at=state.starts_at,
            resets_at=state.resets_at,
            is_near=state.is_near,
            met_first=state.met_first,
        )


class BudgetList(BaseModel):
    budgets: list[BudgetBody] = Field(description="System, providers, tiers, users; then hour, day, month.")


@router.get("", responses=errors(401, 403, 503))
async def budgets(services: CurrentServices) -> BudgetList:
    """Every cap, and how full it is."""
    return BudgetList(budgets=[BudgetBody.of(state) for state in await services.budgets.all()])


@router.put("", responses=errors(401, 403, 422, 503))
async def set_budget(body: BudgetRequest, services: CurrentServices) -> BudgetBody:
    """Set a cap, or replace the one of the same scope and window. It holds within a second, in every worker."""
    try:
        state = await services.budgets.set(body.scope, body.window, _amount_text(body.amount))
    except NotFound as error:
        raise InvalidInput(error.message, details={"field": "scope"}) from error
    return BudgetBody.of(state)


@router.delete("", status_code=204, responses=errors(401, 403, 404, 422, 503))
async def remove_budget(
    services: CurrentServices,
    scope: Annotated[str, Query(max_length=300, description=_SCOPE)],
    window: Annotated[str, Query(max_length=20, description=_WINDOW)],
) -> None:
    """Take a cap away."""
    await services.budgets.remove(scope, window)


def _amount_text(amount: str | int | float) -> str:
    return amount if isinstance(amount, str) else repr(amount)


_HEADINGS = ("scope", "shown", "window", "amount_usd", "used_usd", "reserved_usd", "room_usd", "resets_at", "met_first")

files = APIRouter(prefix="/api/v1/admin", tags=["budgets"])


@files.get("/budgets.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def budgets_csv(services: CurrentServices) -> StreamingResponse:
    """Every cap, as a file."""
    rows = [
        (
            state.scope,
            state.shown,
            state.window.value,
            *(exact_dollars(amount) for amount in (state.amount, state.spent, state.reserved, state.remaining)),
            state.resets_at,
            state.met_first,
        )
        for state in await services.budgets.all()
    ]
    return csv_file("masterx-budgets", _HEADINGS, whole(rows))
