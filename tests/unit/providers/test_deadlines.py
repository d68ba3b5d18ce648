from __future__ import annotations

import asyncio

import pytest

from masterx.errors import ProviderTimeout
from masterx.providers.base import Deadlines
from masterx.providers.deadlines import Countdown

GENEROUS = 60.0


async def phase_of(countdown: Countdown) -> str:
    with pytest.raises(ProviderTimeout) as caught:
        await countdown.next_piece(asyncio.Event().wait())
    assert caught.value.provider == "p"
    return str(caught.value.details["phase"])


async def test_first_token_deadline_ends_the_wait_for_the_first_piece() -> None:
    countdown = Countdown("p", Deadlines(first_token=0.01, stall=GENEROUS, total=GENEROUS))

    assert await phase_of(countdown) == "first_token"


async def test_stall_deadline_counts_from_the_last_piece() -> None:
    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=0.01, total=GENEROUS))
    countdown.piece_arrived()

    assert await phase_of(countdown) == "stall"


async def test_total_deadline_holds_whatever_arrives() -> None:
    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=GENEROUS, total=0.01))
    countdown.piece_arrived()

    assert await phase_of(countdown) == "total"


async def test_bytes_that_make_no_piece_do_not_move_the_deadline() -> None:
    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=GENEROUS, total=GENEROUS * 2))
    countdown.piece_arrived()
    before = countdown.limit()
    await countdown.next_piece(asyncio.sleep(0.02))

    assert countdown.limit() == before


async def test_a_slow_reader_does_not_use_up_the_stall_deadline() -> None:
    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=0.05, total=GENEROUS))
    countdown.piece_arrived()
    await asyncio.sleep(0.1)  # the reader's own time

    assert await countdown.next_piece(asyncio.sleep(0, "a piece")) == "a piece"


async def test_a_timeout_of_the_awaited_call_itself_passes_as_it_is() -> None:
    async def fails() -> None:
        raise TimeoutError

    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=GENEROUS, total=GENEROUS))

    with pytest.raises(TimeoutError):
        await countdown.next_piece(fails())


async def test_cancelling_the_reader_is_not_a_timeout() -> None:
    countdown = Countdown("p", Deadlines(first_token=GENEROUS, stall=GENEROUS, total=GENEROUS))
    task = asyncio.ensure_future(countdown.next_piece(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
