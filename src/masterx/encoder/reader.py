"""The encoder for the event loop: a thread of its own, and what waits is read together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from masterx.encoder.files import FOLDER, ModelFacts
from masterx.encoder.model import TextModel
from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading

MOST_TOGETHER = 32


class ReadsTexts(Protocol):
    """What a TextModel does; called in the encoder's thread alone."""

    @property
    def facts(self) -> ModelFacts: ...

    def read(self, texts: Sequence[str]) -> list[Reading]: ...


class Encoder:
    """One pass over each text. Alone it is read at once; those that come meanwhile are read together next."""

    def __init__(self, model: ReadsTexts) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._waiting: deque[tuple[str, asyncio.Future[Reading]]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def load(cls, folder: Path = FOLDER, threads: int = 1) -> Encoder:
        """Raises EncoderUnavailable where the files are not whole; the event loop goes on meanwhile."""
        return cls(await asyncio.to_thread(TextModel.load, folder, threads))

    @property
    def version(self) -> str:
        """Of the model's files."""
        return self._model.facts.version

    async def read(self, text: str) -> Reading:
        """Raises EncoderUnavailable after `close`, or where the network fails on this batch."""
        if self._closed:
            raise EncoderUnavailable("The text encoder is closed.")
        future: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_waiting())
        return await future

    async def close(self) -> None:
        """Read what waits, then let the thread go."""
        self._closed = True
        if self._reading is not None:
            await self._reading
        self._thread.shutdown(wait=False)

    async def _read_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
            batch = [(text, future) for text, future in batch if not future.done()]
            if not batch:
                continue
            try:
                readings = await loop.run_in_executor(self._thread, self._model.read, [text for text, _ in batch])
            except Exception as error:  # noqa: BLE001 - handed to every reader of the batch, in our own tree
                for _, future in batch:
                    if not future.done():
                        future.set_exception(_unavailable(error))
                continue
            for (_, future), reading in zip(batch, readings, strict=True):
                if not future.done():
                    future.set_result(reading)


def _unavailable(error: Exception) -> EncoderUnavailable:
    """A new one for each reader; `raise` would otherwise chain one traceback through all of them."""
    raised = EncoderUnavailable("The text encoder failed on this text.", details={"error": type(error).__name__})
    raised.__cause__ = error
    return raised
