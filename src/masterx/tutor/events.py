"""What a turn tells whoever watches it: HTTP, terminal and tests read the same union.

The order is always `Started`, any number of `Token`, then exactly one of `Done` and `Failed`. `Failed` may come
first, when the turn could not start. `Done` is sent only after the turn is on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from masterx.errors import MasterXError
from masterx.records.messages import EmotionState, Message
from masterx.records.routing import Routing
from masterx.records.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first words are there: from now on no other model steps in."""

    session_id: str
    question_id: str
    message_id: str
    routing: Routing
    emotion: EmotionState | None = None
    """What the learner's message was read as."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The turn is recorded. `answer.completeness` tells whether the answer is whole."""

    session: Session
    question: Message
    answer: Message
    replayed: bool = False
    """True when an earlier request with the same idempotency key produced it."""


@dataclass(frozen=True, slots=True)
class Failed:
    error: MasterXError
    kept: Done | None = None
    """What was recorded of an answer that broke off after its first words. None: nothing of the turn is kept
    except its rows in the ledger."""


TurnEvent = Started | Token | Done | Failed
