"""What callers should not send: a clear 4xx with a stable code, quickly, and nothing written."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from benchmarks.servers import Server

CHAT = "/api/v1/chat"
UUID = "01a206ed-b958-774c-b02f-91a98b8e6139"
JSON = {"Content-Type": "application/json"}
BODIES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 422),
    "not json": (b"hello", 422),
    "half json": (b'{"message": "x"', 422),
    "json of another kind": (b'["message"]', 422),
    "a bare number": (b"1", 422),
    "no message": (b"{}", 422),
    "null": (b'{"message": null}', 422),
    "a number": (b'{"message": 5}', 422),
    "a list": (b'{"message": ["x"]}', 422),
    "an object": (b'{"message": {"a": 1}}', 422),
    "blank": (b'{"message": "  \\n "}', 422),
    "too long": (json.dumps({"message": "x" * 32_001}).encode(), 422),
    "NUL": (b'{"message": "a\\u0000b"}', 422),
    "lone surrogate": (b'{"message": "\\ud800"}', 422),
    "lone low surrogate": (b'{"message": "\\udfff x"}', 422),
    "broken UTF-8": (b'{"message": "\xff\xfe"}', 422),
    "UTF-16": ('{"message": "x"}'.encode("utf-16"), 422),
    "NaN": (b'{"message": NaN}', 422),
    "infinity": (b'{"message": "x", "session_id": Infinity}', 422),
    "2**70": (b'{"message": "x", "session_id": 1180591620717411303424}', 422),
    "a huge number": (b'{"message": ' + b"9" * 10_000 + b"}", 422),
    "nested lists": (b"[" * 100_000 + b"]" * 100_000, 422),
    "nested objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 422),
    "nested message": (b'{"message": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 422),
    "unknown field": (b'{"message": "x", "user_id": "somebody"}', 422),
    "surrogate in a field name": (b'{"message": "x", "\\ud800": 1}', 422),
    "session is no id": (b'{"message": "x", "session_id": "1"}', 422),
    "session is a path": (b'{"message": "x", "session_id": "../../etc"}', 422),
    "session in capitals": (b'{"message": "x", "session_id": "%s"}' % UUID.upper().encode(), 422),
    "session unknown": (b'{"message": "x", "session_id": "%s"}' % UUID.encode(), 404),
    "replaces without session": (b'{"message": "x", "replaces": "%s"}' % UUID.encode(), 404),
    "2 MB": (b'{"message": "' + b"x" * 2_000_000 + b'"}', 413),
}


def assert_error(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "type", "code", "details", "request_id"}
    assert body["code"]
    assert body["error"]
    return body


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_cannot_be_used(learner: httpx.Client, kind: str, streamed: bool) -> None:
    body, status = BODIES[kind]
    headers = JSON | ({"Accept": "text/event-stream"} if streamed else {})
    response = learner.post(CHAT, content=body, headers=headers)
    assert_error(response, status)
    assert learner.get("/api/v1/sessions").json()["sessions"] == []


def test_a_body_of_100_mb_is_refused_before_it_is_read(masterx: Server, learner: httpx.Client) -> None:
    sent = 0

    def pieces() -> Any:
        nonlocal sent
        for _ in range(1_600):
            sent += 65_536
            yield b"x" * 65_536

    before = masterx.resident_bytes()
    try:
        status = learner.post(CHAT, content=pieces(), headers=JSON).status_code
    except httpx.WriteError:
        status = 413  # the server had closed before all of it was sent, which is the point
    assert status == 413
    assert masterx.resident_bytes() - before < 30_000_000


def test_the_longest_message_and_all_of_unicode_get_an_answer(learner: httpx.Client) -> None:
    for message in ("x" * 32_000, "ä" * 32_000, "👩‍🔬 ∑ שלום\u202e \u200b e\u0301", "a\tb\r\nc"):
        response = learner.post(CHAT, json={"message": message})
        assert response.status_code == 200
        kept = learner.get(f"/api/v1/sessions/{response.json()['session_id']}").json()["messages"][0]["content"]
        assert kept == message.replace("e\u0301", "\u00e9")


def test_a_body_that_is_not_declared_as_json(learner: httpx.Client) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = learner.post(CHAT, content=b'{"message": "x"}', headers={"Content-Type": content_type})
        assert_error(response, 422)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/sessions/not-an-id", 422),
        ("GET", f"/api/v1/sessions/{UUID}", 404),
        ("GET", f"/api/v1/sessions/{UUID}?limit=0", 422),
        ("GET", f"/api/v1/sessions/{UUID}?limit=1180591620717411303424", 422),
        ("GET", "/api/v1/sessions?limit=nan", 422),
        ("GET", "/api/v1/sessions?cursor=%00", 422),
        ("GET", "/api/v1/sessions?cursor=made-up", 422),
        ("GET", "/api/v1/sessions?cursor=%ED%A0%80", 422),
        ("PUT", "/api/v1/chat", 405),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/%2e%2e/chat", 404),
        ("GET", f"/api/v1/messages/{UUID}/versions", 404),
    ],
)
def test_an_address_that_leads_nowhere(learner: httpx.Client, method: str, path: str, status: int) -> None:
    assert_error(learner.request(method, path), status)


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "a\u0000b", 5, None, ["x"]], ids=repr)
def test_a_title_that_is_none(learner: httpx.Client, title: object) -> None:
    session = learner.post(CHAT, json={"message": "What is a ring?"}).json()["session"]
    assert_error(learner.patch(f"/api/v1/sessions/{session['id']}", json={"title": title}), 422)
    assert learner.get(f"/api/v1/sessions/{session['id']}").json()["session"]["title"] == session["title"]


def test_tokens_that_are_none(masterx: Server, learner: httpx.Client, anonymous: httpx.Client) -> None:
    token = learner.headers["Authorization"].removeprefix("Bearer ")
    head, claims, signature = token.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    somebody_else = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": UUID}
    changed = base64.urlsafe_b64encode(json.dumps(somebody_else).encode()).decode()
    for bad in (
        "x",
        f"{unsigned}.{claims}.",
        f"{unsigned}.{claims}.{signature}",
        f"{head}.{changed.rstrip('=')}.{signature}",
        f"{head}.{claims}.{'A' * 43}",
        token[:-1],
        token + "A",
        "a." * 5_000,
    ):
        response = anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {bad}"})
        assert_error(response, 401)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8001", "", "127.0.0.1@evil"])
def test_another_host_name_is_refused(anonymous: httpx.Client, host: str) -> None:
    body = assert_error(anonymous.get("/api/v1/health", headers={"Host": host}), 400)
    assert "MASTERX_ALLOWED_HOSTS" in body["error"]


def test_a_method_that_is_not_taken_is_told_which_are(learner: httpx.Client) -> None:
    response = learner.post(f"/api/v1/sessions/{UUID}")
    assert_error(response, 405)
    assert response.headers["allow"] == "DELETE, GET, HEAD, PATCH"
