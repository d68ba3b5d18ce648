"""All families over one database."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.monitoring import CommandListener

from masterx.clock import Clock
from masterx.store.mongodb.api_keys import MongoApiKeys
from masterx.store.mongodb.audit import MongoAudit
from masterx.store.mongodb.benchmark_runs import MongoBenchmarkRuns
from masterx.store.mongodb.benchmarks import MongoBenchmarks
from masterx.store.mongodb.budgets import MongoBudgets
from masterx.store.mongodb.connection import connect
from masterx.store.mongodb.cost_sums import MongoCostSums
from masterx.store.mongodb.costs import MongoCosts
from masterx.store.mongodb.credentials import MongoCredentials
from masterx.store.mongodb.database import TRY_FOR_SECONDS, Access
from masterx.store.mongodb.feedback import MongoFeedback
from masterx.store.mongodb.goals import MongoGoals
from masterx.store.mongodb.health import MongoHealth
from masterx.store.mongodb.idempotency import MongoIdempotency
from masterx.store.mongodb.instances import MongoInstances
from masterx.store.mongodb.learners import MongoLearners
from masterx.store.mongodb.limits import MongoLimits
from masterx.store.mongodb.links import MongoLinks
from masterx.store.mongodb.messages import MongoMessages
from masterx.store.mongodb.migrations import applied_version, migrate, plan, refuse_newer
from masterx.store.mongodb.moods import MongoMoods
from masterx.store.mongodb.operations import MongoOperations
from masterx.store.mongodb.people import MongoPeople
from masterx.store.mongodb.performance import MongoPerformance
from masterx.store.mongodb.personal_data import MongoPersonalData
from masterx.store.mongodb.practice import MongoPractice
from masterx.store.mongodb.recall import MongoRecall
from masterx.store.mongodb.sessions import MongoSessions
from masterx.store.mongodb.switches import MongoSwitches
from masterx.store.mongodb.turns import MongoTurns
from masterx.store.mongodb.users import MongoUsers
from masterx.store.schema import SCHEMA_VERSION


class MongoStore(
    MongoUsers,
    MongoPeople,
    MongoCredentials,
    MongoLinks,
    MongoSessions,
    MongoMessages,
    MongoRecall,
    MongoMoods,
    MongoTurns,
    MongoIdempotency,
    MongoCosts,
    MongoCostSums,
    MongoAudit,
    MongoBudgets,
    MongoBenchmarks,
    MongoBenchmarkRuns,
    MongoFeedback,
    MongoHealth,
    MongoOperations,
    MongoInstances,
    MongoLimits,
    MongoSwitches,
    MongoPerformance,
    MongoPractice,
    MongoLearners,
    MongoGoals,
    MongoPersonalData,
    MongoApiKeys,
):
    @classmethod
    async def open(
        cls,
        url: str,
        clock: Clock,
        *,
        listeners: Sequence[CommandListener] = (),
        try_for_seconds: float = TRY_FOR_SECONDS,
    ) -> MongoStore:
        """Create what is missing in the database, and bring its schema up to date.

        `listeners` are told of each command that goes to a server, and must not raise.
        """
        database, server = await connect(url, listeners, try_for_seconds)
        try:
            version = await database.read(applied_version)
            refuse_newer(version)
            if version != SCHEMA_VERSION:
                await migrate(database, server, clock)
        except BaseException:
            await database.close()
            raise
        return cls(database, clock)

    async def ping(self) -> None:
        await self._database.read(applied_version)

    async def schema_version(self) -> int:
        return await self._database.read(applied_version)

    async def close(self) -> None:
        await self._database.close()


async def initialise(url: str, clock: Clock, *, dry_run: bool) -> Sequence[str]:
    """What was done to bring the database up to date or, in a dry run, what would be; as `MongoStore.open`, but it
    looks at each collection and index too.
    """
    database, server = await connect(url)
    try:
        if not dry_run:
            return await migrate(database, server, clock)

        async def look(access: Access) -> Sequence[str]:
            return [change.says for change in (await plan(access, server)).changes]

        return await database.read(look)
    finally:
        await database.close()
