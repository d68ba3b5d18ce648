"""Ratings of answers, through the whole application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn
from tests.fakes.settings import make_settings

from masterx.accounts.accounts import SignIn
from masterx.clock import new_id
from masterx.records.turns import TurnRecord
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

HOST = "http://127.0.0.1"
PASSWORD = "correct horse battery"


@pytest.fixture
async def services(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Services]:
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        yield opened


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as opened:
        yield opened


@pytest.fixture
async def ada(services: Services) -> SignIn:
    return await sign_in(services, "ada")


@pytest.fixture
async def turn(services: Services, ada: SignIn) -> TurnRecord:
    record = make_turn(make_session(ada.user), opens_session=True)
    await services.store.record_turn(record)
    return record


async def sign_in(services: Services, name: str) -> SignIn:
    await services.accounts.register(email=f"{name}@example.org", name=name, password=PASSWORD)
    return await services.accounts.login(email=f"{name}@example.org", password=PASSWORD)


async def rate(client: httpx2.AsyncClient, who: SignIn, message_id: str, body: object) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {who.tokens.access_token}"}
    return await client.post(f"/api/v1/messages/{message_id}/feedback", json=body, headers=headers)


async def test_the_latest_word_counts_and_null_takes_it_back(
    client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord
) -> None:
    said = []
    for body in (
        {"quality_rating": 2, "helpful": False, "feedback_text": " Too fast. "},
        {"quality_rating": 5},
        {"helpful": None, "feedback_text": " "},
        {},
    ):
        rated = (await rate(client, ada, turn.answer.id, body)).json()
        said.append((rated["quality_rating"], rated["helpful"], rated["feedback_text"]))

    assert said == [(2, False, "Too fast."), (5, False, "Too fast."), (5, None, None), (5, None, None)]
    headers = {"Authorization": f"Bearer {ada.tokens.access_token}"}
    lesson = (await client.get(f"/api/v1/sessions/{turn.session.id}", headers=headers)).json()
    assert [message["quality_rating"] for message in lesson["messages"]] == [None, 5]


async def test_only_ones_own_answers_are_rated(
    client: httpx2.AsyncClient, services: Services, ada: SignIn, turn: TurnRecord, clock: FrozenClock
) -> None:
    eve = await sign_in(services, "eve")
    foreign = await rate(client, eve, turn.answer.id, {"quality_rating": 1})
    missing = await rate(client, eve, new_id(clock.now()), {"quality_rating": 1})
    question = await rate(client, ada, turn.question.id, {"quality_rating": 1})

    assert (foreign.status_code, missing.status_code, question.status_code) == (404, 404, 422)
    assert foreign.json()["error"] == missing.json()["error"]
    kept = await services.store.message(turn.answer.id, ada.user.id)
    assert kept is not None
    assert kept.quality_rating is None


@pytest.mark.parametrize(
    "body",
    [
        {"quality_rating": 0},
        {"quality_rating": 6},
        {"quality_rating": 4.0},
        {"quality_rating": True},
        {"quality_rating": "5"},
        {"quality_rating": 2**70},
        {"helpful": 1},
        {"helpful": "yes"},
        {"feedback_text": "x" * 2_001},
        {"feedback_text": 7},
        {"feedback_text": "nul \0"},
        {"user_continued": True},
        [],
        None,
    ],
    ids=lambda body: str(body)[:40],
)
async def test_values_that_cannot_be_are_refused(
    client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord, body: object
) -> None:
    assert (await rate(client, ada, turn.answer.id, body)).status_code == 422
