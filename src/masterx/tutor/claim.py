"""A turn's claim on its idempotency key: taken before anything is spent, kept alive while the model writes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from masterx.clock import Clock, new_id
from masterx.errors import DatabaseError
from masterx.records.idempotency import CompletedRequest, IdempotencyClaim
from masterx.store.ports import IdempotencyStore

logger = structlog.get_logger()

LEASE = timedelta(seconds=20)
"""How long after a crash the same key answers 409."""

RENEW_AFTER_SECONDS = LEASE.total_seconds() / 2


class HeldClaim:
    """Renews itself every half lease until closed."""

    def __init__(self, claim: IdempotencyClaim, store: IdempotencyStore, clock: Clock) -> None:
        self.claim = claim
        self._store = store
        self._clock = clock
        self._renewal: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(RENEW_AFTER_SECONDS, self._start_renewing)

    def close(self) -> None:
        """Stop renewing; the recorded turn or `release` decides what becomes of the key."""
        self._timer.cancel()
        if self._renewal is not None:
            self._renewal.cancel()

    async def release(self) -> None:
        """After a failure: a repeat may start at once. When that cannot be written, the lease lapses by itself."""
        self.close()
        try:
            await self._store.release_claim(self.claim)
        except DatabaseError as error:
            logger.warning("claim_not_released", error_type=type(error).__name__)

    def _start_renewing(self) -> None:
        self._renewal = asyncio.create_task(self._renew(), name="claim-renewal")

    async def _renew(self) -> None:
        while True:
            self.claim = replace(self.claim, lease_until=self._clock.now() + LEASE)
            try:
                await self._store.renew_claim(self.claim)
            except DatabaseError as error:
                logger.warning("claim_not_renewed", error_type=type(error).__name__)
            await asyncio.sleep(RENEW_AFTER_SECONDS)


async def claim_request(
    user_id: str, key: str, fingerprint: str, store: IdempotencyStore, clock: Clock
) -> HeldClaim | CompletedRequest:
    """Raises `IdempotencyMismatch` and `RequestInProgress` as the store does."""
    now = clock.now()
    claim = IdempotencyClaim(
        user_id=user_id, key=key, request_hash=fingerprint, holder=new_id(now), lease_until=now + LEASE
    )
    completed = await store.claim_request(claim, now)
    return completed if completed is not None else HeldClaim(claim, store, clock)
