"""All rows of a store, copied out of it and into it. Between any two of them nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.every_collection import fill_every_collection
from tests.fakes.records import make_turn

from masterx.backup.filling import compare_stores, fill_from_backup, fill_from_store
from masterx.backup.progress import Progress
from masterx.backup.taking import take_backup
from masterx.errors import BackupError
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.copies import row_source, row_target
from masterx.store.opening import open_store
from masterx.store.rows import LEFT_OUT
from masterx.store.schema import COLLECTIONS, SCHEMA_VERSION, SIDE_COLLECTIONS
from masterx.store.sqlite.row_values import shapes_of_version


@pytest.fixture
def a_file(tmp_path: Path) -> StoreSettings:
    """Another place, of SQLite."""
    return StoreSettings(_env_file=None, data_dir=tmp_path / "another place")


async def filled(settings: StoreSettings, clock: FrozenClock) -> User:
    """Something in every collection."""
    store = await open_store(settings, clock)
    user = await fill_every_collection(store)
    await store.close()
    return user


def test_every_table_is_a_collection_and_the_other_way_round() -> None:
    """What a migration adds is also named in `store.schema`, or `masterx init` does not make it on MongoDB."""
    assert {*shapes_of_version(SCHEMA_VERSION).fields, *LEFT_OUT} == {*COLLECTIONS, *SIDE_COLLECTIONS, "schema_version"}


async def test_what_is_copied_below_has_rows_in_every_collection(
    store_settings: StoreSettings, clock: FrozenClock
) -> None:
    """One that a migration added gets rows in `tests/fakes/every_collection.py`, or its copying is not tested."""
    await filled(store_settings, clock)
    async with row_source(store_settings, clock) as source:
        assert [name for name, count in (await source.counts()).items() if count == 0] == []


async def test_an_erased_person_is_named_in_no_row_of_any_collection(
    store_settings: StoreSettings, clock: FrozenClock
) -> None:
    user = await filled(store_settings, clock)
    store = await open_store(store_settings, clock)
    await store.erase_user(user.id)
    await store.close()
    async with row_source(store_settings, clock) as source:
        for collection in source.fields:
            async for rows in source.batches(collection):
                told = [row for row in rows if user.id in str(row) or user.email in str(row) or user.name in str(row)]
                assert told == [], collection


async def test_a_backup_of_any_store_fills_any_other(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock, tmp_path: Path
) -> None:
    await filled(store_settings, clock)
    async with row_source(store_settings, clock) as source:
        backup = await take_backup(source, tmp_path / "backup", program="1", created_at=clock.now())
    async with row_target(a_file, SCHEMA_VERSION, clock) as target:
        await fill_from_backup(target, backup, None, now=clock.now())
    await require_same(store_settings, a_file, clock)
    copy = await open_store(a_file, clock)
    assert (await copy.audit()).is_true
    await copy.close()


async def test_a_file_moves_into_any_store_and_goes_on_after_a_stop(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock
) -> None:
    await filled(a_file, clock)

    def stop_at_messages(progress: Progress) -> None:
        if progress.collection == "messages":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(a_file, store_settings, clock, stop_at_messages)
    seen: list[Progress] = []
    await move(a_file, store_settings, clock, seen.append)
    assert "users" not in {progress.collection for progress in seen if progress.step == "copy"}
    await require_same(a_file, store_settings, clock)
    store = await open_store(store_settings, clock)
    assert (await store.audit()).is_true
    (user, _) = await store.users(limit=2)
    (session, *_) = (await store.sessions(user.id, limit=1)).sessions
    again = await store.record_turn(make_turn(session, at=START + timedelta(hours=1)))
    lesson = await store.lesson(again.id, user.id, limit=100)
    assert lesson is not None
    assert [message.role for message in lesson[1]] == ["user", "assistant"] * (len(lesson[1]) // 2)
    await store.close()


async def test_rows_that_are_there_are_not_mixed_with_others(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock, tmp_path: Path
) -> None:
    await filled(a_file, clock)
    await filled(store_settings, clock)
    async with row_source(a_file, clock) as source:
        backup = await take_backup(source, tmp_path / "backup", program="1", created_at=clock.now())
        before = await source.counts()
    with pytest.raises(BackupError, match="--replace"):
        async with row_target(store_settings, SCHEMA_VERSION, clock) as target:
            await fill_from_backup(target, backup, None, now=clock.now())
    async with row_target(store_settings, SCHEMA_VERSION, clock, replace=True) as target:
        await fill_from_backup(target, backup, None, now=clock.now())
    await require_same(a_file, store_settings, clock)
    async with row_source(store_settings, clock) as source:
        assert await source.counts() == before


async def test_two_cannot_fill_the_same_store(store_settings: StoreSettings, clock: FrozenClock) -> None:
    async with row_target(store_settings, SCHEMA_VERSION, clock):
        with pytest.raises(BackupError, match="nother restore"):
            async with row_target(store_settings, SCHEMA_VERSION, clock):
                raise AssertionError


async def move(source: StoreSettings, target: StoreSettings, clock: FrozenClock, watch: object) -> None:
    async with (
        row_source(source, clock, closed_to_writers=True) as rows,
        row_target(target, SCHEMA_VERSION, clock, resume=True) as there,
    ):
        await fill_from_store(there, rows, now=clock.now(), watch=watch)  # type: ignore[arg-type]  # a list's append is one


async def require_same(one: StoreSettings, other: StoreSettings, clock: FrozenClock) -> None:
    async with row_source(one, clock) as source, row_source(other, clock) as copy:
        await compare_stores(source, copy, of_rows=0, now=clock.now())
