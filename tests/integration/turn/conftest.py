"""Turns on a real SQLite file, with providers that say what a test wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.providers import FakeProvider
from tests.fakes.records import make_user

from masterx.providers.base import Provider
from masterx.records.users import User
from masterx.settings import StoreSettings, TurnSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.tutor.events import TurnEvent
from masterx.tutor.opening import TurnRequest
from masterx.tutor.running import RunningTurn
from masterx.tutor.turn import Tutor


@dataclass
class Ready:
    """The providers of one test, changeable in its middle."""

    providers: list[Provider] = field(default_factory=lambda: [FakeProvider(price_id="openai", model_name="gpt-4o")])

    def ready(self) -> list[Provider]:
        return self.providers


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    opened = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path, busy_seconds=0.2), clock)
    yield opened
    await opened.close()


@pytest.fixture
def ready() -> Ready:
    return Ready()


@pytest.fixture
async def tutor(ready: Ready, store: Store, clock: FrozenClock) -> AsyncIterator[Tutor]:
    opened = Tutor(TurnSettings(_env_file=None), ready, store, clock)
    yield opened
    await opened.aclose()


@pytest.fixture
async def learner(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
def ask(learner: User) -> AskFor:
    return AskFor(learner.id)


@dataclass(frozen=True)
class AskFor:
    """Makes a learner's requests."""

    user_id: str

    def __call__(
        self,
        message: str = "Why is the sky blue?",
        *,
        session_id: str | None = None,
        replaces: str | None = None,
        continues: str | None = None,
        key: str | None = None,
    ) -> TurnRequest:
        return TurnRequest(
            user_id=self.user_id,
            message="" if continues else message,
            continues=continues,
            session_id=session_id,
            replaces=replaces,
            idempotency_key=key,
            fingerprint=f"{message} {session_id} {replaces} {continues}",
        )


async def heard(turn: RunningTurn) -> list[TurnEvent]:
    return [event async for event in turn]
