"""Alerts, errors and providers in the words of the operator's pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from masterx.records.budgets import BudgetWindow
from masterx.records.health import BreakerState, HealthStatus
from masterx.records.money import NanoDollars
from masterx.records.operations import Alert, AlertKind, Delivery, RecentError
from masterx.records.users import Role, SubscriptionTier
from masterx.routing.provider_table import HealthSlot, ProviderCap, ProviderRow
from masterx.web.admin_frame import jobs_line
from masterx.web.alert_views import alert_line, alert_row, trial_lines
from masterx.web.error_views import error_groups, short_id
from masterx.web.people_views import PeopleFilter
from masterx.web.provider_views import key_views, provider_views, said, strip, strip_in_words

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
DOLLAR = 1_000_000_000

DOWN_ALERT = Alert(
    id="1",
    kind=AlertKind.PROVIDER_DOWN,
    subject="groq",
    period="p",
    value=0.88,
    threshold=0.5,
    raised_at=NOW - timedelta(minutes=42),
)


def test_an_alert_is_one_line_however_many_there_are() -> None:
    assert alert_line([], NOW) is None
    assert alert_line([DOWN_ALERT], NOW) == "Provider down: groq, 42 min ago."
    disk = replace(DOWN_ALERT, kind=AlertKind.DISK, subject="", raised_at=NOW - timedelta(hours=3))
    assert alert_line([DOWN_ALERT, disk], NOW) == "Little disk left, 3 h ago, and 1 more."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "On this page and in the log"),
        ({"delivery": Delivery.SENT}, "Told that it began"),
        ({"delivery": Delivery.SENT, "resolved_at": NOW}, "Told that it is over"),
        ({"delivery": Delivery.PENDING}, "Goes out now"),
        (
            {"delivery": Delivery.PENDING, "tries": 2, "delivery_error": "Slack: no"},
            "Not told yet that it began; tried 2 times. Slack: no",
        ),
        ({"delivery": Delivery.FAILED, "tries": 8, "delivery_error": "no"}, "Not delivered, tried 8 times. no"),
    ],
)
def test_what_became_of_a_delivery(changes: dict[str, Any], words: str) -> None:
    row = alert_row(replace(DOWN_ALERT, **changes))
    assert row.delivery == words
    assert row.text == "groq failed in 88% of its calls of the last hour."


def test_the_same_errors_stand_together_with_the_newest_id() -> None:
    errors = [
        RecentError(
            id=str(place),
            timestamp=NOW - timedelta(minutes=place),
            request_id=f"01a206ed-b958-774c-b02f-91a98b8e613{place}",
            type="X",
            code=code,
            path="/api/v1/chat",
            instance_id="i",
        )
        for place, code in enumerate(["provider_broke_off", "never_heard_of", "provider_broke_off"])
    ]
    first, second = error_groups(errors)
    assert (first.times, first.last, first.short_id) == (2, NOW, "8b8e 6130")
    assert (second.what, second.seen) == ("Something unexpected", "“Something went wrong”")
    assert short_id("") == ""


def row(**changes: Any) -> ProviderRow:
    standard = ProviderRow(
        name="groq",
        label="Groq",
        model_name="llama",
        dialect="openai",
        configured="ready",
        problem=None,
        demo=False,
        free=False,
        enabled=True,
        switched_at=None,
        status=HealthStatus.HEALTHY,
        success_rate=1.0,
        requests_last_hour=5,
        errors_last_hour=0,
        avg_ms=400.0,
        p95_ms=900,
        last_success=NOW,
        last_failure=None,
        breaker=BreakerState.CLOSED,
        breaker_reason=None,
        spent_hour=NanoDollars(0),
        spent_today=NanoDollars(3 * DOLLAR),
        caps=(),
        key_first_seen=NOW,
        key_age_days=0,
        key_problem=None,
        history=(),
    )
    return replace(standard, **changes)


def cap(spent: int, window: BudgetWindow = BudgetWindow.DAY) -> ProviderCap:
    return ProviderCap(
        window=window, amount=NanoDollars(10 * DOLLAR), spent=NanoDollars(spent * DOLLAR), reserved=NanoDollars(0)
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "Healthy"),
        ({"caps": (cap(9),)}, "Near its cap"),
        ({"caps": (cap(10),)}, "Cap used up"),
        ({"status": HealthStatus.DEGRADED, "caps": (cap(9),)}, "Degraded"),
        ({"status": HealthStatus.DOWN, "caps": (cap(10),)}, "Down"),
        ({"enabled": False, "status": HealthStatus.DOWN}, "Switched off"),
        ({"configured": "needs_api_key", "enabled": False}, "Needs a key"),
        ({"demo": True, "free": True}, "Demo only"),
    ],
)
def test_the_worst_that_is_true_is_the_state(changes: dict[str, Any], word: str) -> None:
    (view,) = provider_views([row(**changes)], NOW, UTC)
    assert view.state.word == word


def test_spend_is_told_with_the_cap_that_is_fullest() -> None:
    (view,) = provider_views([row(caps=(cap(2), cap(4, BudgetWindow.MONTH)))], NOW, UTC)
    assert (view.spent, view.used) == ("$4.00 of $10 this month", 0.4)
    (view,) = provider_views([row(breaker=BreakerState.OPEN, breaker_reason="provider_timeout")], NOW, UTC)
    assert (view.spent, view.used, view.breaker) == ("$3.00", None, "open: too slow")


def test_the_strip_shows_the_worst_quarter_of_each_hour() -> None:
    states = [*[None] * 4, *[HealthStatus.HEALTHY] * 3, HealthStatus.DOWN, *[HealthStatus.HEALTHY] * 4]
    history = [
        HealthSlot(starts_at=NOW + timedelta(minutes=15 * place), status=status, success_rate=None, avg_ms=None)
        for place, status in enumerate(states)
    ]
    assert [(bar.x, bar.status) for bar in strip(history)] == [(3, "down"), (6, "healthy")]
    assert strip_in_words(history, UTC) == "Last 24 hours, not healthy in 1: 16:00 down"
    assert strip_in_words(history[:4], UTC) == "Last 24 hours: not watched"
    assert strip_in_words(history[8:], UTC) == "Last 24 hours: healthy"


def test_keys_are_told_by_what_is_to_be_done_about_them() -> None:
    rows = [
        row(),
        row(key_problem="has had its key for 400 days"),
        row(configured="needs_api_key", problem="needs GROQ_API_KEY", key_age_days=None),
        row(key_age_days=None),
    ]
    assert [(key.state.word, key.text) for key in key_views(rows)] == [
        ("In use", "First seen today"),
        ("Look at it", "It has had its key for 400 days"),
        ("Missing", "It needs GROQ_API_KEY"),
    ]


def test_what_a_button_did_is_said_in_our_words_whatever_the_address_holds() -> None:
    assert said("nothing", "groq", "", 0, []) is None
    answered, failed = said("probe", "groq", "ok", 812, []), said("probe", "groq", "<b>", 1, [])
    assert (answered and answered.text, failed and failed.text) == (
        "groq answered in 0.8 s.",
        "groq did not answer: it failed.",
    )
    reloaded, unreadable = said("reload", "", "", 0, ["groq"]), said("reload", "", "unreadable", 0, [])
    assert reloaded is not None
    assert "Changed: groq." in reloaded.text
    assert unreadable is not None
    assert unreadable.tone == "brick"


def test_an_address_that_says_nothing_known_shows_everybody() -> None:
    shown = PeopleFilter.of(search=" ada ", role="king", tier="gold", state="?", sort="height")
    assert (shown.search, shown.role, shown.tier, shown.disabled, shown.sort.value) == (
        "ada",
        None,
        None,
        None,
        "newest",
    )
    known = PeopleFilter.of(search="", role="admin", tier="pro", state="disabled", sort="spend")
    assert (known.role, known.tier, known.disabled, known.narrows) == (Role.ADMIN, SubscriptionTier.PRO, True, True)


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ({"status": "healthy", "leader": "1", "jobs": {}}, (True, "All jobs on time")),
        ({"status": "healthy", "leader": None, "jobs": {}}, (True, "Jobs are about to start")),
        ({"status": "degraded", "leader": None, "jobs": {}}, (False, "No worker does the jobs")),
        (
            {"status": "degraded", "leader": "1", "jobs": {"idle-sessions": {"last_error": "x", "last_run": None}}},
            (False, "Idle sessions failed"),
        ),
    ],
)
def test_jobs_are_one_line(check: dict[str, Any], line: tuple[bool, str]) -> None:
    assert jobs_line(check) == line


@pytest.mark.parametrize(
    ("tested", "names", "said"),
    [
        ("ok", ["Slack"], ["Slack took the test message."]),
        (
            "ok,slow",
            ["JSON", "JSON"],
            [
                "JSON (number 1) took the test message.",
                "JSON (number 2) did not get the test message: no answer in time.",
            ],
        ),
        ("again", ["Slack"], ["A test message was just sent. Try again in ten seconds."]),
        ("ok,ok", ["Slack"], []),
        ("Send money to me", ["Slack"], []),
        ("none", ["Slack"], []),
        ("", [], []),
    ],
)
def test_what_came_of_a_test_message_is_said_in_words_of_ours(tested: str, names: list[str], said: list[str]) -> None:
    assert [line.text for line in trial_lines(tested, names)] == said
