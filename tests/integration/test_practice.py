"""Practice through the whole application: one learner's walk, another's door, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.accounts.accounts import SignIn
from masterx.practice.bank_files import own_bank
from masterx.practice.drawing import draw
from masterx.tutor.practising import Practice
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

HOST = "http://127.0.0.1"
PASSWORD = "correct horse battery"
SECRET = "Xylophonquark 12345"


@pytest.fixture
async def services(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Services]:
    """Of which question comes first nothing is left to chance: some are read in another way than these tests expect."""
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        practice = Practice(opened.store, clock, random.Random(3))
        yield replace(opened, practice=practice)
        practice.close()


async def client_of(services: Services, name: str) -> httpx2.AsyncClient:
    await services.accounts.register(email=f"{name}@example.org", name=name, password=PASSWORD)
    who: SignIn = await services.accounts.login(email=f"{name}@example.org", password=PASSWORD)
    headers = {"Authorization": f"Bearer {who.tokens.access_token}"}
    transport = httpx2.ASGITransport(create_app(services))
    return httpx2.AsyncClient(transport=transport, base_url=HOST, headers=headers)


@pytest.fixture
async def ada(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    async with await client_of(services, "ada") as client:
        yield client


@pytest.fixture
async def bob(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    async with await client_of(services, "bob") as client:
        yield client


async def post(client: httpx2.AsyncClient, path: str, **body: Any) -> httpx2.Response:
    return await client.post(f"/api/v1/{path}", json=body)


async def right_answer(services: Services, client: httpx2.AsyncClient, question: dict[str, Any]) -> str:
    user_id = (await client.get("/api/v1/users/me")).json()["id"]
    asked = await services.store.open_question(question["id"], user_id)
    assert asked is not None
    task = draw(own_bank().items[asked.item_id], asked.seed).task
    text = task.reference.partition("|")[0].strip()
    return text if task.unit is None or task.unit in text else f"{text} {task.unit}"


async def test_a_walk_through_practice(services: Services, ada: httpx2.AsyncClient, clock: FrozenClock) -> None:
    subjects = (await ada.get("/api/v1/practice/subjects")).json()["subjects"]
    assert {"mathematics", "python", "physics", "statistics"} == {each["id"] for each in subjects}
    question = (await ada.get("/api/v1/practice/next", params={"subject": "mathematics"})).json()["question"]
    assert question == (await post(ada, "practice/next", subject="mathematics")).json()["question"]
    hint = (await post(ada, "practice/hint", question_id=question["id"])).json()["hint"]
    assert hint["step"] == 1
    clock.advance(30)
    blank = (await post(ada, "practice/answer", question_id=question["id"], answer=" ")).json()
    assert (blank["judged"], blank["verdict"]) == (False, "unreadable")
    text = await right_answer(services, ada, question)
    answered = (await post(ada, "practice/answer", question_id=question["id"], answer=text, seconds=25)).json()
    assert (answered["verdict"], answered["score"], answered["repeated"]) == ("accept", 1.0, False)
    again = (await post(ada, "practice/answer", question_id=question["id"], answer="no")).json()
    assert (again["verdict"], again["repeated"]) == ("accept", True)
    solution = await post(ada, "practice/solution", question_id=question["id"])
    assert solution.json()["solution"] == answered["solution"]
    progress = (await ada.get("/api/v1/progress")).json()["subjects"]
    assert [each["answers"] for each in progress if each["subject"] == "mathematics"] == [1]
    assert (await ada.get("/api/v1/reviews")).json() == {"reviews": []}
    clock.advance(20 * 86_400)
    fresh = await services.accounts.login(email="ada@example.org", password=PASSWORD)
    ada.headers["Authorization"] = f"Bearer {fresh.tokens.access_token}"
    (due,) = (await ada.get("/api/v1/reviews")).json()["reviews"]
    assert due["skill"] == question["skill"]


async def test_a_placement_can_be_ended_at_any_time(services: Services, ada: httpx2.AsyncClient) -> None:
    question = (await post(ada, "placement/start", subject="python")).json()["question"]
    assert (question["mode"], question["number"]) == ("placement", 1)
    assert (await post(ada, "placement/next", subject="python")).json()["question"] == question
    text = await right_answer(services, ada, question)
    assert (await post(ada, "practice/answer", question_id=question["id"], answer=text)).json()["right"]
    result = (await post(ada, "placement/finish", subject="python")).json()
    assert (result["answered"], result["reached"], result["stated_error"]) == (1, False, 0.4)
    assert (await post(ada, "placement/finish", subject="python")).status_code == 404


async def test_anothers_question_is_absent(ada: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    question = (await post(ada, "practice/next", subject="physics")).json()["question"]
    for path, more in (("answer", {"answer": "1"}), ("reading", {"text": "1"}), ("hint", {}), ("solution", {})):
        refused = await post(bob, f"practice/{path}", question_id=question["id"], **more)
        assert refused.status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("practice/next", {"subject": "alchemy"}),
        ("practice/next", {"mode": "sleep"}),
        ("practice/next", {"skill": "alchemy"}),
        ("placement/start", {"subject": "alchemy"}),
        ("practice/answer", {"question_id": "x", "answer": "1"}),
        ("practice/answer", {"question_id": "01a206ed-b958-774c-b02f-91a98b8e6139", "answer": "1", "seconds": -1}),
        ("practice/answer", {"question_id": "01a206ed-b958-774c-b02f-91a98b8e6139", "answer": "1" * 40_000}),
    ],
)
async def test_bad_input_is_refused(ada: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> None:
    refused = await post(ada, path, **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


async def test_what_is_written_is_read_back_without_using_a_try(ada: httpx2.AsyncClient) -> None:
    question = (await post(ada, "practice/next", subject="mathematics", skill="linear-equations")).json()["question"]
    read = await post(ada, "practice/reading", question_id=question["id"], text="7/2")
    assert (read.status_code, read.json()) == (200, {"tex": r"\frac{7}{2}"})
    for text in ("((", "__import__('os')", "9" * 10_000, "9**9**9**9"):
        assert (await post(ada, "practice/reading", question_id=question["id"], text=text)).json() == {"tex": ""}
    assert (await ada.get("/api/v1/practice/next?subject=mathematics")).json()["question"]["id"] == question["id"]


async def test_a_very_long_answer_is_not_judged(ada: httpx2.AsyncClient) -> None:
    question = (await post(ada, "practice/next", subject="mathematics")).json()["question"]
    answered = await post(ada, "practice/answer", question_id=question["id"], answer="9" * 10_000)
    assert (answered.status_code, answered.json()["judged"]) == (200, False)


async def test_answers_are_files_too_and_stay_out_of_the_log(ada: httpx2.AsyncClient) -> None:
    question = (await post(ada, "practice/next", subject="statistics")).json()["question"]
    with structlog.testing.capture_logs() as logs:
        while True:
            answered = await post(ada, "practice/answer", question_id=question["id"], answer=f"={SECRET}")
            if answered.json()["judged"]:
                break
            await post(ada, "practice/solution", question_id=question["id"])
    assert SECRET not in str(logs)
    file = await ada.get("/api/v1/practice/responses.csv")
    (row,) = csv.DictReader(io.StringIO(file.text))
    assert (row["subject"], row["verdict"]) == ("statistics", "reject")
    lines = (await ada.get("/api/v1/practice/statements.jsonl")).text.splitlines()
    (statement,) = map(json.loads, lines)
    assert statement["verb"]["id"].endswith("/answered")
    assert statement["result"]["success"] is False
