"""How old each provider's key is, and what is wrong with keys as such.

No vendor tells how old a key is, so it is counted from when this installation saw it first. What is kept of a key is
a keyed hash: it tells a key from another one, and nobody who has the database alone can try keys against it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from masterx.clock import Clock
from masterx.providers.discovery import KEY_LENGTH

OLD_AFTER = timedelta(days=30)


class KeyStore(Protocol):
    async def note_provider_keys(self, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]: ...


class KnownKeys(Protocol):
    def keys(self) -> Mapping[str, SecretStr]:
        """Of the providers that can be called and need one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """Of one provider's key, never the key."""

    first_seen_at: datetime
    age_days: int
    problem: str | None
    """For the operator, in words that follow the provider's name; None where there is none."""


def fingerprint(secret: bytes, provider: str, key: SecretStr) -> str:
    """The same for the same key of the same provider in installations that share the secret."""
    text = b"\0".join((b"provider key", provider.encode(), key.get_secret_value().encode()))
    return hmac.digest(secret, text, "sha256").hex()[:32]


def key_problem(key: SecretStr, age: timedelta) -> str | None:
    """By form before age: what is no key is not to be renewed but mended."""
    if len(key.get_secret_value()) < KEY_LENGTH:
        return f"has a key of fewer than {KEY_LENGTH} characters: no vendor hands out any so short"
    if age > OLD_AFTER:
        return f"has had its key for {age.days} days: make a new one, put it in its place, and run masterx reload"
    return None


class ProviderKeys:
    def __init__(self, known: KnownKeys, store: KeyStore, clock: Clock, secret: bytes) -> None:
        """`secret` is the installation's own."""
        self._known = known
        self._store = store
        self._clock = clock
        self._secret = secret

    async def reports(self) -> dict[str, KeyReport]:
        """By provider; a key that is new is noted. Raises `DatabaseError`."""
        now = self._clock.now()
        keys = self._known.keys()
        marks = {name: fingerprint(self._secret, name, key) for name, key in keys.items()}
        seen = await self._store.note_provider_keys(marks, now)
        reports = {}
        for name, key in keys.items():
            age = max(now - seen[name], timedelta(0))
            reports[name] = KeyReport(first_seen_at=seen[name], age_days=age.days, problem=key_problem(key, age))
        return reports
