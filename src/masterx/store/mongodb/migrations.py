"""From any older schema to this one: collections, validators and indexes as they are to be, then numbered steps.

What there is to be is compared with what there is, so that doing it again changes nothing, and a dry run can say what
would be done. A step is for rows that have to change; most versions have none here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog
from pymongo import IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from masterx.clock import Clock, new_id
from masterx.errors import ConfigurationError, DatabaseUnavailable
from masterx.store.mongodb import vector_index
from masterx.store.mongodb.collections import ALL_COLLECTIONS, SHARD_KEYS, index_model, indexes
from masterx.store.mongodb.connection import Server
from masterx.store.mongodb.database import Access, Database
from masterx.store.mongodb.documents import Row, document, whole
from masterx.store.mongodb.operations import release_lease, take_lease
from masterx.store.mongodb.validators import validator
from masterx.store.schema import SCHEMA_VERSION

LEASE: Final = "schema"
LEASE_TIME: Final = timedelta(minutes=2)
"""Renewed after each change; a host that died is waited for no longer than this."""
_POLL_SECONDS: Final = 0.2
_WAIT_SECONDS: Final = 150.0
_NAMESPACE_EXISTS: Final = 48

logger = structlog.get_logger()

Step = Callable[[Access], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    step: Step
    """Does nothing twice: it is begun again when its host died."""


MIGRATIONS: Final[Sequence[Migration]] = ()
"""Rows that changed their form, by version. This store began with version 7."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is to be done."""

    says: str
    do: Callable[[Access], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Plan:
    version: int
    """That the database is at; 0 for an empty one."""
    changes: Sequence[Change] = field(default_factory=tuple)

    @property
    def is_done(self) -> bool:
        return not self.changes and self.version == SCHEMA_VERSION


async def applied_version(access: Access) -> int:
    """0 for an empty database."""
    newest = await access.all("schema_version", {}, sort=[("_id", -1)], limit=1)
    return int(newest[0]["_id"]) if newest else 0


async def plan(access: Access, server: Server, migrations: Sequence[Migration] = MIGRATIONS) -> Plan:
    """What is to be done. Raises `ConfigurationError` for a newer schema, and for another program's database."""
    version = await applied_version(access)
    refuse_newer(version)
    database = access.database.client[access.database.name]
    there = {row["name"]: row async for row in await database.list_collections()}
    if version == 0 and any(name not in ALL_COLLECTIONS and not name.startswith("system.") for name in there):
        raise ConfigurationError(
            f"MASTERX_DATABASE_URL: the database {access.database.name!r} holds collections of another program; "
            "name another one."
        )
    changes = [*_collections(there), *await _indexes(database, there), *await _search_indexes(access, there)]
    if server.sharded:
        changes += await _shards(access)
    changes += [
        Change(f"change rows: {migration.name} (version {migration.version})", migration.step)
        for migration in migrations
        if 0 < version < migration.version
    ]
    return Plan(version, changes)


def refuse_newer(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"The database has schema version {version}, this program knows versions up to {SCHEMA_VERSION}: "
            "a newer MasterX has written to it. Start that one, or restore a backup from before."
        )


async def migrate(
    database: Database, server: Server, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS
) -> Sequence[str]:
    """Do what is missing, and say what was done. Of several hosts one does it, under a lease; the others wait.

    Raises `ConfigurationError` as `plan` does, `DatabaseUnavailable` when another host does not come to an end.
    """
    holder = new_id(clock.now())
    give_up_at = asyncio.get_running_loop().time() + _WAIT_SECONDS
    while True:
        if await database.write(_take, holder, clock):
            try:
                return await database.write(_apply, server, clock, holder, migrations)
            finally:
                await database.write(release_lease, LEASE, holder)
        if asyncio.get_running_loop().time() > give_up_at:
            raise DatabaseUnavailable(details={"reason": "migrating"}, retry_after=5)
        await asyncio.sleep(_POLL_SECONDS)


async def _take(access: Access, holder: str, clock: Clock) -> bool:
    now = clock.now()
    return await take_lease(access, LEASE, holder, now + LEASE_TIME, now)


async def _apply(
    access: Access, server: Server, clock: Clock, holder: str, migrations: Sequence[Migration]
) -> Sequence[str]:
    todo = await plan(access, server, migrations)
    for change in todo.changes:
        await change.do(access)
        if not await _take(access, holder, clock):
            raise DatabaseUnavailable(details={"reason": "migrating"}, retry_after=5)
    if todo.version != SCHEMA_VERSION:
        mark = document(name="masterx", applied_at=clock.now())
        await access.update("schema_version", {"_id": whole(SCHEMA_VERSION)}, {"$set": mark}, upsert=True)
        logger.info("schema_changed", former=todo.version, version=SCHEMA_VERSION, changes=len(todo.changes))
    return [change.says for change in todo.changes]


def _collections(there: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    changes = []
    for name in ALL_COLLECTIONS:
        if name not in there:
            changes.append(_creation(name))
        elif there[name].get("options", {}).get("validator") != validator(name):
            changes.append(_validation(name))
    return changes


def _creation(name: str) -> Change:
    async def create(access: Access) -> None:
        rule = validator(name)
        options: dict[str, Any] = {} if rule is None else {"validator": rule, "validationLevel": "strict"}
        try:
            await access.database.client[access.database.name].create_collection(name, **options)
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise

    return Change(f"create collection {name}", create)


def _validation(name: str) -> Change:
    async def change(access: Access) -> None:
        await access.database.client[access.database.name].command(
            "collMod", name, validator=validator(name) or {}, validationLevel="strict"
        )

    return Change(f"change the validator of {name}", change)


async def _indexes(database: Any, there: Mapping[str, Any]) -> list[Change]:
    """One change for each collection: its indexes are built together."""
    changes: list[Change] = []
    for name in ALL_COLLECTIONS:
        wanted = {index.name: index_model(index) for index in indexes() if index.collection == name}
        found: Mapping[str, Any] = await database[name].index_information() if name in there else {}
        stale = [each for each, model in wanted.items() if each in found and not _same(model, found[each])]
        missing = [model for each, model in wanted.items() if each not in found or each in stale]
        if missing:
            changes.append(_index_change(name, stale, missing))
    return changes


def _same(model: IndexModel, found: Mapping[str, Any]) -> bool:
    wanted = model.document
    partial = dict(found.get("partialFilterExpression") or {})
    return (
        list(wanted["key"].items()) == [(name, int(direction)) for name, direction in found["key"]]
        and bool(wanted.get("unique")) == bool(found.get("unique"))
        and wanted.get("expireAfterSeconds") == found.get("expireAfterSeconds")
        and (wanted.get("partialFilterExpression") or {}) == partial
    )


def _index_change(collection: str, stale: Sequence[str], missing: Sequence[IndexModel]) -> Change:
    async def build(access: Access) -> None:
        there = access.database.client[access.database.name][collection]
        for name in stale:
            await there.drop_index(name)
        await there.create_indexes(list(missing))

    names = ", ".join(model.document["name"] for model in missing)
    return Change(f"create indexes of {collection}: {names}", build)


async def _search_indexes(access: Access, there: Mapping[str, Any]) -> list[Change]:
    """Built by the server in its own time; until then, and where it cannot, messages are searched in process."""
    if vector_index.COLLECTION not in there:  # the server cannot be asked yet
        return [_search_index("create search index {}, where the server has such", vector_index.create)]
    found = await vector_index.listed(access)
    if found is None or (found and vector_index.is_current(found[0])):
        return []
    if found:
        return [_search_index("change search index {}", vector_index.redefine)]
    return [_search_index("create search index {}", vector_index.create)]


def _search_index(says: str, order: Callable[[Access], Awaitable[bool]]) -> Change:
    async def do(access: Access) -> None:
        if not await order(access):
            logger.info("search_index_not_made", index=vector_index.NAME)

    return Change(says.format(vector_index.NAME), do)


async def _shards(access: Access) -> list[Change]:
    client, name = access.database.client, access.database.name
    spread = {row["_id"] async for row in client["config"]["collections"].find({"_id": {"$regex": f"^{name}\\."}})}
    return [
        _sharding(collection, key) for collection, key in SHARD_KEYS.items() if f"{name}.{collection}" not in spread
    ]


def _sharding(collection: str, key: Mapping[str, Any]) -> Change:
    async def shard(access: Access) -> None:
        namespace = f"{access.database.name}.{collection}"
        keys: Row = dict(key)
        await access.database.client[access.database.name][collection].create_index(list(keys.items()))
        await access.database.client.admin.command({"shardCollection": namespace, "key": keys})

    return Change(f"shard {collection} by {', '.join(key)}", shard)
