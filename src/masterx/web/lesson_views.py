"""What the lesson pages show of sessions and messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from masterx.records.messages import Message, MessageRole
from masterx.records.money import to_dollars
from masterx.records.sessions import Session, SessionStatus
from masterx.web.lesson_question_views import Card
from masterx.web.mood_views import MoodNote, MoodView
from masterx.web.rendering import day, dollars, seconds

UNTITLED = "A lesson without a title"
NO_VERSIONS: Mapping[str, int] = {}
NO_CARDS: Mapping[str, Card] = {}


@dataclass(frozen=True, slots=True)
class LessonLink:
    id: str
    title: str
    open: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class LessonGroup:
    label: str
    lessons: tuple[LessonLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message as a page shows it."""

    message: Message
    note: tuple[str, ...] = ()
    """Who wrote it and for how much, one line each; for administrators."""
    versions: int = 1
    """With the present one; of a learner's message."""
    mood: MoodNote | None = None
    card: Card | None = None
    """The question below an answer."""
    help: str = ""
    """Where to find help, where a learner's message may be a sign of distress."""

    @property
    def by_learner(self) -> bool:
        return self.message.role is MessageRole.USER

    @property
    def demo(self) -> bool:
        return self.message.routing is not None and self.message.routing.demo


def lesson_title(session: Session) -> str:
    return session.title or UNTITLED


def started(session: Session, now: datetime, zone: tzinfo) -> str:
    """Such as "Started 16:32", and whether the learner ended it."""
    text = f"Started {day(session.started_at, zone, now)}"
    if session.status is SessionStatus.COMPLETED and session.ended_at is not None:
        text += f", ended {day(session.ended_at, zone, now)}"
    return text


def group_lessons(
    sessions: Iterable[Session], *, open_id: str | None, now: datetime, zone: tzinfo
) -> tuple[LessonGroup, ...]:
    """By the day of the last message in the learner's time zone: today, the six days before, earlier."""
    today = now.astimezone(zone).date()
    groups: dict[str, list[LessonLink]] = {"Today": [], "This week": [], "Earlier": []}
    for session in sessions:
        then = session.last_activity_at.astimezone(zone).date()
        label = "Today" if then >= today else "This week" if then > today - timedelta(days=7) else "Earlier"
        groups[label].append(
            LessonLink(
                session.id, lesson_title(session), session.id == open_id, session.status is SessionStatus.COMPLETED
            )
        )
    return tuple(LessonGroup(label, tuple(links)) for label, links in groups.items() if links)


def turns(
    messages: Sequence[Message],
    *,
    for_admin: bool,
    versions: Mapping[str, int] = NO_VERSIONS,
    moods: MoodView | None = None,
    cards: Mapping[str, Card] = NO_CARDS,
) -> tuple[Turn, ...]:
    """Without `moods`, no mood is shown."""
    return tuple(
        Turn(
            message=message,
            note=_note(message) if for_admin else (),
            versions=versions.get(message.id, 1),
            mood=None if moods is None else moods.note(message.emotion_state),
            card=cards.get(message.id),
            help="" if moods is None else moods.help(message.emotion_state),
        )
        for message in messages
        if message.role is not MessageRole.SYSTEM
    )


def _note(message: Message) -> tuple[str, ...]:
    if message.provider_used is None:
        return ()
    cost = "no price known" if message.cost is None else dollars(to_dollars(message.cost))
    time = [] if message.response_time_ms is None else [seconds(message.response_time_ms)]
    reason = [message.routing.reason] if message.routing is not None else []
    return (f"{message.provider_used} {message.model_used or ''}".strip(), ", ".join([cost, *time]), *reason)
