"""Everybody's account, for administrators: found, changed, disabled, and listed as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StrictBool

from masterx.api.bodies import StrictJsonRoute
from masterx.api.csv_files import CSV_ANSWER, csv_file, exact_dollars
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.api.users import UserBody
from masterx.errors import InvalidInput
from masterx.records.administration import PeoplePage, PeopleSort, Person
from masterx.records.money import to_dollars
from masterx.records.users import Role, SubscriptionTier
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin", tags=["admin"], route_class=StrictJsonRoute)

ROWS_AT_ONCE = 200


class AccountBody(UserBody):
    disabled_at: datetime | None = Field(description="Since when it is let in no more; null: it is.")
    spent_this_month: float = Field(description="US dollars.")

    @classmethod
    def of_person(cls, person: Person) -> AccountBody:
        return cls(
            **UserBody.of(person.user).model_dump(),
            disabled_at=person.user.disabled_at,
            spent_this_month=to_dollars(person.spent_this_month),
        )


class UserList(BaseModel):
    users: list[AccountBody]
    total: int = Field(description="That match, on all pages.")
    next_cursor: str | None = Field(description="Pass it as `cursor`, with the same order, for the following page.")
    next_after: str | None = Field(description="The same as an id for `after`, where the oldest come first.")


class AccountRequest(RequestModel):
    """A field that is left out stays as it is."""

    role: Role = Field(default_factory=lambda: Role.LEARNER, examples=["learner"])
    subscription_tier: SubscriptionTier = Field(default_factory=lambda: SubscriptionTier.FREE, examples=["pro"])
    disabled: StrictBool = Field(default_factory=bool, description="Its tokens and links end at once.")


@router.get("/users", responses=errors(401, 403, 422, 503))
async def users(
    services: CurrentServices,
    search: Annotated[str, Query(max_length=200, description="Part of a name or an e-mail address.")] = "",
    role: Role | None = None,
    tier: SubscriptionTier | None = None,
    disabled: bool | None = None,
    sort: PeopleSort = PeopleSort.OLDEST,
    limit: Annotated[int, Query(ge=1, le=ROWS_AT_ONCE)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    after: Annotated[
        Uuid | None, Query(description="The id of the last one seen, where the oldest come first.")
    ] = None,
) -> UserList:
    """Accounts, a page at a time."""
    if after is not None:
        if cursor is not None or sort is not PeopleSort.OLDEST:
            raise InvalidInput("`after` goes with the order `oldest`, and without `cursor`.")
        cursor = services.people.cursor_after(after)
    page = await services.people.page(
        search=search, role=role, tier=tier, disabled=disabled, sort=sort, limit=limit, cursor=cursor
    )
    is_oldest_first = sort is PeopleSort.OLDEST and page.next_cursor is not None
    return UserList(
        users=[AccountBody.of_person(person) for person in page.people],
        total=page.total,
        next_cursor=page.next_cursor,
        next_after=page.people[-1].user.id if is_oldest_first else None,
    )


@router.patch("/users/{user_id}", responses=errors(401, 403, 404, 409, 422, 503))
async def change_user(
    user_id: Uuid, body: AccountRequest, identity: CurrentIdentity, services: CurrentServices
) -> AccountBody:
    """Change what somebody may do, or disable the account: signed out everywhere, and not let in again.

    409 where no administrator would be left.
    """
    given = body.model_fields_set
    person = await services.people.change(
        user_id,
        role=body.role if "role" in given else None,
        tier=body.subscription_tier if "subscription_tier" in given else None,
        disabled=body.disabled if "disabled" in given else None,
        by=identity.user_id,
    )
    return AccountBody.of_person(person)


@router.get("/users.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def users_csv(services: CurrentServices) -> StreamingResponse:
    """All accounts, oldest first, streamed."""
    first = await services.people.page(sort=PeopleSort.OLDEST, limit=ROWS_AT_ONCE)
    return csv_file("masterx-users", _HEADINGS, _rows(services, first))


_HEADINGS = (
    "id",
    "email",
    "name",
    "role",
    "subscription_tier",
    "created_at",
    "last_active",
    "disabled_at",
    "total_sessions",
    "spent_this_month_usd",
)


async def _rows(services: Services, page: PeoplePage) -> AsyncIterator[list[Sequence[object]]]:
    while True:
        yield [_row(person) for person in page.people]
        if page.next_cursor is None:
            return
        page = await services.people.page(sort=PeopleSort.OLDEST, limit=ROWS_AT_ONCE, cursor=page.next_cursor)


def _row(person: Person) -> Sequence[object]:
    plain = [getattr(person.user, name) for name in _HEADINGS[:-1]]
    return [*plain, exact_dollars(person.spent_this_month)]
