from __future__ import annotations

import pytest

from masterx.errors import DatabaseUnavailable
from masterx.records.administration import Signals
from masterx.signals import OperatorSignals


class Source:
    def __init__(self) -> None:
        self.generation = 0
        self.is_gone = False

    async def signals(self) -> Signals:
        if self.is_gone:
            raise DatabaseUnavailable
        return Signals(switches={}, reload_generation=self.generation)


async def test_every_listener_hears_what_is_kept_now() -> None:
    source = Source()
    first, second = list[int](), list[int]()

    async def hear(signals: Signals) -> None:
        first.append(signals.reload_generation)

    async def hear_too(signals: Signals) -> None:
        second.append(signals.reload_generation)

    heard = OperatorSignals(source, [hear, hear_too])
    await heard.look()
    source.generation = 7
    await heard.look()
    assert (first, second) == ([0, 7], [0, 7])


async def test_a_store_that_is_gone_is_said_to_whoever_looks() -> None:
    source = Source()
    source.is_gone = True
    with pytest.raises(DatabaseUnavailable):
        await OperatorSignals(source, []).look()
