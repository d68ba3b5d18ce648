"""Messages that no turn waited for, such as answers, are read in the background, for memory and search."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Protocol

from masterx.clock import Clock
from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading
from masterx.store.recall_ports import RecallStore

TOGETHER: Final = 16
"""Few at a time, so that a learner's message in between waits for one of them at most."""
A_RUN: Final = 400
LOOKED_BACK: Final = timedelta(days=2)
"""What is older was written before there was an encoder; `masterx encoder backfill` reads it."""


class _Reader(Protocol):
    async def read(self, text: str) -> Reading: ...


async def read_later(
    store: RecallStore, reader: _Reader, clock: Clock, *, back: timedelta = LOOKED_BACK, most: int = A_RUN
) -> int:
    """Read at most ``most`` messages, the newest first; how many. Without the encoder, none.

    A text without a single token gets a vector of zeros: it is near to nothing, and not asked about again.
    """
    done = 0
    while done < most:
        unread = await store.unread_messages(since=clock.now() - back, limit=min(TOGETHER, most - done))
        if not unread:
            break
        vectors: dict[str, tuple[float, ...]] = {}
        for message in unread:
            try:
                vectors[message.id] = tuple((await reader.read(message.content)).embedding.tolist())
            except EncoderUnavailable:
                return done
        await store.add_embeddings(vectors)
        done += len(vectors)
    return done
