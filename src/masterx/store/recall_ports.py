"""Messages by meaning; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.messages import Message
from masterx.records.recall import MessageVector, Unread, VectorIndexState


class VectorIndex(Protocol):
    """The database's own search by meaning."""

    async def state(self) -> VectorIndexState: ...

    async def near(self, user_id: str, vector: Sequence[float], *, limit: int) -> Sequence[MessageVector]:
        """Most of the nearest of this learner's messages on current branches, the nearest first; what was written a
        moment ago may be missing. Raises `DatabaseError` where the index is not ready.
        """
        ...


class VectorSearchStore(Protocol):
    @property
    def vector_index(self) -> VectorIndex | None:
        """None where the database cannot have one."""
        ...


class MeaningStore(Protocol):
    async def message_vectors(
        self, user_id: str, *, after: tuple[datetime, str] | None = None, limit: int
    ) -> Sequence[MessageVector]:
        """Of this learner's messages on current branches that have an embedding, oldest first, then by id.

        ``after`` is the time and the id of the last one seen.
        """
        ...

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        """In the order of the ids, without their embeddings. What is not there (any more), superseded or somebody
        else's is left out.
        """
        ...


class RecallStore(MeaningStore, Protocol):
    async def unread_messages(self, *, since: datetime, limit: int) -> Sequence[Unread]:
        """Messages without an embedding, of anybody, the newest first; those before ``since`` are left alone."""
        ...

    async def add_embeddings(self, embeddings: Mapping[str, tuple[float, ...]]) -> None:
        """By message id. Ids that are not there (any more) are passed over."""
        ...
