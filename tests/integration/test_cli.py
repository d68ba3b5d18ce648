"""The commands as a person runs them: a process, a directory, an environment."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.servers import Server, upstream_settings
from tests.conftest import StartUpstream

Masterx = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(start_upstream: StartUpstream, tmp_path: Path) -> dict[str, str]:
    upstream = start_upstream(tokens=5)
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return passed_on | upstream_settings(upstream.url) | {"MASTERX_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def masterx(environment: dict[str, str], tmp_path: Path) -> Masterx:
    def run(*arguments: str, given: str | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "masterx", *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=given,
            cwd=tmp_path,
            env=environment | changes,
            timeout=300,
        )

    return run


@pytest.mark.parametrize("command", [(), ("serve",), ("init",), ("chat",), ("doctor",), ("user", "create-admin")])
def test_help_is_worth_reading(masterx: Masterx, command: tuple[str, ...]) -> None:
    result = masterx(*command, "--help")
    assert result.returncode == 0
    assert len(result.stdout) > 300


class TestChat:
    def test_the_answer_is_on_standard_output_and_the_rest_is_not(self, masterx: Masterx) -> None:
        result = masterx("chat", "What is a ring?")
        assert (result.returncode, result.stdout) == (0, "word0 word1 word2 word3 word4 \n")
        assert "tokens" in result.stderr

    def test_json_and_going_on_with_the_session(self, masterx: Masterx) -> None:
        first = json.loads(masterx("chat", "--json", "What is a ring?").stdout)
        second = json.loads(masterx("chat", "--json", "--session", first["session_id"], "and a field?").stdout)
        assert second["session"]["total_messages"] == 4
        assert second["session"]["title"] == "Ring"

    def test_a_conversation_line_by_line(self, masterx: Masterx) -> None:
        result = masterx("chat", given="What is a ring?\nAnd a field?\n\n")
        assert result.stdout.count("word0 word1 word2 word3 word4") == 2

    def test_standard_input_as_the_message(self, masterx: Masterx) -> None:
        assert masterx("chat", "-", given="What is\na ring?").returncode == 0

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("chat", " "), "blank"),
            (("chat", "x" * 32_001), "too long"),
            (("chat", "--session", "01a206ed-b958-774c-b02f-91a98b8e6139", "x"), "nothing here"),
            (("chat", "--user", "nobody@example.org", "x"), "No account"),
        ],
    )
    def test_a_mistake_is_one_sentence_and_status_1(
        self, masterx: Masterx, arguments: tuple[str, ...], says: str
    ) -> None:
        result = masterx(*arguments)
        assert (result.returncode, result.stdout) == (1, "")
        assert says in result.stderr
        assert "Traceback" not in result.stderr

    def test_no_model_reachable_is_said_with_who_was_tried(self, masterx: Masterx) -> None:
        result = masterx("chat", "x", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
        assert result.returncode == 1
        assert "No model could answer" in result.stderr
        assert "openai" in result.stderr

    def test_ctrl_c_keeps_what_was_written(
        self, environment: dict[str, str], start_upstream: StartUpstream, tmp_path: Path
    ) -> None:
        slow: Server = start_upstream(tokens=500, delay_ms=20)
        with subprocess.Popen(
            [sys.executable, "-m", "masterx", "chat", "stop me"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=tmp_path,
            env=environment | upstream_settings(slow.url),
        ) as chat:
            assert chat.stdout is not None
            assert chat.stdout.read(6) == "word0 "
            chat.send_signal(signal.SIGINT)
            rest, about = chat.communicate(timeout=60)
        assert "stopped, what was written is kept" in about
        with sqlite3.connect(tmp_path / "data" / "masterx.sqlite3") as rows:
            (kept,) = rows.execute("SELECT content FROM messages WHERE completeness = 'stopped'").fetchone()
        assert "word0 " + rest.rstrip("\n") == kept


class TestInit:
    def test_makes_the_database_and_may_run_again(self, masterx: Masterx, tmp_path: Path) -> None:
        first = json.loads(masterx("init", "--json").stdout)
        assert first["status"] == "ready"
        assert json.loads(masterx("init", "--json").stdout) == first
        assert (tmp_path / "data" / "masterx.sqlite3").exists()

    def test_a_database_of_another_kind_is_named(self, masterx: Masterx) -> None:
        result = masterx("init", MASTERX_DATABASE_URL="oracle://x")
        assert result.returncode == 1
        assert "MASTERX_DATABASE_URL" in result.stderr


class TestUser:
    def test_creates_an_administrator(self, masterx: Masterx) -> None:
        arguments = ("user", "create-admin", "--email", "root@example.org", "--name", "Root", "--json")
        made = json.loads(masterx(*arguments, MASTERX_ADMIN_PASSWORD="a long enough passphrase").stdout)
        assert made["role"] == "admin"
        again = masterx(*arguments, MASTERX_ADMIN_PASSWORD="a long enough passphrase")
        assert again.returncode == 1
        assert "exists" in again.stderr

    def test_a_short_password_is_refused(self, masterx: Masterx) -> None:
        result = masterx(
            "user", "create-admin", "--email", "r@example.org", "--name", "R", MASTERX_ADMIN_PASSWORD="short"
        )
        assert result.returncode == 1
        assert "short" not in result.stdout


class TestDoctor:
    def test_finds_nothing_wrong(self, masterx: Masterx) -> None:
        result = masterx("doctor", "--json", "--call")
        findings = {finding["about"]: finding for finding in json.loads(result.stdout)}
        assert result.returncode == 0
        assert findings["model openai"]["verdict"] == "ok"
        assert findings["call to openai"]["verdict"] == "ok"

    def test_names_what_is_missing_and_prints_no_key(self, masterx: Masterx) -> None:
        result = masterx("doctor", "--json", ACME_API_KEY="sk-very-secret-key-000000", ACME_MODEL_NAME="one")
        findings = {finding["about"]: finding for finding in json.loads(result.stdout)}
        assert result.returncode == 1
        assert "ACME_BASE_URL" in findings["model acme"]["says"]
        assert "secret" not in result.stdout + result.stderr

    def test_a_setting_that_cannot_be_used_is_named_without_its_value(self, masterx: Masterx) -> None:
        result = masterx("doctor", MASTERX_PORT="eighty")
        assert result.returncode == 1
        assert "MASTERX_PORT" in result.stdout
        assert "eighty" not in result.stdout


def test_a_taken_port_is_said_at_once(masterx: Masterx, environment: dict[str, str]) -> None:
    taken = environment["OPENAI_BASE_URL"].split(":")[2].split("/")[0]
    result = masterx("serve", "--port", taken)
    assert result.returncode == 1
    assert "MASTERX_PORT" in result.stderr
