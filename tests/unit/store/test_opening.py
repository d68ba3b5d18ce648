from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock

from masterx.errors import ConfigurationError, DatabaseError
from masterx.settings import StoreSettings
from masterx.store.opening import DATABASE_FILE, initialise, open_store, sqlite_path
from masterx.store.schema import SCHEMA_VERSION

PATIENCE_SECONDS = 60
"""Of each of those that create one database at once: all others may have their turn before it."""


def _settings(folder: Path, url: str | None = None) -> StoreSettings:
    return StoreSettings(data_dir=folder, database_url=url, busy_seconds=PATIENCE_SECONDS)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (None, f"here/{DATABASE_FILE}"),
        ("sqlite:///some where/ü.db", "some where/ü.db"),
        ("sqlite:////var/lib/a.db", "/var/lib/a.db"),
    ],
)
def test_where_the_file_lies(url: str | None, path: str) -> None:
    assert sqlite_path(_settings(Path("here"), url)) == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:pa55word@host/db",
        "masterx.db",
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a/",
    ],
)
def test_other_urls_are_refused_by_the_name_of_the_variable_and_never_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MASTERX_DATABASE_URL") as refused:
        sqlite_path(_settings(Path("here"), url))
    assert "pa55word" not in refused.value.message


async def test_folder_and_files_are_their_owners_alone(tmp_path: Path, clock: FrozenClock) -> None:
    folder = tmp_path / "deep" / "data"
    store = await open_store(_settings(folder), clock)
    await store.ping()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    await store.close()
    assert [path.name for path in folder.iterdir()] == [DATABASE_FILE]


async def test_a_folder_that_cannot_be_made_names_the_variables(tmp_path: Path, clock: FrozenClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="MASTERX_DATA_DIR"):
        await open_store(_settings(tmp_path / "file" / "data"), clock)
    with pytest.raises(ConfigurationError, match="MASTERX_DATABASE_URL"):
        await open_store(_settings(tmp_path, f"sqlite:///{tmp_path}"), clock)


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, clock: FrozenClock) -> None:
    other = tmp_path / DATABASE_FILE
    other.write_text("my shopping list " * 100)
    with pytest.raises(DatabaseError) as refused:
        await open_store(_settings(tmp_path), clock)
    assert refused.value.details == {"reason": "damaged"}
    assert other.read_text() == "my shopping list " * 100


async def test_many_may_create_one_database_at_once(tmp_path: Path, clock: FrozenClock) -> None:
    stores = await asyncio.gather(*(open_store(_settings(tmp_path / "data"), clock) for _ in range(8)))
    await asyncio.gather(*(store.ping() for store in stores))
    for store in stores:
        await store.close()


async def test_a_dry_run_says_what_would_be_done_and_makes_nothing(tmp_path: Path, clock: FrozenClock) -> None:
    settings = _settings(tmp_path / "data")
    would = await initialise(settings, clock, dry_run=True)
    assert would[0].startswith("create the file")
    assert len(would) == 1 + SCHEMA_VERSION
    assert _names(tmp_path) == []

    assert await initialise(settings, clock, dry_run=False) == would
    assert await initialise(settings, clock, dry_run=True) == []
    assert await initialise(settings, clock, dry_run=False) == []
