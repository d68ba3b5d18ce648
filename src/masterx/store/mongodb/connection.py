"""Reaching a server, and making sure that it is one that this program can work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from pymongo import AsyncMongoClient
from pymongo import errors as driver
from pymongo.driver_info import DriverInfo
from pymongo.monitoring import CommandListener
from pymongo.uri_parser import parse_uri

from masterx import __version__
from masterx.errors import ConfigurationError
from masterx.store.mongodb.database import TRY_FOR_SECONDS, Database
from masterx.store.mongodb.documents import Row
from masterx.store.mongodb.errors import translated

DEFAULT_DATABASE: Final = "masterx_quantum"
OLDEST_SERVER: Final = "6.0"
_OLDEST_WIRE_VERSION: Final = 17
"""Of 6.0: aggregation and pipelines as this program writes them, snapshot reads, transactions."""
_BATCH_WIRE_VERSION: Final = 25
"""Of 8.0: writes to several collections in one command."""
_SELECTION_SECONDS: Final = 5
"""How long to look for a primary. A turn that is to be recorded asks three times: longer than an election takes."""
_AUTHENTICATION: Final = frozenset({13, 18, 8000})

_REPLICA_SET = (
    "MASTERX_DATABASE_URL: that MongoDB server is on its own and has no transactions, without which a turn could be "
    "kept by half. Make it a replica set of one node: start it with `mongod --replSet rs0`, run "
    "`mongosh --eval 'rs.initiate()'` once, and put `?replicaSet=rs0` at the end of the URL."
)


@dataclass(frozen=True, slots=True)
class Server:
    batches: bool
    sharded: bool


def client_for(url: str, listeners: Sequence[CommandListener] = ()) -> tuple[AsyncMongoClient[Row], str]:
    """A client that has not connected yet, and the database's name. Raises `ConfigurationError`, without the URL."""
    try:
        parsed = parse_uri(url, validate=True)
        given = {name.lower() for name in parsed["options"]}
        options: dict[str, object] = {
            "serverSelectionTimeoutMS": _SELECTION_SECONDS * 1000,
            "connectTimeoutMS": 3_000,
            "socketTimeoutMS": 30_000,
            "waitQueueTimeoutMS": 10_000,
            "maxPoolSize": 64,
            "retryWrites": True,
            "retryReads": True,
            "appName": "masterx",
        }
        client: AsyncMongoClient[Row] = AsyncMongoClient(
            url,
            document_class=dict,
            tz_aware=True,
            tzinfo=UTC,
            event_listeners=list(listeners),
            driver=DriverInfo("masterx", __version__),
            **{name: value for name, value in options.items() if name.lower() not in given},  # type: ignore[arg-type]  # each option has its own type
        )
    except (driver.PyMongoError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"MASTERX_DATABASE_URL is no MongoDB URL that can be used ({type(error).__name__}); it looks like "
            "mongodb://user:password@host:27017/masterx_quantum?replicaSet=rs0, with % before what is not a letter."
        ) from None
    return client, parsed["database"] or DEFAULT_DATABASE


async def connect(
    url: str, listeners: Sequence[CommandListener] = (), try_for_seconds: float = TRY_FOR_SECONDS
) -> tuple[Database, Server]:
    """Raises `ConfigurationError` for a server that cannot be used or does not let us in, `DatabaseUnavailable` when
    none is reached.
    """
    client, name = client_for(url, listeners)
    try:
        server = await _look(client, name)
    except BaseException:
        await client.close()
        raise
    return Database(client, name, batches=server.batches, try_for_seconds=try_for_seconds), server


async def _look(client: AsyncMongoClient[Row], name: str) -> Server:
    try:
        hello = await client.admin.command("hello")
        # The first command that is not for everybody: whether we are let in shows here.
        await client[name].command({"listCollections": 1, "nameOnly": True, "authorizedCollections": True})
    except driver.OperationFailure as error:
        if error.code in _AUTHENTICATION:
            raise ConfigurationError(
                "MASTERX_DATABASE_URL: MongoDB does not take this user name and password, or the user may not use "
                f"the database {name!r}. It needs the role readWrite there; authSource names where the user is kept."
            ) from None
        raise _known(error) from None
    except driver.PyMongoError as error:
        raise _known(error) from None
    sharded = hello.get("msg") == "isdbgrid"
    if not sharded and "setName" not in hello:
        raise ConfigurationError(_REPLICA_SET)
    if hello.get("maxWireVersion", 0) < _OLDEST_WIRE_VERSION:
        raise ConfigurationError(
            f"MASTERX_DATABASE_URL: that MongoDB server is too old; {OLDEST_SERVER} or newer is needed."
        )
    return Server(batches=hello["maxWireVersion"] >= _BATCH_WIRE_VERSION, sharded=sharded)


def _known(error: Exception) -> Exception:
    return translated(error)
