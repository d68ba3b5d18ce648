from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from masterx.records.messages import Message, MessageRole
from masterx.records.money import NanoDollars
from masterx.records.routing import Routing
from masterx.records.sessions import Session, SessionStatus
from masterx.web.lesson_views import group_lessons, started, turns
from masterx.web.rendering import dollars

NOW = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
"""In Auckland it is the 5th already."""


def session(name: str, ago: timedelta, **changes: object) -> Session:
    then = NOW - ago
    values = {"id": name, "user_id": "u", "started_at": then, "last_activity_at": then, "title": name, **changes}
    return Session(**values)  # type: ignore[arg-type]  # a test's shorthand


def labels(zone: str, *sessions: Session) -> dict[str, list[str]]:
    groups = group_lessons(sessions, open_id=None, now=NOW, zone=ZoneInfo(zone))
    return {group.label: [lesson.title for lesson in group.lessons] for group in groups}


def test_lessons_are_grouped_by_the_days_of_the_learner() -> None:
    found = (
        session("now", timedelta(0)),
        session("twelve hours", timedelta(hours=12)),
        session("six days", timedelta(days=6)),
        session("a week", timedelta(days=7)),
    )
    assert labels("UTC", *found) == {"Today": ["now", "twelve hours"], "This week": ["six days"], "Earlier": ["a week"]}
    assert labels("Pacific/Auckland", *found)["Today"] == ["now", "twelve hours"]
    assert labels("Pacific/Auckland", session("yesterday", timedelta(hours=13)))["This week"] == ["yesterday"]


def test_the_open_lesson_is_marked_and_an_untitled_one_has_a_name() -> None:
    (group,) = group_lessons((session("a", timedelta(0), title=None),), open_id="a", now=NOW, zone=ZoneInfo("UTC"))
    assert group.lessons[0].open
    assert group.lessons[0].title == "A lesson without a title"


def test_an_ended_lesson_says_when() -> None:
    ended = session("a", timedelta(hours=1), status=SessionStatus.COMPLETED, ended_at=NOW)
    assert started(ended, NOW, ZoneInfo("UTC")) == "Started 22:30, ended 23:30"
    assert started(session("b", timedelta(days=2)), NOW, ZoneInfo("UTC")) == "Started Monday 23:30"
    assert started(session("c", timedelta(days=20)), NOW, ZoneInfo("UTC")) == "Started 12 February 2026"


def answer(cost: NanoDollars | None) -> Message:
    return Message(
        id="m",
        session_id="s",
        user_id="u",
        role=MessageRole.ASSISTANT,
        content="",
        timestamp=NOW,
        provider_used="groq",
        model_used="llama",
        response_time_ms=1240,
        cost=cost,
        routing=Routing(provider="groq", model="llama", reason="cheapest that suffices", candidates=("groq",)),
    )


def test_only_administrators_read_who_answered() -> None:
    (shown,) = turns([answer(NanoDollars(400_000))], for_admin=True)
    assert shown.note == ("groq llama", "$0.0004, 1.2 s", "cheapest that suffices")
    (unpriced,) = turns([answer(None)], for_admin=True)
    assert unpriced.note[1] == "no price known, 1.2 s"
    (hidden,) = turns([answer(None)], for_admin=False)
    assert hidden.note == ()


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "free"), (12.5, "$12.50"), (0.1, "$0.10"), (0.0123, "$0.0123"), (0.0000021, "$0.000002")]
)
def test_money_shows_as_many_digits_as_say_something(amount: float, text: str) -> None:
    assert dollars(amount) == text
