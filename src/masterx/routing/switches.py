"""Which providers an operator switched off, for all processes that share a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import NotFound
from masterx.records.administration import ProviderSwitch, Signals

logger = structlog.get_logger()


class SwitchStore(Protocol):
    async def signals(self) -> Signals: ...

    async def disable_provider(self, provider: str, disabled: bool, now: datetime) -> ProviderSwitch: ...

    async def reset_provider(self, provider: str, now: datetime) -> ProviderSwitch: ...


class ProviderSwitches:
    """What this process knows of them: as of `signals.LOOK_SECONDS` ago, while the store can be read.

    A store that is gone changes nothing: whoever was switched off stays so.
    """

    def __init__(
        self,
        store: SwitchStore,
        clock: Clock,
        *,
        reset_breaker: Callable[[str], None],
        known: Callable[[], Collection[str]],
    ) -> None:
        """`known` names the providers that there are to switch."""
        self._store = store
        self._clock = clock
        self._reset_breaker = reset_breaker
        self._known = known
        self._switches: Mapping[str, ProviderSwitch] | None = None

    @property
    def disabled(self) -> frozenset[str]:
        return frozenset(name for name, switch in (self._switches or {}).items() if switch.disabled)

    def switch(self, provider: str) -> ProviderSwitch | None:
        """None for one that was never touched."""
        return (self._switches or {}).get(provider)

    def may_call(self, provider: str) -> bool:
        switch = self.switch(provider)
        return switch is None or not switch.disabled

    async def apply(self, signals: Signals) -> None:
        """Take over what is kept now, and reset the breakers that were reset since the last time."""
        former, self._switches = self._switches, signals.switches
        if former is None:
            return  # Resets from before this process came to be are no news.
        for name, switch in signals.switches.items():
            known = former.get(name)
            if switch.resets > (0 if known is None else known.resets):
                self._reset_breaker(name)

    async def disable(self, provider: str) -> ProviderSwitch:
        """Raises `NotFound` for one that is not configured, as do the others."""
        return await self._set(provider, disabled=True)

    async def enable(self, provider: str) -> ProviderSwitch:
        return await self._set(provider, disabled=False)

    async def reset(self, provider: str) -> ProviderSwitch:
        """Its breaker, in every process."""
        self._require(provider)
        switch = await self._store.reset_provider(provider, self._clock.now())
        logger.info("provider_reset", provider=provider)
        await self.apply(await self._store.signals())
        return switch

    async def _set(self, provider: str, *, disabled: bool) -> ProviderSwitch:
        self._require(provider)
        switch = await self._store.disable_provider(provider, disabled, self._clock.now())
        logger.info("provider_switched", provider=provider, enabled=not disabled)
        await self.apply(await self._store.signals())
        return switch

    def _require(self, provider: str) -> None:
        if provider not in self._known():
            raise NotFound("No provider of that name is configured; `masterx doctor` lists those that are.")
