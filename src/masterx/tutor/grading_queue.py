"""Answers on their way through the grader: those that need algebra wait in a line of their own, which is short."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import LATER, Grader
from masterx.practice.grading.verdicts import Grade, Task, unreadable

MOST_WAITING: Final = 16
"""Answers in the line, at up to three seconds of CPU each; what comes beyond is not judged and may be sent again."""
MOST_OF_ONE: Final = 3
"""Of one learner, so that nobody fills the line alone."""
LONGEST_WAIT: Final = 20.0
"""Seconds in the line; then an answer is not judged either, as whoever wrote it has long looked elsewhere."""

logger = structlog.get_logger()


class GradingQueue:
    """One thread and one algebra process, which the first answer that needs it starts. Everything else that a server
    does in threads goes on beside it.
    """

    def __init__(self, algebra: Algebra | None = None, *, longest_wait: float = LONGEST_WAIT) -> None:
        self._longest_wait = longest_wait
        self._algebra = algebra or Algebra()
        self._grader = Grader(self._algebra)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="grading")
        self._waiting: Counter[str] = Counter()

    def close(self) -> None:
        """What is being graded is not judged."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._algebra.close()

    async def grade(self, user_id: str, task: Task, text: str) -> Grade:
        """Raises `ReferenceUnreadable`."""
        if not self._grader.needs_algebra(task):
            return await asyncio.to_thread(self._grader.grade, task, text)
        if self._waiting[user_id] >= MOST_OF_ONE or self._waiting.total() >= MOST_WAITING:
            logger.warning("answer_not_graded", waiting=self._waiting.total(), own=self._waiting[user_id])
            return unreadable(LATER)
        self._waiting[user_id] += 1
        try:
            until = time.monotonic() + self._longest_wait
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._graded, task, text, until)
        finally:
            self._waiting[user_id] -= 1
            self._waiting += Counter()  # forgets those who wait no more

    def _graded(self, task: Task, text: str, until: float) -> Grade:
        return unreadable(LATER) if time.monotonic() > until else self._grader.grade(task, text)
