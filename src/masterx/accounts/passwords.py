"""Passwords: the rule they keep, and argon2id in a small pool of threads so that the event loop never waits.

Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane.
"""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from masterx.errors import DatabaseError, InvalidInput, RateLimited
from masterx.records.text import clean_text
from masterx.records.users import normalised_email

MIN_LENGTH = 10
MAX_LENGTH = 256

MAX_WAITING = 128
"""How many may wait for a thread: a second or two of work for the default two threads."""

_RETRY_SECONDS = 2.0

Result = TypeVar("Result")


def new_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def checked_password(text: str, email: str) -> str:
    """The password in NFC: the same keys give the same characters on every system. Raises `InvalidInput`."""
    password = clean_text(text, field="password", max_length=MAX_LENGTH)
    details = {"field": "password"}
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"A password has at least {MIN_LENGTH} characters.", details=details)
    if normalised_email(password) == normalised_email(email):
        raise InvalidInput("A password is not the e-mail address.", details=details)
    return password


class Passwords:
    """Hashes and verifies. Each call raises `RateLimited` when too many wait already."""

    def __init__(self, *, threads: int, hasher: PasswordHasher | None = None, max_waiting: int = MAX_WAITING) -> None:
        self._hasher = hasher or new_hasher()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._places = Semaphore(threads + max_waiting)
        self._nobodys_hash = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        text = unicodedata.normalize("NFC", password)
        return await self._run(lambda: self._hasher.hash(text))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether they match. Without a hash the answer is no, after the same work: time tells nobody who exists."""
        text = unicodedata.normalize("NFC", password)
        try:
            secret = text.encode()
        except UnicodeEncodeError:
            secret = b""  # No password holds a lone surrogate, and none is empty.
        matches = await self._run(lambda: self._matches(password_hash or self._nobodys_hash, secret))
        return matches and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _matches(self, password_hash: str, secret: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, secret)
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError) as error:
            raise DatabaseError("The stored password cannot be read.") from error

    async def _run(self, work: Callable[[], Result]) -> Result:
        if not self._places.acquire(blocking=False):
            raise RateLimited("Too many people are signing in at once.", retry_after=_RETRY_SECONDS)
        future = self._threads.submit(work)
        # Given back when the work ends or is cancelled before it began, not when whoever asked stops waiting.
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash in PHC form that no password has, at the cost of a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
