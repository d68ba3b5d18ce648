"""A turn over real HTTP: as JSON, as a stream, repeated, left in the middle."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.servers import Server, free_port, get, register_learner, upstream_settings
from tests.conftest import StartServer

CHAT = "/api/v1/chat"
EVENTS = {"Accept": "text/event-stream"}


def events_of(response: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    events = []
    for block in response.text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            name, data = (line.partition(": ")[2] for line in lines)
            events.append((name, json.loads(data)))
    return events


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


class TestJson:
    def test_has_every_field_of_the_answer(self, learner: httpx.Client) -> None:
        response = learner.post(CHAT, json={"message": "What is a derivative?"})
        assert response.status_code == 200
        answer = response.json()
        assert set(answer) == {
            "session_id",
            "message_id",
            "question_id",
            "content",
            "provider",
            "model",
            "demo",
            "completeness",
            "tokens_used",
            "usage_estimated",
            "cost",
            "response_time_ms",
            "routing",
            "emotion_state",
            "item",
            "calculated",
            "session",
        }
        assert answer["content"].startswith("word0 ")
        assert answer["provider"] == "openai"
        assert answer["emotion_state"]["primary_emotion"] == "neutral"
        assert answer["routing"]["candidates"] == ["openai"]
        assert response.headers["x-request-id"]

    def test_goes_on_in_a_session(self, learner: httpx.Client) -> None:
        session_id = learner.post(CHAT, json={"message": "one"}).json()["session_id"]
        learner.post(CHAT, json={"message": "two", "session_id": session_id})
        detail = learner.get(f"/api/v1/sessions/{session_id}").json()
        assert [message["content"] for message in detail["messages"] if message["role"] == "user"] == ["one", "two"]
        assert detail["session"]["total_messages"] == 4


class TestStream:
    def test_meta_tokens_done(self, learner: httpx.Client) -> None:
        response = learner.post(CHAT, json={"message": "why?"}, headers=EVENTS)
        assert response.headers["content-type"].startswith("text/event-stream")
        (first, meta), *tokens, (last, done) = events_of(response)
        assert (first, last) == ("meta", "done")
        assert {name for name, _ in tokens} == {"token"}
        assert "".join(data["text"] for _, data in tokens) == done["content"]
        assert meta["message_id"] == done["message_id"]
        assert learner.get(f"/api/v1/sessions/{done['session_id']}").json()["messages"][1]["id"] == done["message_id"]

    def test_arrives_in_pieces_not_at_the_end(self, learner: httpx.Client) -> None:
        with learner.stream("POST", CHAT, json={"message": "why?"}, headers=EVENTS) as response:
            pieces = sum(1 for _ in response.iter_raw())
        assert pieces > 10

    def test_a_client_that_leaves_stops_the_model_and_the_part_is_kept_and_billed(
        self, learner: httpx.Client, slow_upstream: Server, database: Path
    ) -> None:
        cut_before = get(f"{slow_upstream.url}/journal")["cut"]
        body = {"message": "marker:slowly-stop-me"}  # else a busy machine is through before this one has left
        with learner.stream("POST", CHAT, json=body, headers=EVENTS) as response:
            lines = response.iter_lines()
            session_id = json.loads(next(line for line in lines if line.startswith("data:"))[5:])["session_id"]
            next(line for line in lines if line == "event: token")
        until(lambda: get(f"{slow_upstream.url}/journal")["cut"] > cut_before)
        until(lambda: learner.get(f"/api/v1/sessions/{session_id}").status_code == 200)
        _, answer = learner.get(f"/api/v1/sessions/{session_id}").json()["messages"]
        assert answer["completeness"] == "stopped"
        assert 0 < len(answer["content"].split()) < 40
        with sqlite3.connect(database) as rows:
            calls = rows.execute(
                "SELECT outcome, output_tokens > 0 FROM cost_events WHERE session_id = ?", (session_id,)
            ).fetchall()
        assert calls == [("aborted", 1)]

    def test_many_at_once_each_get_their_own_answer(self, masterx: Server, learner: httpx.Client) -> None:
        async def ask(client: httpx.AsyncClient, number: int) -> str:
            response = await client.post(CHAT, json={"message": f"number {number}"}, headers=EVENTS)
            session_id = events_of(response)[-1][1]["session_id"]
            detail = await client.get(f"/api/v1/sessions/{session_id}")
            return str(detail.json()["messages"][0]["content"])

        async def ask_all() -> list[str]:
            async with httpx.AsyncClient(base_url=masterx.url, headers=learner.headers, timeout=60) as client:
                return await asyncio.gather(*(ask(client, number) for number in range(50)))

        assert asyncio.run(ask_all()) == [f"number {number}" for number in range(50)]


class TestIdempotency:
    def test_a_repeat_gets_the_same_answer_and_one_charge(
        self, learner: httpx.Client, slow_upstream: Server, database: Path
    ) -> None:
        calls_before = get(f"{slow_upstream.url}/journal")["calls"]
        key = {"Idempotency-Key": "lesson-1"}
        first = learner.post(CHAT, json={"message": "once"}, headers=key).json()
        second = learner.post(CHAT, json={"message": "once"}, headers=key).json()
        assert second == first
        streamed = events_of(learner.post(CHAT, json={"message": "once"}, headers=key | EVENTS))
        assert streamed[-1] == ("done", first)
        assert get(f"{slow_upstream.url}/journal")["calls"] == calls_before + 1
        with sqlite3.connect(database) as rows:
            (charged,) = rows.execute(
                "SELECT count(*) FROM cost_events WHERE session_id = ?", (first["session_id"],)
            ).fetchone()
        assert charged == 1

    def test_another_body_is_422(self, learner: httpx.Client) -> None:
        key = {"Idempotency-Key": "lesson-2"}
        learner.post(CHAT, json={"message": "once"}, headers=key)
        response = learner.post(CHAT, json={"message": "twice"}, headers=key)
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_mismatch")

    def test_while_it_runs_a_repeat_is_409_with_a_time_to_wait(self, learner: httpx.Client) -> None:
        body, key = {"message": "marker:slowly-repeated"}, {"Idempotency-Key": "lesson-3"}
        with learner.stream("POST", CHAT, json=body, headers=key | EVENTS) as answered:
            lines = answered.iter_lines()
            next(line for line in lines if line == "event: token")
            refused = learner.post(CHAT, json=body, headers=key)
            assert (answered.status_code, refused.status_code) == (200, 409)
            assert refused.json()["code"] == "request_in_progress"
            assert int(refused.headers["retry-after"]) >= 1
            assert next(line for line in lines if line.startswith("event:")) == "event: token", "it goes on"

    @pytest.mark.parametrize("key", ["", "x" * 201, "with space", "ä".encode().decode("latin-1")])
    def test_a_key_that_is_none_is_refused(self, learner: httpx.Client, key: str) -> None:
        headers = {b"Idempotency-Key": key.encode("latin-1")}
        assert learner.post(CHAT, json={"message": "x"}, headers=headers).status_code == 422


class TestSessions:
    def test_rename_end_and_go_on(self, learner: httpx.Client) -> None:
        session_id = learner.post(CHAT, json={"message": "one"}).json()["session_id"]
        address = f"/api/v1/sessions/{session_id}"
        assert learner.patch(address, json={"title": "  Powers of two  "}).json()["title"] == "Powers of two"
        ended = learner.post(f"{address}/end").json()
        assert ended["status"] == "completed"
        assert ended["ended_at"]
        again = learner.post(CHAT, json={"message": "two", "session_id": session_id}).json()["session"]
        assert (again["status"], again["ended_at"], again["title"]) == ("active", None, "Powers of two")

    def test_delete_takes_the_messages_and_leaves_the_ledger(self, learner: httpx.Client, database: Path) -> None:
        session_id = learner.post(CHAT, json={"message": "one"}).json()["session_id"]
        assert learner.delete(f"/api/v1/sessions/{session_id}").status_code == 204
        assert learner.get(f"/api/v1/sessions/{session_id}").status_code == 404
        assert learner.delete(f"/api/v1/sessions/{session_id}").status_code == 404
        with sqlite3.connect(database) as rows:
            counts = [
                rows.execute(f"SELECT count(*) FROM {table} WHERE session_id = ?", (session_id,)).fetchone()[0]  # noqa: S608
                for table in ("messages", "cost_events")
            ]
        assert counts == [0, 1]

    def test_the_list_has_the_latest_first_and_pages(self, learner: httpx.Client) -> None:
        made = [learner.post(CHAT, json={"message": f"n {n}"}).json()["session_id"] for n in range(3)]
        learner.post(CHAT, json={"message": "again", "session_id": made[0]})
        first = learner.get("/api/v1/sessions", params={"limit": 2}).json()
        rest = learner.get("/api/v1/sessions", params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [session["id"] for session in first["sessions"] + rest["sessions"]] == [made[0], made[2], made[1]]
        assert rest["next_cursor"] is None

    def test_earlier_messages_page_backwards(self, learner: httpx.Client) -> None:
        session_id = learner.post(CHAT, json={"message": "n 0"}).json()["session_id"]
        for number in range(1, 3):
            learner.post(CHAT, json={"message": f"n {number}", "session_id": session_id})
        address = f"/api/v1/sessions/{session_id}"
        newest = learner.get(address, params={"limit": 2}).json()
        assert (newest["messages"][0]["content"], newest["has_earlier"]) == ("n 2", True)
        before = newest["messages"][0]["id"]
        earlier = learner.get(address, params={"limit": 4, "before": before}).json()
        assert [message["content"] for message in earlier["messages"][::2]] == ["n 0", "n 1"]
        assert earlier["has_earlier"] is False

    def test_a_retry_keeps_the_old_version(self, learner: httpx.Client) -> None:
        first = learner.post(CHAT, json={"message": "one"}).json()
        body = {"message": "one", "session_id": first["session_id"], "replaces": first["question_id"]}
        second = learner.post(CHAT, json=body).json()
        detail = learner.get(f"/api/v1/sessions/{first['session_id']}").json()
        assert [message["id"] for message in detail["messages"]] == [second["question_id"], second["message_id"]]
        versions = learner.get(f"/api/v1/messages/{second['question_id']}/versions").json()["messages"]
        assert [message["id"] for message in versions] == [first["question_id"], first["message_id"]]

    def test_somebody_elses_session_answers_like_none(self, learner: httpx.Client, other_learner: httpx.Client) -> None:
        session_id = learner.post(CHAT, json={"message": "mine"}).json()["session_id"]
        absent = "01a206ed-b958-774c-b02f-91a98b8e6139"

        def answers(client: httpx.Client, target: str) -> list[Any]:
            responses = [
                client.get(f"/api/v1/sessions/{target}"),
                client.patch(f"/api/v1/sessions/{target}", json={"title": "x"}),
                client.post(f"/api/v1/sessions/{target}/end"),
                client.delete(f"/api/v1/sessions/{target}"),
                client.post(CHAT, json={"message": "x", "session_id": target}),
            ]
            return [(response.status_code, response.json() | {"request_id": ""}) for response in responses]

        assert answers(other_learner, session_id) == answers(other_learner, absent)
        assert {status for status, _ in answers(other_learner, session_id)} == {404}
        assert learner.get(f"/api/v1/sessions/{session_id}").status_code == 200


def test_a_restart_keeps_the_conversation(start_server: StartServer, slow_upstream: Server, tmp_path: Path) -> None:

    server = start_server(upstream_settings(slow_upstream.url))
    headers = {"Authorization": f"Bearer {register_learner(server)}"}
    session_id = httpx.post(f"{server.url}{CHAT}", json={"message": "keep me"}, headers=headers, timeout=60).json()[
        "session_id"
    ]
    server.stop()
    server = start_server(upstream_settings(slow_upstream.url), port=server.port)
    detail = httpx.get(f"{server.url}/api/v1/sessions/{session_id}", headers=headers, timeout=60).json()
    assert detail["messages"][0]["content"] == "keep me"


def test_no_provider_reachable_is_503_and_says_who_was_tried(start_server: StartServer) -> None:

    server = start_server(upstream_settings(f"http://127.0.0.1:{free_port()}"))
    headers = {"Authorization": f"Bearer {register_learner(server)}"}
    response = httpx.post(f"{server.url}{CHAT}", json={"message": "x"}, headers=headers, timeout=60)
    assert response.status_code == 503
    body = response.json()
    assert body["code"] == "no_provider_available"
    assert {(tried["provider"], tried["code"]) for tried in body["details"]["tried"]} == {
        ("openai", "provider_unavailable")
    }
    streamed = httpx.post(f"{server.url}{CHAT}", json={"message": "x"}, headers=headers | EVENTS, timeout=60)
    ((name, error),) = events_of(streamed)
    assert (name, error["code"], error["kept"]) == ("error", "no_provider_available", None)


def test_health_ready_and_providers(masterx: Server, anonymous: httpx.Client, learner: httpx.Client) -> None:
    assert anonymous.get("/api/v1/health").json()["status"] == "ok"
    assert anonymous.get("/api/v1/health/ready").json() == {"status": "ready"}
    assert anonymous.get("/ready").status_code == 200
    assert anonymous.get("/api/v1/providers").status_code == 401
    (provider,) = learner.get("/api/v1/providers").json()["providers"]
    assert (provider["name"], provider["status"], provider["problem"]) == ("openai", "ready", None)
