"""A question below an answer and a goal, through the whole application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn
from tests.fakes.settings import make_settings
from tests.integration.test_practice import client_of

from masterx.records.checks import AnswerCheck, Contradiction
from masterx.records.lesson_items import LessonItem
from masterx.wiring import Services, open_services

ITEM = LessonItem(subject="mathematics", skill="linear-equations", item_id="linear.two-steps", seed=7, chance=0.8)
WRONG = AnswerCheck(contradictions=(Contradiction(claim="4! = 20", correct="4! = 24"),))


@pytest.fixture
async def services(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Services]:
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        yield opened


@pytest.fixture
async def ada(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    async with await client_of(services, "ada") as client:
        yield client


async def test_a_card_stands_in_its_lesson_with_what_became_of_it(services: Services, ada: httpx2.AsyncClient) -> None:
    user = await services.store.user((await ada.get("/api/v1/users/me")).json()["id"])
    assert user is not None
    turn = make_turn(make_session(user), opens_session=True)
    await services.store.record_turn(replace(turn, answer=replace(turn.answer, item=ITEM, calculated=WRONG)))
    address = f"/lessons/{turn.session.id}"
    page = (await ada.get(address)).text
    assert f'data-lesson-question="{turn.answer.id}"' in page
    assert "4! = 24" in page
    card = f"/lessons/questions/{turn.answer.id}"
    assert 'data-hint="1"' in (await ada.post(f"{card}/hint", json={})).text
    unread = (await ada.post(f"{card}/answer", json={"answer": "__import__('os')"})).text
    assert 'data-state="open"' in unread
    assert "did not count" in unread
    assert 'data-state="judged"' in (await ada.post(f"{card}/answer", json={"answer": "0"})).text
    found = (await ada.get(f"/api/v1/practice/questions/{turn.answer.id}")).json()
    assert (found["response"]["answer"], found["response"]["verdict"]) == ("0", "reject")
    assert 'data-state="judged"' in (await ada.get(address)).text
    kept = (await ada.get(f"/api/v1/sessions/{turn.session.id}")).json()["messages"][-1]
    assert kept["item"]["question_id"] == turn.answer.id
    assert kept["calculated"]["contradictions"] == [{"claim": "4! = 20", "correct": "4! = 24"}]
    async with await client_of(services, "bob") as bob:
        for answer in (await bob.get(card), await bob.get(f"/api/v1/practice/questions/{turn.answer.id}")):
            assert answer.status_code == 404


async def test_a_goal_is_set_changed_and_given_up(ada: httpx2.AsyncClient) -> None:
    weekly = await ada.put("/api/v1/goals/mathematics", json={"kind": "questions", "target": 20})
    assert (weekly.json()["now"], weekly.json()["reached"]) == (0.0, False)
    until = {"kind": "ability", "target": 0.75, "until": "2030-01-01"}
    assert (await ada.put("/api/v1/goals/mathematics", json=until)).json()["forecast"] == "none"
    (goal,) = (await ada.get("/api/v1/goals")).json()["goals"]
    assert (goal["kind"], goal["until"]) == ("ability", "2030-01-01")
    assert "Reach 75 in mathematics" in (await ada.get("/progress?subject=mathematics")).text
    refused = [
        ("mathematics", {"kind": "ability", "target": 0.75}),
        ("mathematics", {"kind": "ability", "target": 0.2, "until": "2030-01-01"}),
        ("mathematics", {"kind": "ability", "target": 7, "until": "2030-01-01"}),
        ("mathematics", {"kind": "skills", "target": 3, "until": "2001-01-01"}),
        ("alchemy", {"kind": "minutes", "target": 60}),
    ]
    for subject, body in refused:
        assert (await ada.put(f"/api/v1/goals/{subject}", json=body)).status_code == 422, body
    assert (await ada.delete("/api/v1/goals/mathematics")).status_code == 204
    assert (await ada.delete("/api/v1/goals/mathematics")).status_code == 404
