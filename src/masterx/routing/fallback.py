"""Ask the candidates in order until one speaks. After its first word no other steps in."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.costs.reserving import PlannedCall
from masterx.errors import BudgetExceeded, MasterXError, NoProviderAvailable, ProviderDisabled, ProviderError
from masterx.providers.base import (
    Completion,
    Deadlines,
    Finished,
    GenerationRequest,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.records.costs import GENERAL, CallOutcome
from masterx.records.routing import FailedAttempt, Routing
from masterx.records.usage import Usage
from masterx.routing.candidates import UNREAD, Candidate, Grounds, planned_call

logger = structlog.get_logger()

QUICK_FAILURE_SECONDS = 2.0
"""A failure that took longer is not repeated: the learner has waited enough, the next candidate is asked."""
LONGEST_PAUSE_SECONDS = 2.0
"""A provider that asks for a longer wait is passed over."""
PAUSE_SECONDS = (0.1, 0.5)
"""Between two tries at one candidate, at random between these, so that many servers do not come back at once."""


_SAID = {BudgetExceeded.code: "is over its budget", ProviderDisabled.code: "is disabled by the operator"}
"""Of the one that was to be asked first, why it does not answer, by the code of its setback."""
MESSAGE_TOKENS, PROMPT_TOKENS = 4, 3
"""What vendors charge around the text of each message and of all, as far as they say."""

NOTHING_USED = Usage(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to one provider, whatever came of it."""

    info: ProviderInfo
    model: str
    started_at: datetime
    duration_ms: int
    outcome: CallOutcome
    usage: Usage
    error: ProviderError | None = None


class CallBudget(Protocol):
    """Where the money for a call comes from."""

    @property
    def held(self) -> tuple[str, ...]: ...

    async def reserve(self, call: PlannedCall, *, former_unused: bool = False) -> datetime:
        """The time of the call, once the most it can cost is held. Raises `BudgetExceeded`."""
        ...


Observe = Callable[[str, CallOutcome, ProviderError | None], None]
"""Told of each call as it ends: the provider, what it came to, and the error if it failed."""


class FallbackAnswer:
    """One question to several candidates. Use it once: either `stream` or `complete`."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        request_for: Callable[[ProviderInfo], GenerationRequest],
        deadlines: Deadlines,
        clock: Clock,
        estimate_tokens: Callable[[str], int],
        *,
        budget: CallBudget | None = None,
        observe: Observe | None = None,
        may_call: Callable[[str], bool] = lambda _name: True,
        grounds: Grounds = UNREAD,
        random_between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``deadlines`` hold for all candidates together: what one has used up is not there for the next.

        Without ``budget`` calls are made whatever they cost. ``may_call`` is asked of each provider just before its
        call: an operator may have disabled it since the turn began.
        """
        self._candidates = candidates
        self._request_for = request_for
        self._deadlines = deadlines
        self.clock = clock
        self.estimate_tokens = estimate_tokens
        self._budget = budget
        self.observe = observe
        self._may_call = may_call
        self.grounds = grounds
        self._random_between = random_between
        self._started: float | None = None
        self._place = 0
        self._repeated = False
        self._current: Candidate | None = None
        self._setbacks: list[FailedAttempt] = []
        self._refusals: list[BudgetExceeded] = []
        self.attempts: list[Attempt] = []
        """In order; when there is an answer, the last one wrote it."""

    @property
    def held(self) -> tuple[str, ...]:
        """Reservations that were made for the attempts."""
        return () if self._budget is None else self._budget.held

    def routing(self) -> Routing:
        """Who answers, and who was asked before. Known from the first word on."""
        if self._current is None:
            raise NoProviderAvailable
        provider = self._current.provider
        reason = self._current.reason
        if self._setbacks and self._current is not self._candidates[0]:
            first = self._setbacks[0]
            said = _SAID.get(first.code, "did not answer")
            reason = f"{first.provider} {said}; {reason}"
        grounds = self.grounds
        return Routing(
            provider=provider.name,
            model=provider.model_name,
            reason=reason,
            candidates=tuple(candidate.provider.name for candidate in self._candidates),
            demo=provider.info.demo,
            failed=tuple(self._setbacks),
            category=grounds.category,
            mood=grounds.mood,
            difficulty=grounds.difficulty,
            dial=grounds.dial,
            explored=grounds.explored,
            weighed=tuple(candidate.weighed() for candidate in self._candidates),
        )

    async def stream(self) -> AsyncGenerator[StreamEvent, None]:
        """Raises `NoProviderAvailable` or `BudgetExceeded` before the first word, the provider's own error after it."""
        while (call := await self._next_call()) is not None:
            try:
                async with aclosing(call.events()) as events:
                    async for event in events:
                        yield event
            except ProviderError:
                if call.has_text:
                    raise
            else:
                return
        raise self._nobody()

    async def complete(self) -> Completion:
        """Raises `NoProviderAvailable`, or `BudgetExceeded` when no candidate may be paid for.

        A whole answer gives no sign of life before it is there, so a candidate with others behind it gets half of
        the time that is left: one that hangs must not use up theirs.
        """
        while (call := await self._next_call(share=0.5)) is not None:
            try:
                return await call.completion()
            except ProviderError:
                continue  # on record as an attempt
        raise self._nobody()

    async def _next_call(self, *, share: float = 1.0) -> _Call | None:
        """The next call to make, as long as there is a candidate and time: all for the last, a share for others."""
        if self._started is None:
            self._started = self.clock.monotonic()
        elif (pause := self._pause_before_repeating()) is not None:
            self._repeated = True
            await asyncio.sleep(pause)
        else:
            self._place, self._repeated = self._place + 1, False
        while self._place < len(self._candidates) and self._time_left(self._started) > 0:
            self._current = self._candidates[self._place]
            info = self._current.provider.info
            request = self._request_for(info)
            try:
                started_at = await self._admit(info, request)
            except (BudgetExceeded, ProviderDisabled) as error:
                reason = "budget" if isinstance(error, BudgetExceeded) else error.message
                logger.info("provider_skipped", provider=info.name, reason=reason)
                if isinstance(error, BudgetExceeded):
                    self._refusals.append(error)
                self.note_setback(info, info.model_name, error, reason=reason)
                self._place, self._repeated = self._place + 1, False
                continue
            left = self._time_left(self._started)
            if not self._is_last():
                left *= share
            return _Call(self, self._current, request, _within(self._deadlines, left), started_at)
        return None

    async def _admit(self, info: ProviderInfo, request: GenerationRequest) -> datetime:
        """The time of the call, once it may be made. Raises `ProviderDisabled` and `BudgetExceeded`."""
        if not self._may_call(info.name):
            raise ProviderDisabled(info.name)
        if self._budget is None:
            return self.clock.now()
        unused = bool(self.attempts) and self.attempts[-1].usage == NOTHING_USED
        return await self._budget.reserve(planned_call(info, request), former_unused=unused)

    def _time_left(self, started: float) -> float:
        """Seconds."""
        return self._deadlines.total - (self.clock.monotonic() - started)

    def note_setback(self, info: ProviderInfo, model: str, error: MasterXError, reason: str) -> None:
        self._setbacks.append(FailedAttempt(provider=info.name, model=model, code=error.code, reason=reason))

    def _pause_before_repeating(self) -> float | None:
        """Seconds, or None to go on. Only the last candidate is worth a second try: any other is quicker asked."""
        failed = self.attempts[-1]
        error = failed.error
        if (
            self._repeated
            or not self._is_last()
            or error is None
            or not error.retryable
            or failed.duration_ms > QUICK_FAILURE_SECONDS * 1000
            or (error.retry_after or 0) > LONGEST_PAUSE_SECONDS
        ):
            return None
        return max(error.retry_after or 0, self._random_between(*PAUSE_SECONDS))

    def _is_last(self) -> bool:
        """Whether nobody behind this one may be asked."""
        return not any(self._may_call(other.provider.name) for other in self._candidates[self._place + 1 :])

    def _nobody(self) -> MasterXError:
        if self._refusals and not self.attempts:
            return min(self._refusals, key=lambda error: error.retry_after or 0)
        tried = [
            {"provider": setback.provider, "code": setback.code, "reason": setback.reason} for setback in self._setbacks
        ]
        return NoProviderAvailable(details={"tried": tried})


class _Call:
    """One call to one candidate, noted among the attempts when it ends, however it ends."""

    def __init__(
        self,
        asking: FallbackAnswer,
        candidate: Candidate,
        request: GenerationRequest,
        deadlines: Deadlines,
        started_at: datetime,
    ) -> None:
        self._asking = asking
        self._provider = candidate.provider
        self._request = request
        self._deadlines = deadlines
        self._started_at = started_at
        self._started = asking.clock.monotonic()
        self._parts: list[str] = []
        self._finished: Finished | None = None
        logger.info(
            "provider_selected",
            provider=self._provider.name,
            category=asking.grounds.category or GENERAL,
            benchmark_score=candidate.score,
            reason=candidate.reason,
        )

    @property
    def has_text(self) -> bool:
        return bool(self._parts)

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        with self._noted():
            async with aclosing(self._provider.stream(self._request, self._deadlines)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        self._parts.append(event.text)
                    else:
                        self._finished = event
                    yield event

    async def completion(self) -> Completion:
        with self._noted():
            completion = await self._provider.complete(self._request, self._deadlines)
            self._parts.append(completion.text)
            self._finished = completion.finished
            return completion

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except ProviderError as error:
            logger.warning("provider_failed", provider=self._provider.name, error=error.code)
            self._note(CallOutcome.FAILED, error)
            raise
        except BaseException:
            # A learner who left or a server that stops: cancelled, or the iterator closed.
            self._note(CallOutcome.ABORTED, None)
            raise
        else:
            self._note(CallOutcome.SUCCEEDED, None)

    def _note(self, outcome: CallOutcome, error: ProviderError | None) -> None:
        clock = self._asking.clock
        model = self._finished.model if self._finished else self._provider.model_name
        if error is not None:
            self._asking.note_setback(self._provider.info, model, error, reason=error.message)
        if self._asking.observe is not None:
            self._asking.observe(self._provider.name, outcome, error)
        self._asking.attempts.append(
            Attempt(
                info=self._provider.info,
                model=model,
                started_at=self._started_at,
                duration_ms=round((clock.monotonic() - self._started) * 1000),
                outcome=outcome,
                usage=self._usage(outcome),
                error=error,
            )
        )

    def _usage(self, outcome: CallOutcome) -> Usage:
        if self._finished is not None and self._finished.usage is not None:
            return self._finished.usage
        if outcome is CallOutcome.FAILED and not self._parts:
            return NOTHING_USED
        count = self._asking.estimate_tokens
        return Usage(
            input_tokens=PROMPT_TOKENS + sum(count(turn.content) + MESSAGE_TOKENS for turn in self._request.messages),
            output_tokens=count("".join(self._parts)),
            estimated=True,
        )


def _within(deadlines: Deadlines, left: float) -> Deadlines:
    return replace(deadlines, first_token=min(deadlines.first_token, left), total=left)
