"""Who may ask how often, and where that is counted while what processes share is gone."""

from __future__ import annotations

import asyncio

import structlog

from masterx.clock import Clock
from masterx.limits.shared import SharedWindows, SharedWindowsGone
from masterx.limits.windows import LocalWindows, Verdict
from masterx.records.users import Role, SubscriptionTier
from masterx.settings import LimitSettings

PROBE_SECONDS = 1.0

logger = structlog.get_logger()


class RateLimiter:
    """By learner and tier, or by network for whoever is not signed in.

    With `shared` windows a request is counted there and, when it is allowed, here too. So the count goes on where it
    was when they go away, and who floods one process is refused without asking them. While they are gone every
    process counts alone, at the whole limit; one probe a second finds out when they are back.
    """

    def __init__(self, settings: LimitSettings, clock: Clock, shared: SharedWindows | None = None) -> None:
        self._tiers = {
            SubscriptionTier.FREE: settings.rate_limit_free,
            SubscriptionTier.PRO: settings.rate_limit_pro,
            SubscriptionTier.PREMIUM: settings.rate_limit_premium,
        }
        self._address = settings.rate_limit_address
        self._local = LocalWindows(clock)
        self._shared = shared
        self._recovery: asyncio.Task[None] | None = None

    @property
    def counts_alone(self) -> bool:
        """Whether what is shared does not answer."""
        return self._recovery is not None

    async def user(self, user_id: str, tier: SubscriptionTier, role: Role) -> Verdict:
        """An administrator's limit is never below the highest tier's: the dashboard asks often."""
        limit = self._tiers[tier]
        if role is Role.ADMIN:
            limit = max(self._tiers.values())
        return await self._hit(f"user:{user_id}", limit)

    async def address(self, network: str) -> Verdict:
        return await self._hit(f"address:{network}", self._address)

    async def aclose(self) -> None:
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)
        if self._shared is not None:
            await self._shared.aclose()

    async def _hit(self, key: str, limit: int) -> Verdict:
        if self._shared is None or self._recovery is not None or not self._shared.is_needed:
            return self._local.hit(key, limit)
        here = self._local.look(key, limit)
        if not here.allowed:
            return here
        try:
            verdict = await self._shared.hit(key, limit)
        except SharedWindowsGone as error:
            self._count_alone(self._shared, error)
            return self._local.hit(key, limit)
        if not verdict.allowed:
            return verdict
        here = self._local.hit(key, limit)
        return verdict if here.allowed else here  # Not if others were counted here alone while this one waited.

    def _count_alone(self, shared: SharedWindows, error: SharedWindowsGone) -> None:
        if self._recovery is None:
            logger.warning("rate_limits_local", error_type=type(error.__cause__).__name__)
            self._recovery = asyncio.create_task(self._wait_for(shared), name="rate-limits-recovery")

    async def _wait_for(self, shared: SharedWindows) -> None:
        while not await shared.answers():  # noqa: ASYNC110 (what is waited for is in another process)
            await asyncio.sleep(PROBE_SECONDS)
        self._recovery = None
        logger.info("rate_limits_shared_again")
