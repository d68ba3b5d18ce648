from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from masterx.tutor.checking import FactChecker

PATIENCE_SECONDS = 60


def processes() -> set[str]:
    """Algebra processes of this one, those of other tests too."""
    mine = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "grading.worker"], capture_output=True, check=False)
    return set(mine.stdout.decode().split())


@pytest.fixture
def checker() -> Iterator[FactChecker]:
    checker = FactChecker(seconds=10)
    yield checker
    checker.close()


@pytest.fixture
def hurried() -> Iterator[FactChecker]:
    checker = FactChecker(seconds=0.3)
    yield checker
    checker.close()


async def test_the_first_question_finds_a_process_that_has_started(checker: FactChecker) -> None:
    """Importing algebra takes longer than a turn waits: without it, a server's first equation went unchecked."""
    before = processes()
    await checker.warm_up()
    (started,) = processes() - before
    (fact,) = await checker.facts("How do I solve the linear equation 2x + 3 = 11?")
    assert fact.results == ("4",)
    assert processes() - before == {started}


async def test_where_a_question_ended_the_process_the_next_one_finds_another(hurried: FactChecker) -> None:
    before = processes()
    await hurried.warm_up()
    first = processes() - before
    assert await hurried.facts("Expand (x+1)^9999") == ()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not processes() - before - first:  # noqa: ASYNC110 - another process tells of itself in no other way
            await asyncio.sleep(0.05)


async def test_nothing_starts_once_it_is_closed(checker: FactChecker) -> None:
    before = processes()
    checker.close()
    await checker.warm_up()
    assert processes() == before
    assert await checker.facts("Solve 2x + 3 = 11") == ()
