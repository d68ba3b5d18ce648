"""The compatible API as its clients use it: the real openai SDK, bare HTTP, and `llm`, against a real server."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from benchmarks.servers import PATIENT_WITH_LOCKS, Server, get, register_learner

QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]
ANSWER = "".join(f"word{number} " for number in range(40))
PASS = "masterx/openai"


def masterx_key(server: Server, *arguments: str) -> str:
    places = {"MASTERX_DATA_DIR": str(server.log.parent / "data"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "masterx", "key", *arguments]
    done = subprocess.run(
        command, env=places | PATIENT_WITH_LOCKS, cwd=server.log.parent, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def made(masterx: Server) -> dict[str, Any]:
    register_learner(masterx, "integrator@example.org")
    shown: dict[str, Any] = json.loads(
        masterx_key(masterx, "create", "integrator@example.org", "--name", "Notebook", "--json")
    )
    return shown


@pytest.fixture(scope="module")
def client(masterx: Server, made: dict[str, Any]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{masterx.url}/v1", api_key=made["key"], max_retries=0) as client:
        yield client


def ledger(database: Path, user_id: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database) as connection:
        return connection.execute(
            "SELECT outcome, input_tokens, output_tokens, cost > 0, purpose FROM cost_events WHERE user_id = ?"
            " ORDER BY timestamp, id",
            (user_id,),
        ).fetchall()


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["masterx", "masterx/auto", PASS]
    assert client.models.retrieve("masterx").id == "masterx"
    assert client.models.retrieve(PASS).id == PASS
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("gpt-4o")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize("model", ["masterx", "masterx/auto", PASS])
def test_a_chat_is_answered_and_on_the_ledger(
    client: openai.OpenAI, database: Path, made: dict[str, Any], model: str
) -> None:
    before = len(ledger(database, made["user_id"]))
    answer = client.chat.completions.create(model=model, messages=QUESTION, temperature=0.5, stop=["\n\n\n"])
    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert answer.usage is not None
    assert answer.usage.total_tokens == 160
    rows = ledger(database, made["user_id"])[before:]
    assert rows == [("succeeded", 120, 40, 1, "chat")]


@pytest.mark.parametrize("model", ["masterx", "masterx/auto", PASS])
def test_a_stream_is_told_in_chunks(client: openai.OpenAI, model: str) -> None:
    chunks = list(
        client.chat.completions.create(
            model=model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 160
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_without_usage_has_none_and_ends_with_done(masterx: Server, made: dict[str, Any]) -> None:
    body = {"model": PASS, "messages": QUESTION, "stream": True}
    answer = httpx.post(f"{masterx.url}/v1/chat/completions", json=body, headers=bearer(made["key"]), timeout=60)
    events = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    assert all("usage" not in json.loads(event) for event in events[:-1])
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_raw_response_carries_id_limits_and_session(client: openai.OpenAI, made: dict[str, Any]) -> None:
    raw = client.chat.completions.with_raw_response.create(model="masterx", messages=QUESTION)
    assert raw.request_id
    assert int(raw.headers["ratelimit-limit"]) > 0
    session = raw.headers["x-masterx-session"]
    again = client.chat.completions.with_raw_response.create(
        model="masterx", messages=QUESTION, extra_headers={"X-MasterX-Session": session}
    )
    assert again.headers["x-masterx-session"] == session
    with_metadata = client.chat.completions.with_raw_response.create(
        model="masterx", messages=QUESTION, metadata={"session_id": session}
    )
    assert with_metadata.headers["x-masterx-session"] == session
    assert raw.parse().choices[0].message.content == ANSWER
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(
            model="masterx", messages=QUESTION, metadata={"session_id": "01a206ed-b958-774c-b02f-91a98b8e6139"}
        )


def test_what_was_said_before_reaches_the_tutor_and_is_not_recorded(
    client: openai.OpenAI, database: Path, slow_upstream: Server
) -> None:
    earlier: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "marker:earlier"},
        {"role": "assistant", "content": "Blue light is scattered more."},
        {"role": "user", "content": [{"type": "text", "text": "And at dusk?"}]},
    ]
    raw = client.chat.completions.with_raw_response.create(model="masterx", messages=earlier)
    with sqlite3.connect(database) as connection:
        said = connection.execute(
            "SELECT content FROM messages WHERE session_id = ? ORDER BY position", (raw.headers["x-masterx-session"],)
        ).fetchall()
    assert said == [("And at dusk?",), (ANSWER,)]
    assert get(f"{slow_upstream.url}/journal")["markers"]["earlier"] == 1


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "Alone."}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "\0"}]}, "messages[0].content"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
        ({"n": 2}, "n"),
        ({"n": [1]}, "n"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stream": "yes"}, "stream"),
        ({"model": None}, "model"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    masterx: Server, made: dict[str, Any], changes: dict[str, Any], param: str
) -> None:
    body = {"model": PASS, "messages": QUESTION} | changes
    answer = httpx.post(f"{masterx.url}/v1/chat/completions", json=body, headers=bearer(made["key"]), timeout=60)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"model": "masterx", "temperature": NaN, "messages": [{"role": "user", "content": "x"}]}',
        b'{"model": "masterx", "messages": [{"role": "user", "content": "\\ud800"}]}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_request_is_refused(masterx: Server, made: dict[str, Any], body: bytes) -> None:
    answer = httpx.post(f"{masterx.url}/v1/chat/completions", content=body, headers=bearer(made["key"]), timeout=60)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == "body"


def test_megabytes_are_refused(masterx: Server, made: dict[str, Any]) -> None:
    answer = httpx.post(
        f"{masterx.url}/v1/chat/completions", content=b" " * 2_000_000, headers=bearer(made["key"]), timeout=60
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("model", ["gpt-4o", "masterx/", "masterx/nobody", "MasterX"])
def test_an_unknown_model_is_not_found(client: openai.OpenAI, model: str) -> None:
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError) as refused:
            client.chat.completions.create(model=model, messages=QUESTION, stream=stream)
        assert refused.value.code == "model_not_found"


def test_what_is_not_there_is_refused_in_openais_form(client: openai.OpenAI, masterx: Server) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.embeddings.create(model="masterx", input="x")
    assert refused.value.code == "not_found"
    assert "chat/completions" in refused.value.message
    wrong_method = httpx.get(f"{masterx.url}/v1/chat/completions", timeout=60)
    assert (wrong_method.status_code, wrong_method.headers["Allow"]) == (405, "POST")
    assert wrong_method.json()["error"]["code"] == "method_not_allowed"


def test_only_keys_are_let_in_and_keys_only_here(masterx: Server, made: dict[str, Any]) -> None:
    token = register_learner(masterx, "signed.in@example.org")
    for headers in ({}, bearer("mx-nothing"), bearer(token), bearer("sk-" + "a" * 49), {"Cookie": f"masterx={token}"}):
        answer = httpx.get(f"{masterx.url}/v1/models", headers=headers, timeout=60)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"
    assert httpx.get(f"{masterx.url}/api/v1/users/me", headers=bearer(made["key"]), timeout=60).status_code == 401


def test_scopes_decide_which_models_a_key_may_ask(masterx: Server, made: dict[str, Any]) -> None:
    shown = json.loads(
        masterx_key(masterx, "create", made["user_id"], "--name", "One", "--scope", "auto", "--days", "1", "--json")
    )
    with openai.OpenAI(base_url=f"{masterx.url}/v1", api_key=shown["key"], max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["masterx/auto"]
        for model in ("masterx", PASS):
            with pytest.raises(openai.PermissionDeniedError):
                client.chat.completions.create(model=model, messages=QUESTION)


def test_a_key_that_another_process_revoked_ends_within_seconds(masterx: Server, made: dict[str, Any]) -> None:
    shown = json.loads(masterx_key(masterx, "create", made["user_id"], "--name", "Lost", "--json"))
    url, headers = f"{masterx.url}/v1/models", bearer(shown["key"])
    assert httpx.get(url, headers=headers, timeout=60).status_code == 200
    assert "Lost" in masterx_key(masterx, "revoke", shown["id"])
    deadline = time.monotonic() + 60
    while httpx.get(url, headers=headers, timeout=60).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert httpx.get(url, headers=headers, timeout=60).json()["error"]["code"] == "invalid_api_key"
    assert "revoked" in masterx_key(masterx, "list")
    assert shown["key"] not in masterx.output


def test_whoever_leaves_pays_for_what_was_generated(masterx: Server, made: dict[str, Any], database: Path) -> None:
    before = len(ledger(database, made["user_id"]))
    # Slowly: else a busy machine is through before this one has left.
    messages = [{"role": "user", "content": "marker:slowly-left Why is the sky blue?"}]
    body = {"model": PASS, "messages": messages, "stream": True}
    url, headers = f"{masterx.url}/v1/chat/completions", bearer(made["key"])
    with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if "word2" in line:
                break
    deadline = time.monotonic() + 60
    while len(rows := ledger(database, made["user_id"])[before:]) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    outcome, given, generated, *_ = rows[0]
    assert outcome == "aborted"
    assert given > 0
    assert 0 < generated < 100


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def llm(masterx: Server, made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Simon Willison's command-line client, in a home of its own; what it prints."""
    home = tmp_path_factory.mktemp("llm")
    endpoint = [sys.executable, "-m", "llm", "openai", "endpoint", f"{masterx.url}/v1", "--key", made["key"]]
    # Without its plugins: the demo model is one, and needs what MasterX does without.
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LLM_USER_PATH": str(home), "LLM_LOAD_PLUGINS": ""}

    def run(*arguments: str, fails: bool = False) -> str:
        command = [*endpoint, *arguments]
        done = subprocess.run(command, env=environment, cwd=home, input="", capture_output=True, text=True, check=False)
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


def test_a_client_of_somebody_else_lists_models_and_chats(
    llm: Callable[..., str], made: dict[str, Any], database: Path
) -> None:
    assert llm("--models").split() == ["masterx", "masterx/auto", PASS]
    before = len(ledger(database, made["user_id"]))
    for model in ("masterx", "masterx/auto", PASS):
        for way in ([], ["--no-stream"]):
            said = llm("--model", model, *way, "--system", "Be brief.", "Why is the sky blue?")
            assert said.split() == ANSWER.split()
    rows = ledger(database, made["user_id"])[before:]
    assert [row[0] for row in rows] == ["succeeded"] * 6
    assert "There is no such model here." in llm("--model", "gpt-4o", "Why?", fails=True)
