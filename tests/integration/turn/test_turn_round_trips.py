"""How often a turn asks a MongoDB server: each time costs a way there and back, and a commit a disk's or two.

Before MongoDB 8.0 there is no command that writes to several collections, and a turn takes one for each of ten, and two
for messages, where it inserts and updates.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.mongodb import MongoServer, dropped_after
from tests.fakes.mongodb_commands import Commands
from tests.fakes.records import make_user
from tests.integration.turn.conftest import AskFor, Ready

from masterx.practice.served_bank import ServedBank
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind
from masterx.records.money import from_dollars
from masterx.settings import TurnSettings
from masterx.store.mongodb.connection import connect
from masterx.store.mongodb.store import MongoStore, initialise
from masterx.tutor.assessing import Assessor
from masterx.tutor.checking import FactChecker
from masterx.tutor.turn import Tutor

MOST = 6
OF_AN_OLD_SERVER = 17


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def store(mongodb: MongoServer, clock: FrozenClock, commands: Commands) -> AsyncIterator[MongoStore]:
    url = mongodb.url()
    with dropped_after(url):
        await initialise(url, clock, dry_run=False)
        database, _ = await connect(url, [commands])
        opened = MongoStore(database, clock)
        yield opened
        await opened.close()


@pytest.fixture
async def old_store(mongodb: MongoServer, clock: FrozenClock, commands: Commands) -> AsyncIterator[MongoStore]:
    """As with a server before 8.0."""
    url = mongodb.url()
    with dropped_after(url):
        await initialise(url, clock, dry_run=False)
        database, _ = await connect(url, [commands])
        database.batches = False
        opened = MongoStore(database, clock)
        yield opened
        await opened.close()


async def test_a_turn_asks_the_server_six_times_at_most(
    store: MongoStore, commands: Commands, clock: FrozenClock, ready: Ready
) -> None:
    await take_two_turns(store, commands, clock, ready)

    assert commands.names == [
        "bulkWrite",  # the claim, and whether the learner is there
        "aggregate",  # the lesson with its newest messages
        "bulkWrite",  # the most that the call can cost is held
        "aggregate",  # and looked at, with all else that is held and spent
        "bulkWrite",  # everything that the turn leaves behind
        "commitTransaction",
    ]
    assert len(commands.names) <= MOST


async def test_assessing_costs_no_further_way_there_and_back(
    store: MongoStore, commands: Commands, clock: FrozenClock, ready: Ready
) -> None:
    checker = FactChecker()
    assessor = Assessor(store, ServedBank(), clock, checker)
    await take_two_turns(store, commands, clock, ready, assessor)
    await assessor.aclose()
    checker.close()
    assert commands.names == ["bulkWrite", "aggregate", "bulkWrite", "aggregate", "bulkWrite", "commitTransaction"]
    assert len(commands.names) <= MOST


async def test_an_older_server_is_asked_once_for_each_collection(
    old_store: MongoStore, commands: Commands, clock: FrozenClock, ready: Ready
) -> None:
    await take_two_turns(old_store, commands, clock, ready)
    assert commands.names[:5] == ["insert", "update", "aggregate", "insert", "aggregate"]
    assert commands.names[-1] == "commitTransaction"
    assert len(commands.names) == OF_AN_OLD_SERVER


async def take_two_turns(
    store: MongoStore, commands: Commands, clock: FrozenClock, ready: Ready, assessor: Assessor | None = None
) -> None:
    """Note the second one: it has an idempotency key, a budget, and a lesson to go on with."""
    learner = make_user()
    await store.add_user(learner)
    system = BudgetScope(ScopeKind.SYSTEM)
    await store.set_budget(Budget(scope=system, window=BudgetWindow.DAY, amount=from_dollars(Decimal(10))))
    tutor = Tutor(TurnSettings(_env_file=None), ready, store, clock, assessor=assessor)
    ask = AskFor(learner.id)
    opened = await tutor.answer(ask(key="first"))

    if assessor is not None:
        await assessor.aclose()  # what it reads beside the first turn
    commands.sent.clear()
    await tutor.answer(ask("And at night?", session_id=opened.session.id, key="second"))
    await tutor.aclose()


async def test_the_lesson_and_the_money_are_right_all_the_same(
    store: MongoStore, clock: FrozenClock, ready: Ready
) -> None:
    learner = make_user()
    await store.add_user(learner)
    tutor = Tutor(TurnSettings(_env_file=None), ready, store, clock)
    ask = AskFor(learner.id)
    first = await tutor.answer(ask(key="first"))
    second = await tutor.answer(ask("And at night?", session_id=first.session.id, key="second"))
    again = await tutor.answer(ask("And at night?", session_id=first.session.id, key="second"))
    await tutor.aclose()
    assert again.replayed
    assert again.answer == second.answer
    stored = await store.lesson(first.session.id, learner.id, limit=10)
    assert stored is not None
    assert stored[0] == second.session
    assert [message.id for message in stored[1]] == [
        message.id for turn in (first, second) for message in (turn.question, turn.answer)
    ]
    assert (await store.audit()).is_true
