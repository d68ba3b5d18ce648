"""Where an account is signed in, and signing out elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from masterx.accounts.identities import Identities
from masterx.accounts.tokens import Identity
from masterx.clock import Clock
from masterx.records.users import Device
from masterx.store.account_ports import CredentialStore


class Devices:
    def __init__(self, credentials: CredentialStore, identities: Identities, clock: Clock) -> None:
        self._credentials = credentials
        self._identities = identities
        self._clock = clock

    async def of(self, identity: Identity) -> Sequence[Device]:
        """Latest seen first."""
        return await self._credentials.devices(identity.user_id, self._clock.now())

    async def remove(self, identity: Identity, device_id: str) -> None:
        """Sign one device out, perhaps the one that asks. Raises `NotFound`."""
        await self._credentials.remove_device(device_id, identity.user_id)
        self._identities.forget(identity.user_id)

    async def remove_all(self, identity: Identity) -> None:
        """Sign out everywhere, here too."""
        await self._credentials.remove_devices(identity.user_id)
        self._identities.forget(identity.user_id)
