"""The books after real turns, read by the commands; and what the commands say when a figure was tampered with."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.servers import post, register_learner, upstream_settings
from tests.conftest import StartServer, StartUpstream
from tests.integration.costs.conftest import Masterx


@pytest.fixture
def database(start_server: StartServer, start_upstream: StartUpstream, tmp_path: Path) -> Path:
    """Of a server that answered three questions and was stopped."""
    server = start_server(upstream_settings(start_upstream().url))
    headers = {"Authorization": f"Bearer {register_learner(server)}"}
    for question in ("Why?", "And why that?", "And then?"):
        post(f"{server.url}/api/v1/chat", {"message": question}, headers)
    server.stop()
    return tmp_path / "data" / "masterx.sqlite3"


def test_the_books_agree_until_a_figure_is_changed(masterx: Masterx, database: Path) -> None:
    verified = masterx("costs", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "agree to the nano-dollar" in verified.stdout

    today = json.loads(masterx("costs", "--period", "month", "--json").stdout)
    (total,) = today["total"]
    assert (total["requests"], total["failed"], total["unpriced"]) == (3, 0, 0)
    assert [row["name"] for row in today["user"]] == ["learner@example.org"]
    for by in ("provider", "model", "category", "user"):
        assert sum(row["cost"] for row in today[by]) == pytest.approx(total["cost"])
    rows = list(csv.DictReader(masterx("costs", "--period", "month", "--csv", "--by", "model").stdout.splitlines()))
    assert [(row["by"], row["name"], row["requests"]) for row in rows] == [
        ("total", "", "3"),
        ("model", "openai gpt-4o-mini", "3"),
    ]

    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE cost_tracking SET total_cost = total_cost + 1 WHERE user_id IS NULL")
        connection.execute("UPDATE sessions SET total_tokens = total_tokens - 1")
        connection.execute("UPDATE budget_spending SET spent = spent + 1 WHERE kind = 'tier'")
    verified = masterx("costs", "verify")
    assert verified.returncode == 1
    found = [line.partition(",")[0] for line in verified.stderr.splitlines()]
    assert found == ["cost_tracking", *["sessions"] * 3, *["budget_spending"] * 3]


def test_prices_are_checked(masterx: Masterx, tmp_path: Path) -> None:
    models = {
        "OPENAI_API_KEY": "sk-canned-000000000000000000000000",
        "OPENAI_MODEL_NAME": "gpt-4o-mini",
        "GROQ_API_KEY": "gsk-canned-000000000000000000000000",
        "GROQ_MODEL_NAME": "no-such-model",
    }
    result = masterx("prices", "check", "--json", **models)
    found = json.loads(result.stdout)
    assert {row["provider"]: row["status"] for row in found["models"]} == {"openai": "priced", "groq": "unpriced"}
    assert "genai-prices" in found["table"]
    assert masterx("prices", "check", "--strict", **models).returncode == 1

    broken = tmp_path / "prices.toml"
    broken.write_text("[[price]]\nprovider = 1\n")
    result = masterx("prices", "check", MASTERX_PRICES_FILE=str(broken), **models)
    assert result.returncode == 1
    assert "row 1 provider" in result.stderr
