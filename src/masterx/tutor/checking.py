"""Calculation beside the model: what a message asks for before it is answered, and what the answer claims."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from masterx.practice.claims import contradictions, may_claim
from masterx.practice.facts import Request, requests_of, settled, settled_here
from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.verdicts import AlgebraUnavailable
from masterx.records.checks import AnswerCheck, CheckedFact

logger = structlog.get_logger()

FACT_SECONDS: Final = 0.3
"""A turn does not wait longer for a result, and the algebra process is killed then."""
MOST_WAITING: Final = 4
"""Messages that wait for the algebra process; what comes beyond is answered without."""


class FactChecker:
    """One algebra process of its own, so that nobody's practice waits for it.

    To start it takes longer than a turn waits: `warm_up` does so beforehand, and one that was ended over a question is
    replaced at once.
    """

    def __init__(self, *, seconds: float = FACT_SECONDS) -> None:
        self._algebra = Algebra(time_limit=seconds, wall_limit=seconds)
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="facts")
        self._waiting = 0
        self._replaced = 0
        self._closed = False

    async def warm_up(self) -> None:
        """Until the process has started, or cannot."""
        if not self._closed:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._start)

    def close(self) -> None:
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._algebra.close()

    async def facts(self, question: str) -> tuple[CheckedFact, ...]:
        """Empty where nothing is asked for, nothing is sure, or it takes too long."""
        found: list[CheckedFact] = []
        slow: list[Request] = []
        for request in requests_of(question):
            fact = settled_here(request)
            if fact is not None:
                found.append(fact)
            else:
                slow.append(request)
        if slow:
            found += await self._by_algebra(slow)
        return tuple(found)

    async def check(self, answer: str, question: str, facts: Sequence[CheckedFact]) -> AnswerCheck | None:
        """None where calculation has nothing to say of the answer."""
        if not facts and not may_claim(answer):
            return None
        wrong = await asyncio.to_thread(contradictions, answer, facts, question)
        return AnswerCheck(facts=tuple(facts), contradictions=wrong) if facts or wrong else None

    async def _by_algebra(self, requests: Sequence[Request]) -> list[CheckedFact]:
        if self._closed or self._waiting >= MOST_WAITING:
            return []
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._settle, tuple(requests))
        work.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(work), self._seconds)
        except TimeoutError:
            logger.info("facts_not_settled_in_time")
            return []

    def _settle(self, requests: Sequence[Request]) -> list[CheckedFact]:
        found = (settled(request, self._algebra) for request in requests)
        return [fact for fact in found if fact is not None]

    def _start(self) -> None:
        try:
            self._algebra.start()
        except AlgebraUnavailable:
            logger.info("algebra_not_started")

    def _done(self, work: asyncio.Future[list[CheckedFact]]) -> None:
        self._waiting -= 1
        if self._algebra.killed > self._replaced and not self._closed:
            self._replaced = self._algebra.killed
            self._thread.submit(self._start)
        if not work.cancelled() and work.exception() is not None:
            logger.error("facts_failed", error_type=type(work.exception()).__name__)
