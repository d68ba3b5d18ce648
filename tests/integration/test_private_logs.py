"""Secrets, addresses and words are planted in requests that succeed and fail; the log must have none of them."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from benchmarks.servers import Server, free_port, upstream_settings
from tests.conftest import StartServer, StartUpstream

PASSWORD = "planted-password-4711"
EMAIL = "planted.person@example.org"
NAME = "Planted Person"
WORDS = "planted words about fractions"
KEY = "sk-planted-0000000000000000000000"
TITLE = "planted title"
QUERY = "planted-in-the-address"
PLANTED = (PASSWORD, EMAIL, "planted.person", NAME, WORDS, "planted words", KEY, "sk-planted", TITLE, QUERY)


def exercise(server: Server) -> list[str]:
    """Go through the whole API, well and badly; what it handed out that must stay secret."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        person = {"email": EMAIL, "password": PASSWORD}
        client.post("/api/v1/auth/register", json=person | {"name": NAME})
        client.post("/api/v1/auth/register", json=person | {"name": NAME})
        client.post("/api/v1/auth/login", json=person | {"password": f"{PASSWORD}-wrong"})
        tokens = client.post("/api/v1/auth/login", json=person).json()
        access, refresh = tokens["access_token"], tokens["refresh_token"]
        client.headers["Authorization"] = f"Bearer {access}"
        client.post("/api/v1/chat", json={"message": WORDS})
        with client.stream("POST", "/api/v1/chat", json={"message": WORDS}, headers={"Accept": "text/event-stream"}):
            pass
        for body in ({"message": WORDS, "extra": WORDS}, {"message": [WORDS]}, {"message": WORDS + "\x00"}):
            client.post("/api/v1/chat", json=body)
        client.post("/api/v1/chat", content=WORDS.encode(), headers={"Content-Type": "application/json"})
        session = client.post("/api/v1/chat", json={"message": WORDS}).json().get("session_id", "none")
        client.patch(f"/api/v1/sessions/{session}", json={"title": TITLE})
        client.get(f"/{QUERY}?email={EMAIL}&text={QUERY}")
        client.get(f"/sign-in/link?secret={QUERY}")
        client.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
        client.post("/api/v1/auth/refresh", json={"refresh_token": refresh + "x"})
        client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {access}x"})
    return [access, refresh]


def assert_private(server: Server, secrets: list[str], log: str) -> None:
    for secret in (*PLANTED, *secrets):
        assert secret not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {line["event"] for line in lines} >= {"request_received", "masterx_error", "provider_selected"}
    assert all("request_id" in line for line in lines if line["event"] == "request_received")


def test_nothing_private_is_logged_when_turns_succeed(start_server: StartServer, start_upstream: StartUpstream) -> None:
    settings = upstream_settings(start_upstream(tokens=5).url) | {"OPENAI_API_KEY": KEY, "MASTERX_LOG_LEVEL": "DEBUG"}
    server = start_server(settings)
    secrets = exercise(server)
    server.stop()
    assert_private(server, secrets, without_greeting(server.output))
    assert '"event": "ai_response_generated"' in server.output


def test_nothing_private_is_logged_when_turns_fail(start_server: StartServer, tmp_path: Path) -> None:
    settings = upstream_settings(f"http://user:{QUERY}@127.0.0.1:{free_port()}")
    server = start_server(settings | {"OPENAI_API_KEY": KEY, "MASTERX_LOG_LEVEL": "DEBUG"})
    secrets = exercise(server)
    server.stop()
    for secret in (*PLANTED, *secrets):
        assert secret not in server.output


def without_greeting(output: str) -> str:
    """The one-time link is printed for the person at the terminal, apart from the log."""
    return "\n".join(line for line in output.splitlines() if "/sign-in/link?secret=" not in line)
