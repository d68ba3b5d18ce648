import asyncio

import pytest

from masterx.errors import MasterXError
from masterx.tutor.events import Failed, Token
from masterx.tutor.running import RunningTurn

END = Failed(MasterXError())


async def test_a_listener_hears_all_events_in_order() -> None:
    turn = RunningTurn()

    async def work(running: RunningTurn) -> None:
        for letter in "abc":
            running.emit(Token(letter))
            await asyncio.sleep(0)
        running.emit(END)

    heard: list[object] = []
    await asyncio.gather(turn.start(work), collect(turn, heard))
    assert heard == [Token("a"), Token("b"), Token("c"), END]


async def test_what_happened_meanwhile_comes_in_one_piece() -> None:
    turn = RunningTurn()
    turn.emit(Token("a"))
    turn.emit(Token("b"))
    assert await turn.next_events() == [Token("a"), Token("b")]


async def test_the_work_goes_on_when_nobody_listens() -> None:
    turn = RunningTurn()
    reached = asyncio.Event()

    async def work(running: RunningTurn) -> None:
        running.emit(Token("a"))
        await asyncio.sleep(0)
        reached.set()

    await turn.start(work)
    assert reached.is_set()


async def test_stop_cuts_off_the_part_that_allows_it() -> None:
    turn = RunningTurn()
    generating = asyncio.Event()
    recorded = asyncio.Event()

    async def work(running: RunningTurn) -> None:
        try:
            running.allow_interruption(True)
            generating.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            running.acknowledge_stop()
        await asyncio.sleep(0)
        recorded.set()
        running.emit(END)

    task = turn.start(work)
    await generating.wait()
    turn.stop()
    turn.stop()
    await task
    assert recorded.is_set()


async def test_stop_never_cuts_off_recording() -> None:
    turn = RunningTurn()
    recording = asyncio.Event()
    finish = asyncio.Event()

    async def work(running: RunningTurn) -> None:
        running.allow_interruption(True)
        running.allow_interruption(False)
        recording.set()
        await finish.wait()
        running.emit(END)

    task = turn.start(work)
    await recording.wait()
    turn.stop()
    finish.set()
    await task
    assert await turn.next_events() == [END]


async def test_a_stop_before_generating_is_not_forgotten() -> None:
    turn = RunningTurn()
    turn.stop()
    with pytest.raises(asyncio.CancelledError):
        turn.allow_interruption(True)


async def collect(turn: RunningTurn, heard: list[object]) -> None:
    heard.extend([event async for event in turn])
