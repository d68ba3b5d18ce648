"""Keys with which programs ask in a person's name: made, listed, revoked, and checked on every request.

A key is `mx-`, 43 characters of 256 random bits, and 6 of a checksum. The checksum makes a key that was cut or
mistyped known as such without asking the store, and lets scanners of leaked secrets tell a key from noise.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from masterx.accounts.identities import MAX_KEPT, RECHECK_SECONDS
from masterx.accounts.tokens import Identity, hash_secret, new_secret
from masterx.clock import Clock, new_id
from masterx.errors import InvalidInput, NotFound, Unauthenticated
from masterx.records.api_keys import ALL_SCOPES, ApiKey, KeyScope
from masterx.records.text import clean_text
from masterx.records.users import User
from masterx.store.api_key_ports import ApiKeyStore

PREFIX = "mx-"
LONGEST_DAYS = 3_650
NAME_LENGTH = 100
USE_NOTED_EVERY = timedelta(minutes=1)
_HINT_LENGTH = len(PREFIX) + 4
_FORM = re.compile(r"mx-[A-Za-z0-9_-]{43}[a-z2-7]{6}")

logger = structlog.get_logger()


class KeyOwners(ApiKeyStore, Protocol):
    async def user(self, user_id: str) -> User | None: ...

    async def user_by_email(self, email: str) -> User | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIdentity:
    """Whose key it is and what it may ask, give or take `identities.RECHECK_SECONDS`."""

    identity: Identity
    scopes: Collection[KeyScope]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Seen:
    found: KeyIdentity
    until: float
    """Monotonic seconds."""
    changes: int
    """Of accounts and keys, before the store was asked."""


def new_key() -> str:
    random = new_secret()
    return f"{PREFIX}{random}{_checksum(random)}"


def is_whole(key: str) -> bool:
    """Whether this can be a key of anybody's."""
    if not _FORM.fullmatch(key):
        return False
    return hmac.compare_digest(_checksum(key[len(PREFIX) : -6]), key[-6:])


def _checksum(random: str) -> str:
    """The first 30 bits of CRC-32, in base 32."""
    return base64.b32encode(zlib.crc32(random.encode()).to_bytes(4, "big")).decode().lower()[:6]


class ApiKeys:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, store: KeyOwners, clock: Clock, account_changes: Callable[[], int] = lambda: 0) -> None:
        """``account_changes`` grows whenever an account changes in this process."""
        self._store = store
        self._clock = clock
        self._account_changes = account_changes
        self._revocations = 0
        self._seen: dict[bytes, _Seen] = {}
        """By the hash of a key."""

    async def make(
        self, owner: str, *, name: str, scopes: Sequence[KeyScope] = ALL_SCOPES, days: int | None = None
    ) -> tuple[ApiKey, str]:
        """What is kept of the key, and the key itself, which nobody can read again.

        ``owner`` is an id or an address. Raises `InvalidInput`, and `NotFound` for somebody who is not there.
        """
        name = clean_text(name, field="name", max_length=NAME_LENGTH).strip()
        if not scopes:
            raise InvalidInput("Say what the key may ask.", details={"field": "scopes"})
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise InvalidInput(f"A key lasts 1 to {LONGEST_DAYS:,} days.", details={"field": "days"})
        user = await (self._store.user_by_email(owner) if "@" in owner else self._store.user(owner))
        if user is None:
            raise NotFound("Nobody has an account with that address or id.", details={"field": "user"})
        secret, now = new_key(), self._clock.now()
        key = ApiKey(
            id=new_id(now),
            user_id=user.id,
            name=name,
            secret_hash=hash_secret(secret),
            hint=secret[:_HINT_LENGTH],
            scopes=tuple(scope for scope in KeyScope if scope in scopes),
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        await self._store.add_api_key(key)
        logger.info("api_key_made", key_id=key.id, user_id=user.id)
        return key, secret

    async def all(self) -> Sequence[ApiKey]:
        """Newest first."""
        return await self._store.api_keys()

    async def revoke(self, key_id: str) -> ApiKey:
        """It holds at once here, within `identities.RECHECK_SECONDS` in other processes. Raises `NotFound`."""
        key = await self._store.revoke_api_key(key_id, self._clock.now())
        self._revocations += 1
        logger.info("api_key_revoked", key_id=key.id, user_id=key.user_id)
        return key

    async def identify(self, secret: str) -> KeyIdentity:
        """Raises `Unauthenticated`, and `DatabaseUnavailable` when it is time to ask the store."""
        digest = hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
        seen = self._seen.get(digest)
        if seen is not None and self._clock.monotonic() < seen.until and seen.changes == self._changes():
            expires_at = seen.found.expires_at
            if expires_at is None or self._clock.now() < expires_at:
                return seen.found
        return await self._ask(secret, digest)

    def _changes(self) -> int:
        """What is kept from before any of them may be out of date: ask the store again."""
        return self._revocations + self._account_changes()

    async def _ask(self, secret: str, digest: bytes) -> KeyIdentity:
        changes, now = self._changes(), self._clock.now()
        self._seen.pop(digest, None)
        usable = await self._store.usable_api_key(digest.hex(), now) if is_whole(secret) else None
        if usable is None:
            raise Unauthenticated("That API key is not valid.")
        key, user = usable
        if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
            await self._store.note_api_key_use(key.id, now)
        found = KeyIdentity(
            identity=Identity(
                user_id=user.id,
                device_id=key.id,
                role=user.role,
                tier=user.subscription_tier,
                learning_preferences=user.learning_preferences,
                mood_preferences=user.mood_preferences,
                emotional_profile=user.emotional_profile,
            ),
            scopes=frozenset(key.scopes),
            expires_at=key.expires_at,
        )
        if len(self._seen) >= MAX_KEPT:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = _Seen(found, self._clock.monotonic() + RECHECK_SECONDS, changes)
        return found
