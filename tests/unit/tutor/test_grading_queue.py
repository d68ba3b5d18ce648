"""Fifty answers at once that keep the algebra process busy, and what goes on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from masterx.practice.grading.grader import LATER
from masterx.practice.grading.verdicts import AnswerKind, Task, Verdict
from masterx.tutor.grading_queue import MOST_OF_ONE, MOST_WAITING, GradingQueue

EXPAND = Task(kind=AnswerKind.EXPRESSION, reference="x^2+6x+9", question="Expand (x+3)^2.")
VALUE = Task(kind=AnswerKind.NUMBER, reference="12")
HUGE = "x^9^9^9"


@pytest.fixture
def queue() -> Iterator[GradingQueue]:
    opened = GradingQueue()
    yield opened
    opened.close()


async def test_a_burst_is_judged_as_far_as_the_line_goes_and_holds_nothing_else_up(queue: GradingQueue) -> None:
    await queue.grade("somebody", VALUE, "11")  # imports what it needs
    burst = [asyncio.create_task(queue.grade(f"learner {number % 25}", EXPAND, HUGE)) for number in range(50)]
    await asyncio.sleep(0)
    beside = await queue.grade("somebody", VALUE, "12")
    assert beside.verdict is Verdict.ACCEPT
    assert not all(each.done() for each in burst)
    grades = await asyncio.gather(*burst)
    assert [grade.verdict for grade in grades].count(Verdict.REJECT) == MOST_WAITING
    assert {grade.feedback for grade in grades if grade.verdict is not Verdict.REJECT} == {LATER}
    assert (await queue.grade("learner 1", EXPAND, "9+6x+x²")).verdict is Verdict.ACCEPT


async def test_nobody_fills_the_line_alone(queue: GradingQueue) -> None:
    theirs = [asyncio.create_task(queue.grade("one", EXPAND, HUGE)) for _ in range(10)]
    await asyncio.sleep(0)
    assert (await queue.grade("another", EXPAND, "x^2+6x+9")).verdict is Verdict.ACCEPT
    judged = [grade for grade in await asyncio.gather(*theirs) if grade.uses_a_try]
    assert len(judged) == MOST_OF_ONE


async def test_who_waited_too_long_is_not_judged() -> None:
    hurried = GradingQueue(longest_wait=-1.0)
    assert (await hurried.grade("one", EXPAND, "x^2+6x+9")).feedback == LATER
    assert (await hurried.grade("one", VALUE, "12")).verdict is Verdict.ACCEPT
    hurried.close()
