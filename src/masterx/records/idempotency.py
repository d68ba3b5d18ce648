"""Which requests were seen before, so that a repeat gets the first answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyClaim:
    """The right to work on one request. It lapses at ``lease_until`` unless renewed, so a crash blocks nobody."""

    user_id: str
    key: str
    request_hash: str
    """SHA-256 of the body: the same key with another body is a mistake of the caller."""
    holder: str
    """A fresh id per attempt: only who took the claim can renew, complete or release it."""
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedRequest:
    """The answer that a key led to."""

    session_id: str
    message_id: str
