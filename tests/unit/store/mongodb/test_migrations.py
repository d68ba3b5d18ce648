from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database as PlainDatabase
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_user

from masterx.errors import ConfigurationError
from masterx.store.mongodb.collections import ALL_COLLECTIONS, indexes
from masterx.store.mongodb.connection import connect
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.migrations import Migration, migrate
from masterx.store.mongodb.store import MongoStore, initialise
from masterx.store.schema import COLLECTIONS, SCHEMA_VERSION


@pytest.fixture
def plain(url: str) -> Any:
    with MongoClient[Any](url) as client:
        yield client.get_default_database()


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    url: str, clock: FrozenClock, plain: PlainDatabase[Any]
) -> None:
    would = await initialise(url, clock, dry_run=True)
    assert "create collection messages" in would
    assert plain.list_collection_names() == []

    assert [*await initialise(url, clock, dry_run=False)] == [
        change
        for change in would
        if change != "create collection leases"  # the lease itself made it
    ]
    assert sorted(plain.list_collection_names()) == sorted(ALL_COLLECTIONS)
    assert list(await initialise(url, clock, dry_run=True)) == []
    assert list(await initialise(url, clock, dry_run=False)) == []


async def test_every_collection_of_the_design_has_its_rules_and_indexes(
    store: MongoStore, plain: PlainDatabase[Any]
) -> None:
    rules = {row["name"]: row["options"].get("validator") for row in plain.list_collections()}
    assert all(rules[name] for name in COLLECTIONS)
    for index in indexes():
        assert index.name in plain[index.collection].index_information()


async def test_two_hosts_at_once_make_one_schema(url: str, clock: FrozenClock, plain: PlainDatabase[Any]) -> None:
    stores = await asyncio.gather(*(MongoStore.open(url, clock) for _ in range(4)))
    for store in stores:
        assert await store.schema_version() == SCHEMA_VERSION
        await store.close()
    assert plain["schema_version"].count_documents({}) == 1
    assert plain["leases"].count_documents({}) == 0


async def test_a_newer_schema_is_refused_and_left_alone(
    store: MongoStore, url: str, clock: FrozenClock, plain: PlainDatabase[Any]
) -> None:
    plain["schema_version"].insert_one({"_id": SCHEMA_VERSION + 1, "name": "of the future"})
    for attempt in (MongoStore.open(url, clock), initialise(url, clock, dry_run=True)):
        with pytest.raises(ConfigurationError, match="a newer MasterX has written to it"):
            await attempt


async def test_another_programs_database_is_refused(url: str, clock: FrozenClock, plain: PlainDatabase[Any]) -> None:
    plain["recipes"].insert_one({"dish": "soup"})
    with pytest.raises(ConfigurationError, match="another program"):
        await MongoStore.open(url, clock)
    assert plain.list_collection_names() == ["recipes", "leases"] or "recipes" in plain.list_collection_names()


async def test_what_somebody_changed_is_put_right(
    store: MongoStore, url: str, clock: FrozenClock, plain: PlainDatabase[Any]
) -> None:
    plain["messages"].drop_index("messages_session_time")
    plain.command("collMod", "users", validator={})
    changes = await initialise(url, clock, dry_run=False)
    assert list(changes) == ["change the validator of users", "create indexes of messages: messages_session_time"]


async def test_numbered_steps_change_rows_of_an_older_schema_once(
    store: MongoStore, url: str, clock: FrozenClock, plain: PlainDatabase[Any]
) -> None:
    user = make_user()
    await store.add_user(user)
    plain["schema_version"].delete_many({})
    plain["schema_version"].insert_one({"_id": SCHEMA_VERSION - 1, "name": "before"})
    ran: list[str] = []

    async def rename(access: Access) -> None:
        ran.append("now")
        await access.update("users", {"_id": user.id}, {"$set": {"name": "Emmy"}})

    async def never(access: Access) -> None:
        raise AssertionError("an older step")

    steps = [Migration(SCHEMA_VERSION - 1, "older", never), Migration(SCHEMA_VERSION, "names", rename)]
    database, server = await connect(url)
    for _ in range(2):
        await migrate(database, server, clock, steps)
    await database.close()
    assert ran == ["now"]
    stored = await store.user(user.id)
    assert stored is not None
    assert stored.name == "Emmy"
    assert await store.schema_version() == SCHEMA_VERSION
