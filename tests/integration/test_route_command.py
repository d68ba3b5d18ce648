"""`masterx route` as a person runs it: on a database with benchmarks of two vendors, whose servers are canned."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from benchmarks.servers import start_canned_upstream, upstream_settings
from tests.fakes.records import make_benchmark_result
from typer.testing import CliRunner

from masterx.cli.main import app
from masterx.clock import SystemClock
from masterx.errors import InvalidInput
from masterx.records.benchmarks import BenchmarkResult, TestResult
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

HARD = (
    "Prove that every bounded sequence of real numbers has a convergent subsequence, and then calculate the limit "
    "superior of (1 + 1/n)^n * cos(n * pi / 3) with every step."
)
EASY = "What is 7 times 8?"
FELL = (78.0, 96.0, 95.0, 97.0, 96.0)
"""Of the strong one in math, the newest first."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("route")
    asyncio.run(fill(folder / "data"))
    with pytest.MonkeyPatch.context() as away, ExitStack() as stack:
        away.chdir(folder)
        upstream = start_canned_upstream(folder)
        stack.callback(upstream.stop)
        both = {
            "OPENAI_MODEL_NAME": "gpt-4o",
            "GROQ_API_KEY": "gsk-canned-00000000000000000000000",
            "GROQ_MODEL_NAME": "llama-3.1-8b-instant",
            "GROQ_BASE_URL": f"{upstream.url}/v1",
            "MASTERX_DATA_DIR": str(folder / "data"),
            "COLUMNS": "160",
        }
        yield upstream_settings(upstream.url) | both


def program(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    found = CliRunner().invoke(app, ["route", *arguments, "--json"], env=environment)
    assert found.exit_code == 0, found.output
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


async def fill(data: Path) -> None:
    store = await open_store(StoreSettings(_env_file=None, data_dir=data), SystemClock())
    now = datetime.now(UTC)
    results = []
    for days, strong in enumerate(FELL):
        at = now - timedelta(days=days, minutes=1)
        results.append(result("openai", "gpt-4o", "math", strong, at))
        results.append(result("groq", "llama-3.1-8b-instant", "math", 74.0 + days % 2, at))
    await store.add_benchmark_results(results)
    await store.close()


def result(provider: str, model: str, category: str, score: float, at: datetime) -> BenchmarkResult:
    tests = tuple(
        TestResult(test_id=str(place), quality=min(100.0, score + place % 5), time_ms=900, passed=True)
        for place in range(25)
    )
    return make_benchmark_result(
        provider, score, at=at, model_name=model, category=category, final_error=4.0, test_results=tests
    )


def test_a_person_reads_category_difficulty_dial_scores_prices_and_reasons(
    environment: dict[str, str], tmp_path: Path
) -> None:
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    found = subprocess.run(
        [sys.executable, "-m", "masterx", "route", EASY],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=passed_on | environment,
        timeout=300,
    )
    assert found.returncode == 0, found.stderr
    first, *table = found.stdout.splitlines()
    assert re.fullmatch(r"math; sounds \w+ \(\d+%\), harder than \d+% of questions, dial 0\.6 \(free\)", first)
    said = " ".join(" ".join(table).split())
    assert said.index("groq") < said.index("openai")
    for expected in (r"7\d\.\d ± \d\.\d", r"\$0\.0", "best for math at its price", "an easy message does not need"):
        assert re.search(expected, said), (expected, said)


def test_a_program_reads_the_same_and_what_changed_lately(environment: dict[str, str]) -> None:
    found = program(environment, HARD, "--tier", "premium")
    assert (found["category"], found["tier"], found["dial"], found["explored"]) == ("math", "premium", 0.8, False)
    assert 0.5 < found["difficulty"] <= 1
    by_name = {each["provider"]: each for each in found["candidates"]}
    assert set(by_name) == {"openai", "groq"}
    assert by_name["openai"]["price"] > by_name["groq"]["price"] > 0
    assert all(0 < each["score"] < 100 and 0 < each["error"] < 10 and each["reason"] for each in by_name.values())
    assert by_name["openai"]["score"] < 85, "what it did before it fell counts no more"
    assert re.search(r"its tests fell by 18 points on \d{4}-\d\d-\d\d", by_name["openai"]["reason"])


def test_whoever_has_the_topic_keeps_it(environment: dict[str, str]) -> None:
    kept = program(environment, EASY, "--assigned", "groq")
    assert kept["candidates"][0]["reason"].startswith("answers this topic already")


def test_a_category_without_tests_goes_by_the_operators_order(environment: dict[str, str]) -> None:
    found = program(environment, "Write a Python function that reverses a linked list.")
    assert (found["category"], found["dial"]) == ("coding", None)
    assert [each["score"] for each in found["candidates"]] == [None, None]
    assert found["candidates"][0]["reason"] == "first in the operator's order"


def test_nothing_to_route_is_a_mistake(environment: dict[str, str]) -> None:
    found = CliRunner().invoke(app, ["route", " "], env=environment)
    assert isinstance(found.exception, InvalidInput)
    assert found.stdout == ""
