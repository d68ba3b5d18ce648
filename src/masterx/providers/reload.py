"""Keys, models and addresses of providers, exchanged while the server runs, in all its processes.

One that was asked reads the variables anew and counts the reload in the store; the others hear of it there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import ConfigurationError
from masterx.providers.keys import ProviderKeys
from masterx.providers.registry import ProviderRegistry
from masterx.records.administration import Signals

logger = structlog.get_logger()


class ReloadStore(Protocol):
    async def ask_for_reload(self, now: datetime) -> int: ...


class Reloads:
    def __init__(self, registry: ProviderRegistry, keys: ProviderKeys, store: ReloadStore, clock: Clock) -> None:
        self._registry = registry
        self._keys = keys
        self._store = store
        self._clock = clock
        self._generation: int | None = None

    async def request(self) -> tuple[str, ...]:
        """Reload here and in all other processes; the names of providers that are new, changed or gone here.

        Raises `ConfigurationError` when `.env` cannot be read: then nothing is changed, here or elsewhere.
        """
        changed = await self._reload()
        self._generation = await self._store.ask_for_reload(self._clock.now())
        return changed

    async def apply(self, signals: Signals) -> None:
        """Reload when somebody asked for it since the last time."""
        known, self._generation = self._generation, signals.reload_generation
        if known is None or signals.reload_generation <= known:
            return
        try:
            await self._reload()
        except ConfigurationError as error:
            logger.error("reload_failed", error_type=type(error).__name__)  # noqa: TRY400 (the reason is the operator's file)

    async def _reload(self) -> tuple[str, ...]:
        changed = await self._registry.reload()
        await self._keys.reports()
        logger.info("providers_reloaded", changed=list(changed))
        return changed
