"""A provider that says what the test wrote down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from masterx.errors import ProviderError
from masterx.providers.base import (
    Completion,
    Deadlines,
    Finished,
    FinishReason,
    GenerationRequest,
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.records.usage import Usage


@dataclass(frozen=True, kw_only=True)
class Script:
    """One answer: its pieces, then an end. ``error`` after the pieces takes the place of the end."""

    pieces: tuple[str, ...] = ("Hello", " there")
    error: ProviderError | None = None
    reason: FinishReason = FinishReason.STOP
    usage: Usage | None = field(default_factory=lambda: Usage(input_tokens=10, output_tokens=2))
    model: str | None = None
    pause: asyncio.Event | None = None
    """Waited for before the last piece, for tests that look into the middle of an answer."""
    wait_before_first: asyncio.Event | None = None


class FakeProvider:
    """A `Provider` with a queue of scripts and a list of calls. An empty queue answers with the default script."""

    def __init__(
        self,
        *scripts: Script,
        name: str = "fake",
        model_name: str = "fake-model",
        price_id: str | None = None,
        free: bool = False,
        demo: bool = False,
        context_tokens: int = 8192,
    ) -> None:
        self.info = ProviderInfo(
            name=name,
            model_name=model_name,
            label=name.title(),
            dialect="fake",
            price_id=price_id,
            free=free,
            demo=demo,
            context_tokens=context_tokens,
        )
        self.scripts = deque(scripts)
        self.calls: list[GenerationRequest] = []
        self.called = asyncio.Event()
        """Set by the first call."""
        self.deadlines: list[Deadlines] = []
        self.closed_streams = 0
        """How many streams were ended by their reader or by themselves."""
        self.closed = False

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def model_name(self) -> str:
        return self.info.model_name

    async def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncGenerator[StreamEvent, None]:
        script = self._next(request, deadlines)
        try:
            if script.wait_before_first is not None:
                await script.wait_before_first.wait()
            for place, piece in enumerate(script.pieces):
                if script.pause is not None and place == len(script.pieces) - 1:
                    await script.pause.wait()
                yield TextDelta(piece)
            if script.error is not None:
                raise script.error
            yield self._finished(script)
        finally:
            self.closed_streams += 1

    async def complete(self, request: GenerationRequest, deadlines: Deadlines) -> Completion:
        script = self._next(request, deadlines)
        if script.wait_before_first is not None:
            await script.wait_before_first.wait()
        if script.error is not None:
            raise script.error
        return Completion(text="".join(script.pieces), finished=self._finished(script))

    async def aclose(self) -> None:
        self.closed = True

    def _next(self, request: GenerationRequest, deadlines: Deadlines) -> Script:
        self.calls.append(request)
        self.called.set()
        self.deadlines.append(deadlines)
        return self.scripts.popleft() if self.scripts else Script()

    def _finished(self, script: Script) -> Finished:
        return Finished(reason=script.reason, model=script.model or self.model_name, usage=script.usage)
