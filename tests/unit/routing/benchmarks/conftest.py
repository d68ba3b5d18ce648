from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock

from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    """A real one, of SQLite."""
    store = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path / "data"), clock)
    yield store
    await store.close()
