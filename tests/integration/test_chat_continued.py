"""Going on with an answer over HTTP; what the model is told and how the two parts meet is tested with the turn."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import httpx
import pytest
from tests.integration.conftest import PATIENCE_SECONDS

SOMETHING = "01a206ed-b958-774c-b02f-91a98b8e6139"
_numbers = count(1)


def slow_question() -> str:
    """Another one each time: its answer takes longer than its reader stays, on a busy machine too."""
    return f"marker:slowly-{next(_numbers)} Why is the sky blue?"


def stopped_answer(learner: httpx.Client, question: str) -> dict[str, Any]:
    """An answer whose reader left in its middle, as the lesson shows it."""
    headers = {"Accept": "text/event-stream"}
    session_id = None
    with learner.stream("POST", "/api/v1/chat", json={"message": question}, headers=headers) as response:
        for line in response.iter_lines():
            if line.startswith("data:") and session_id is None:
                session_id = line.split('"session_id":')[1].split('"')[1]
            if '"text"' in line:
                break
    until = time.monotonic() + PATIENCE_SECONDS
    while not (lesson := learner.get(f"/api/v1/sessions/{session_id}")).is_success:
        assert time.monotonic() < until, "the stopped turn was not recorded"
    return dict(lesson.json()["messages"][-1])


def test_a_stopped_answer_goes_on_as_a_new_version(learner: httpx.Client) -> None:
    question = slow_question()
    part = stopped_answer(learner, question)
    assert part["completeness"] == "stopped"

    whole = learner.post("/api/v1/chat", json={"continues": part["id"]}).json()
    assert whole["completeness"] == "complete"
    assert whole["content"].startswith(part["content"])
    lesson = learner.get(f"/api/v1/sessions/{part['session_id']}").json()
    assert [(message["role"], message["content"]) for message in lesson["messages"]] == [
        ("user", question),
        ("assistant", whole["content"]),
    ]
    again = learner.post("/api/v1/chat", json={"continues": whole["message_id"]})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": None},
        {"message": "a", "continues": SOMETHING},
        {"continues": SOMETHING, "replaces": SOMETHING},
        {"continues": "x"},
        {"continues": SOMETHING, "message": ""},
    ],
)
def test_what_asks_for_both_or_nothing_is_refused(learner: httpx.Client, body: dict[str, Any]) -> None:
    response = learner.post("/api/v1/chat", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


def test_an_answer_of_somebody_else_is_not_there(learner: httpx.Client, other_learner: httpx.Client) -> None:
    part = stopped_answer(learner, slow_question())
    assert other_learner.post("/api/v1/chat", json={"continues": part["id"]}).status_code == 404
