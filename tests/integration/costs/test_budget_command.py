from __future__ import annotations

import json
import urllib.error
from typing import Any

import httpx
import pytest
from benchmarks.servers import post, register_learner, upstream_settings
from tests.conftest import StartServer, StartUpstream
from tests.integration.costs.conftest import Masterx

EVENT_STREAM = {"Accept": "text/event-stream"}


def test_caps_are_set_shown_and_removed(masterx: Masterx) -> None:
    assert "No budget is set" in masterx("budget", "list").stdout
    assert masterx("budget", "set", "system", "day", "5").stdout == "system may spend $5.00 in a day.\n"
    wider = masterx("budget", "set", "system", "hour", "$7.50")
    assert "A tighter cap wins as long as it has less room: system, day." in wider.stdout
    (hour, day) = json.loads(masterx("budget", "list", "--json").stdout)
    assert (hour["window"], hour["amount"], hour["spent"], hour["remaining"]) == ("hour", 7.5, 0, 7.5)
    assert (day["window"], day["resets_at"][10:]) == ("day", "T00:00:00Z")
    assert masterx("budget", "remove", "system", "hour").returncode == 0
    assert "hour" not in masterx("budget", "list").stdout
    again = masterx("budget", "remove", "system", "hour")
    assert (again.returncode, again.stderr) == (1, "There is no budget of system for the hour.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("system", "day", "-1"), "from 0 to 1,000,000 dollars"),
        (("system", "day", "nan"), "from 0 to 1,000,000 dollars"),
        (("tier:gold", "day", "1"), "'gold' is no tier"),
        (("provider:nobody", "day", "1"), "No provider is called 'nobody'"),
        (("user:nobody@example.org", "day", "1"), "No account has that address"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(masterx: Masterx, arguments: tuple[str, ...], said: str) -> None:
    result = masterx("budget", "set", *arguments)
    assert result.returncode == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_server_that_runs_takes_a_cap_up_and_tells_learners_when_it_goes_on(
    masterx: Masterx, start_server: StartServer, start_upstream: StartUpstream
) -> None:
    server = start_server(upstream_settings(start_upstream().url))
    headers = {"Authorization": f"Bearer {register_learner(server)}"}
    chat = f"{server.url}/api/v1/chat"
    assert post(chat, {"message": "Why?"}, headers)["cost"] > 0
    assert masterx("budget", "set", "user:learner@example.org", "month", "0.000001").returncode == 0

    body, retry_after = _refused_soon(chat, headers)

    assert (body["status"], body["type"], body["code"]) == (402, "BudgetExceeded", "budget_exceeded")
    assert set(body["details"]) == {"scope", "window", "resets_at", "tightest"}
    assert (body["details"]["scope"], body["details"]["window"]) == ("user", "month")
    assert body["details"]["tightest"] == {"scope": "user", "window": "month"}
    assert "$" not in body["error"]
    assert int(retry_after) > 0
    with httpx.stream("POST", chat, json={"message": "Why?"}, headers=headers | EVENT_STREAM, timeout=60) as response:
        events = response.read().decode()
    assert response.status_code == 200
    assert events.startswith("event: error\n")
    assert '"code": "budget_exceeded"' in events
    (row,) = json.loads(masterx("budget", "list", "--json").stdout)
    assert row["scope"] == "user:learner@example.org"
    assert row["spent"] > row["amount"]
    assert (row["remaining"], row["reserved"]) == (0, 0)


def _refused_soon(chat: str, headers: dict[str, str]) -> tuple[dict[str, Any], str]:
    """A new cap holds within a second."""
    for _ in range(500):
        try:
            post(chat, {"message": "And why?"}, headers)
        except urllib.error.HTTPError as error:
            return {"status": error.code, **json.load(error)}, error.headers["Retry-After"]
    raise AssertionError("never refused")
