from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, Type

from masterx.accounts.passwords import MAX_LENGTH, Passwords, checked_password, new_hasher
from masterx.errors import DatabaseError, InvalidInput, RateLimited

EMAIL = "ada@example.org"


class HeldHasher(PasswordHasher):
    """Waits until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go_on = threading.Event()
        self.started = threading.Semaphore(0)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.started.release()
        assert self.go_on.wait(60)
        return super().hash(password, salt=salt)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(threads=2)
    yield made
    made.close()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "123456789",
        "x" * (MAX_LENGTH + 1),
        EMAIL,
        " ADA@example.org ",
        " " * 12,
        "with\0a zero",
        "half \ud800 char",
    ],
)
def test_weak_and_broken_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_password(password, EMAIL)

    assert refusal.value.details["field"] == "password"
    assert password == "" or password not in refusal.value.message


@pytest.mark.parametrize("password", ["1234567890", "x" * MAX_LENGTH, "пароль пароль", "correct horse battery"])
def test_good_passwords_pass_unchanged(password: str) -> None:
    assert checked_password(password, EMAIL) == password


async def test_a_hash_is_argon2id_with_the_published_parameters(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse battery")

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.needs_rehash(stored)
    assert await passwords.verify(stored, "correct horse battery")
    assert not await passwords.verify(stored, "correct horse batterz")


async def test_the_same_characters_typed_on_another_system_match(passwords: Passwords) -> None:
    stored = await passwords.hash("e\u0301tude e\u0301tude")

    assert await passwords.verify(stored, "\u00e9tude \u00e9tude")


async def test_without_a_hash_the_answer_is_no_after_the_same_work(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "correct horse battery")
    assert not await passwords.verify(None, "")
    assert not await passwords.verify(None, "\ud800")


async def test_a_weaker_hash_asks_to_be_made_again(passwords: Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID).hash("correct horse battery")

    assert passwords.needs_rehash(weak)
    assert await passwords.verify(weak, "correct horse battery")


async def test_a_stored_hash_that_is_none_is_the_databases_fault(passwords: Passwords) -> None:
    for broken in ("plain text", "$argon2id$v=19$m=8,t=1,p=1$$"):
        with pytest.raises(DatabaseError):
            await passwords.verify(broken, "correct horse battery")


async def test_too_many_at_once_are_told_to_come_back() -> None:
    hasher = HeldHasher()
    passwords = Passwords(threads=1, hasher=hasher, max_waiting=2)
    accepted = [asyncio.create_task(passwords.hash(f"password {number}")) for number in range(3)]
    await asyncio.to_thread(hasher.started.acquire)

    with pytest.raises(RateLimited) as refusal:
        await passwords.hash("one too many")
    assert refusal.value.retry_after

    hasher.go_on.set()
    assert len(await asyncio.gather(*accepted)) == 3
    assert await passwords.hash("there is room again")
    passwords.close()


async def test_who_leaves_the_queue_makes_room() -> None:
    hasher = HeldHasher()
    passwords = Passwords(threads=1, hasher=hasher, max_waiting=1)
    running = asyncio.create_task(passwords.hash("running"))
    await asyncio.to_thread(hasher.started.acquire)
    waiting = asyncio.create_task(passwords.hash("waiting"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    next_one = asyncio.create_task(passwords.hash("next"))
    await asyncio.sleep(0)
    hasher.go_on.set()
    assert await running
    assert await next_one
    passwords.close()


async def test_fifty_sign_ins_at_once_leave_the_event_loop_free(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse battery")
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counter = asyncio.create_task(count_turns())
    answers = await asyncio.gather(*(passwords.verify(stored, "correct horse battery") for _ in range(50)))
    counter.cancel()

    assert all(answers)
    # Hashed on the loop itself, it would turn about once for each of them.
    assert turns > 1_000


def test_the_default_hasher_follows_the_settings_that_the_docstring_names() -> None:
    hasher = new_hasher()

    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (19 * 1024, 2, 1)
