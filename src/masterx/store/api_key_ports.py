"""Keys of programs; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.api_keys import ApiKey
from masterx.records.users import User


class ApiKeyStore(Protocol):
    async def add_api_key(self, key: ApiKey) -> None:
        """Raises `NotFound` when its person is gone."""
        ...

    async def api_keys(self) -> Sequence[ApiKey]:
        """All that were ever made for people who are still here, revoked ones too; newest first."""
        ...

    async def usable_api_key(self, secret_hash: str, now: datetime) -> tuple[ApiKey, User] | None:
        """The key and its person, unless the key is revoked or over, or the account is disabled."""
        ...

    async def note_api_key_use(self, key_id: str, at: datetime) -> None:
        """An earlier time than the one that is kept changes nothing, and a key that is gone is passed over."""
        ...

    async def revoke_api_key(self, key_id: str, now: datetime) -> ApiKey:
        """The first time is kept. Raises `NotFound`."""
        ...
