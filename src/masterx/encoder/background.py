"""The encoder while the server starts: loaded beside everything else, and without it the server goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog

from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading

logger = structlog.get_logger()


class LoadedEncoder(Protocol):
    @property
    def version(self) -> str: ...

    async def read(self, text: str) -> Reading: ...

    async def close(self) -> None: ...


class BackgroundEncoder:
    """Whoever asks while it loads waits for it."""

    def __init__(self, load: Callable[[], Awaitable[LoadedEncoder]]) -> None:
        self._load = load
        self._loading: asyncio.Task[LoadedEncoder] | None = None

    def start(self) -> None:
        """Needs a running event loop."""
        self._loading = asyncio.create_task(self._loaded(), name="load-encoder")

    async def read(self, text: str) -> Reading:
        """Raises `EncoderUnavailable` where it was not started, or could not be loaded."""
        if self._loading is None:
            raise EncoderUnavailable
        encoder = self._loading.result() if self._loading.done() else await asyncio.shield(self._loading)
        return await encoder.read(text)

    async def settled(self) -> None:
        """Until it is loaded, or known that it cannot be."""
        if self._loading is not None:
            await asyncio.wait([self._loading])

    def check(self) -> Mapping[str, Any]:
        """For health: `healthy` with the version of the model, `loading`, or `degraded` with the reason."""
        if self._loading is None:
            return {"status": "not installed"}
        if not self._loading.done():
            return {"status": "loading"}
        error = None if self._loading.cancelled() else self._loading.exception()
        if isinstance(error, EncoderUnavailable):
            return {"status": "degraded", "error": error.code, **error.details}
        if error is not None or self._loading.cancelled():
            return {"status": "degraded", "error": EncoderUnavailable.code}
        return {"status": "healthy", "version": self._loading.result().version}

    async def close(self) -> None:
        """Stop loading, or close what was loaded."""
        if self._loading is None:
            return
        self._loading.cancel()
        (result,) = await asyncio.gather(self._loading, return_exceptions=True)
        if not isinstance(result, BaseException):
            await result.close()

    async def _loaded(self) -> LoadedEncoder:
        try:
            return await self._load()
        except EncoderUnavailable as error:
            logger.warning("encoder_unavailable", **error.details)
            raise
