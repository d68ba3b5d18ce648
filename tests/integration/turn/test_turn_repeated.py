"""The same request twice: one answer, one call, one charge."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider, Script
from tests.integration.turn.conftest import AskFor, Ready, heard

from masterx.errors import DatabaseUnavailable, IdempotencyMismatch, NotFound, RequestInProgress
from masterx.records.users import User
from masterx.store.ports import Store
from masterx.tutor.claim import LEASE
from masterx.tutor.events import Done, Started, Token
from masterx.tutor.turn import Tutor

ALWAYS = (START - timedelta(days=1), START + timedelta(days=1))


async def test_the_same_key_and_body_get_the_same_answer_without_a_second_call(
    tutor: Tutor, ready: Ready, store: Store, ask: AskFor
) -> None:
    provider = FakeProvider()
    ready.providers = [provider]
    first = await tutor.answer(ask(key="k"))
    second = await tutor.answer(ask(key="k"))
    assert (second.answer, second.question, second.replayed) == (first.answer, first.question, True)
    started, token, done = await heard(await tutor.stream(ask(key="k")))
    assert isinstance(started, Started)
    assert token == Token(first.answer.content)
    assert isinstance(done, Done)
    assert done.answer == first.answer
    assert len(provider.calls) == 1
    assert len(await store.cost_events(*ALWAYS)) == 1


async def test_another_body_is_refused(tutor: Tutor, ask: AskFor) -> None:
    await tutor.answer(ask("one", key="k"))
    with pytest.raises(IdempotencyMismatch):
        await tutor.answer(ask("two", key="k"))


async def test_keys_of_two_learners_have_nothing_to_do_with_each_other(tutor: Tutor, store: Store, ask: AskFor) -> None:
    from tests.fakes.records import make_user  # noqa: PLC0415

    other = make_user()
    await store.add_user(other)
    first = await tutor.answer(ask(key="k"))
    second = await tutor.answer(AskFor(other.id)(key="k"))
    assert first.session.id != second.session.id


async def test_of_many_at_once_one_is_answered_and_the_rest_hear_that_it_runs(
    tutor: Tutor, ready: Ready, store: Store, ask: AskFor
) -> None:
    go_on = asyncio.Event()
    provider = FakeProvider(Script(wait_before_first=go_on))
    ready.providers = [provider]
    first = asyncio.create_task(tutor.answer(ask(key="k")))
    await provider.called.wait()
    others = await asyncio.gather(*(tutor.answer(ask(key="k")) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(other, RequestInProgress) for other in others)
    go_on.set()
    answered = await first
    assert (await tutor.answer(ask(key="k"))).answer == answered.answer
    assert len(provider.calls) == 1


async def test_a_claim_that_a_crash_left_behind_lapses(
    tutor: Tutor, ready: Ready, store: Store, ask: AskFor, clock: FrozenClock
) -> None:
    stuck = FakeProvider(Script(wait_before_first=asyncio.Event()))
    ready.providers = [stuck]
    crashed = asyncio.create_task(tutor.answer(ask(key="k")))
    await stuck.called.wait()
    clock.advance(LEASE.total_seconds() + 1)
    ready.providers = [FakeProvider()]
    done = await tutor.answer(ask(key="k"))
    assert not done.replayed
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    assert (await tutor.answer(ask(key="k"))).answer == done.answer, "the latecomer did not release it"


async def test_an_answer_that_was_deleted_is_gone(tutor: Tutor, store: Store, learner: User, ask: AskFor) -> None:
    done = await tutor.answer(ask(key="k"))
    await store.delete_session(done.session.id, learner.id)
    again = await tutor.answer(ask(key="k"))
    assert not again.replayed
    with pytest.raises(NotFound):
        await tutor.answer(ask(session_id=done.session.id))


async def test_a_locked_database_is_said_and_heals(tutor: Tutor, ask: AskFor, tmp_path: Path, ready: Ready) -> None:
    provider = FakeProvider()
    ready.providers = [provider]
    intruder = sqlite3.connect(tmp_path / "masterx.sqlite3", isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await tutor.answer(ask(key="k"))
    assert provider.calls == [], "no money is spent on an answer that could not be kept"
    intruder.execute("ROLLBACK")
    intruder.close()
    assert (await tutor.answer(ask(key="k"))).answer.content == "Hello there"
