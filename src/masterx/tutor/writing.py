"""A turn's text on its way to whoever listens."""

from __future__ import annotations

from masterx.clock import Clock
from masterx.routing.fallback import FallbackAnswer
from masterx.tutor.continuation import Seam
from masterx.tutor.events import Done, Started, Token
from masterx.tutor.opening import OpenTurn
from masterx.tutor.running import RunningTurn


class Writing:
    """The text of a stream on its way to the listener: what is new goes out, the whole is kept."""

    def __init__(self, opened: OpenTurn, asking: FallbackAnswer, turn: RunningTurn, clock: Clock) -> None:
        self._opened = opened
        self._asking = asking
        self._turn = turn
        self._clock = clock
        self._seam = Seam(opened.partial)
        self._parts = [opened.partial]
        self.has_begun = False
        self.first_token_ms: int | None = None

    def take(self, text: str) -> None:
        if not self.has_begun:
            self.has_begun = True
            self.first_token_ms = round((self._clock.monotonic() - self._opened.started) * 1000)
            self._turn.emit(started(self._opened, self._asking))
        self._tell(self._seam.feed(text))

    def finish(self) -> str:
        """The whole answer."""
        self._tell(self._seam.finish())
        return "".join(self._parts)

    def _tell(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._turn.emit(Token(text))


def started(opened: OpenTurn, asking: FallbackAnswer) -> Started:
    return Started(
        session_id=opened.session.id,
        question_id=opened.question_id,
        message_id=opened.answer_id,
        routing=asking.routing(),
        emotion=opened.perceived.emotion,
    )


def replay(done: Done, turn: RunningTurn, *, goes_on: bool) -> None:
    """An answer that went on is told by its end alone: which part of it was new is not known any more."""
    answer = done.answer
    if answer.routing is not None:
        turn.emit(
            Started(
                session_id=done.session.id,
                question_id=done.question.id,
                message_id=answer.id,
                routing=answer.routing,
                emotion=done.question.emotion_state,
            )
        )
    if not goes_on:
        turn.emit(Token(answer.content))
    turn.emit(done)
