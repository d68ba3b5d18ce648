"""What is remembered of earlier messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from masterx.records.messages import Message, MessageRole


class VectorIndexState(StrEnum):
    """Of an index in the database that finds messages by meaning."""

    ABSENT = "absent"
    """Or the server has no such search."""
    BUILDING = "building"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageVector:
    """A message's meaning, without its text."""

    id: str
    session_id: str
    timestamp: datetime
    role: MessageRole
    emotion: str | None
    """The primary emotion that was read; None on answers and where none was."""
    vector: bytes
    """Little-endian float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A message that the encoder has not seen yet."""

    id: str
    user_id: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """An earlier message of the same learner that bears on what is asked now."""

    message: Message
    similarity: float
    """Cosine of the two meanings, -1 to 1."""
