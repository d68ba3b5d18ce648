"""Keys with which programs ask in a person's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class KeyScope(StrEnum):
    """Which models a key may ask."""

    TUTOR = "tutor"
    """`masterx`: turns of lessons."""
    AUTO = "auto"
    """`masterx/auto`: the messages as given, to whom the server chooses."""
    PASS_THROUGH = "pass-through"
    """`masterx/<provider>`: the messages as given, to that provider."""


ALL_SCOPES = tuple(KeyScope)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The key itself is never stored, only its SHA-256."""

    id: str
    user_id: str
    """Whose limits, budgets and ledger its requests count for."""
    name: str
    secret_hash: str
    hint: str
    """Its beginning, for people to tell their keys apart."""
    scopes: tuple[KeyScope, ...]
    """In the order of the enumeration."""
    created_at: datetime
    last_used_at: datetime | None = None
    """Give or take a minute."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
