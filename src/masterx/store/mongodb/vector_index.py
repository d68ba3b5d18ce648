"""Search by vectors inside MongoDB: Atlas, and servers from 8.2 on that have a search process (mongot) beside them.

Commands as MongoDB documents them: createSearchIndexes with the type `vectorSearch`, `$listSearchIndexes`, and
`$vectorSearch` as the first stage of an aggregation (https://www.mongodb.com/docs/vector-search/). The learner is a
field of the index and a filter inside the search, so that nobody else's rows are even candidates. No such server was at
hand when this was written: tests hold these commands to their documented form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pymongo.errors import OperationFailure

from masterx.records.messages import MessageRole
from masterx.records.readings import EMBEDDING_SIZE
from masterx.records.recall import MessageVector, VectorIndexState
from masterx.store.mongodb.database import Access, Database
from masterx.store.mongodb.documents import Row, packed_vector, time_in, vector_binary
from masterx.store.mongodb.errors import is_transient

NAME: Final = "messages_embedding"
COLLECTION: Final = "messages"
DEFINITION: Final[Row] = {
    "fields": [
        {"type": "vector", "path": "embedding", "numDimensions": EMBEDDING_SIZE, "similarity": "cosine"},
        {"type": "filter", "path": "user_id"},
    ]
}
CANDIDATES_EACH: Final = 20
"""So many candidates are looked at for each row that is wanted, as the documentation advises..."""
MOST_CANDIDATES: Final = 10_000
"""...up to what the server takes."""
FIELDS: Final = ("session_id", "timestamp", "sub_ms", "role", "emotion_state", "embedding")


class MongoVectorIndex:
    """`VectorIndex`. What was written shows in it some seconds later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self) -> VectorIndexState:
        return await self._database.read(index_state)

    async def near(self, user_id: str, vector: Sequence[float], *, limit: int) -> Sequence[MessageVector]:
        return await self._database.read(_near, user_id, vector, limit)


async def index_state(access: Access) -> VectorIndexState:
    rows = await listed(access)
    if not rows:
        return VectorIndexState.ABSENT
    return VectorIndexState.READY if rows[0].get("queryable") else VectorIndexState.BUILDING


async def listed(access: Access) -> list[Row] | None:
    """The index as the server has it, one or none; None where it has no search by vectors, or does not let us ask."""
    try:
        return await access.aggregate(COLLECTION, [{"$listSearchIndexes": {"name": NAME}}])
    except OperationFailure as error:
        if is_transient(error):
            raise
        return None


async def create(access: Access) -> bool:
    """Building goes on after this. False where the server has no search by vectors."""
    index = {"name": NAME, "type": "vectorSearch", "definition": DEFINITION}
    return await _ordered(access, {"createSearchIndexes": COLLECTION, "indexes": [index]})


async def redefine(access: Access) -> bool:
    """The former one answers until the new one is built."""
    return await _ordered(access, {"updateSearchIndex": COLLECTION, "name": NAME, "definition": DEFINITION})


def is_current(row: Row) -> bool:
    """Whether the index is as it is to be; what the server adds to the definition beside does not count."""
    fields: Sequence[Row] = row.get("latestDefinition", {}).get("fields", ())
    wanted = {field["path"]: field for field in DEFINITION["fields"]}
    found = {field["path"]: {key: field.get(key) for key in wanted.get(field["path"], field)} for field in fields}
    return found == wanted


async def _ordered(access: Access, command: Row) -> bool:
    try:
        await access.database.client[access.database.name].command(command)
    except OperationFailure as error:
        if is_transient(error):
            raise
        return False
    return True


async def _near(access: Access, user_id: str, vector: Sequence[float], limit: int) -> list[MessageVector]:
    search: dict[str, Any] = {
        "index": NAME,
        "path": "embedding",
        "queryVector": vector_binary(tuple(vector)),
        "filter": {"user_id": {"$eq": user_id}},
        "limit": limit,
        "numCandidates": min(CANDIDATES_EACH * limit, MOST_CANDIDATES),
    }
    rows = await access.aggregate(
        COLLECTION,
        [
            {"$vectorSearch": search},
            # The index may be behind: what it finds is looked at once more as it is now.
            {"$match": {"user_id": user_id, "superseded_by": None}},
            {"$project": dict.fromkeys(FIELDS, 1)},
        ],
    )
    return [message_vector(row) for row in rows]


def message_vector(row: Row) -> MessageVector:
    """Of a row with at least `FIELDS`."""
    return MessageVector(
        id=row["_id"],
        session_id=row["session_id"],
        timestamp=time_in(row, "timestamp"),
        role=MessageRole(row["role"]),
        emotion=None if row["emotion_state"] is None else row["emotion_state"]["primary_emotion"],
        vector=packed_vector(row["embedding"]),
    )
