"""Guessing passwords is slow, for known and unknown accounts alike, and locks no owner out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.clients import Client
from masterx.api.cookies import REFRESH_COOKIE
from masterx.errors import RateLimited, Unauthenticated

ADA = "ada@example.org"
PASSWORD = "correct horse battery"
WRONG = "not this one"
HOME, ELSEWHERE = Client(host="192.0.2.1"), Client(host="198.51.100.7")


async def outcome(accounts: Accounts, client: Client, *, email: str = ADA, password: str = WRONG) -> str:
    try:
        await accounts.login(email=email, password=password, client=client)
    except Unauthenticated:
        return "refused"
    except RateLimited as error:
        return "wait" if error.retry_after and error.retry_after <= 900 else "wait for ever"
    return "in"


async def guess(accounts: Accounts, client: Client, times: int, **changes: str) -> list[str]:
    return [await outcome(accounts, client, **changes) for _ in range(times)]


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "no address"])
async def test_an_account_that_exists_and_one_that_does_not_are_the_same(
    accounts: Accounts, ada: SignIn, password_work: list[str], email: str
) -> None:
    password_work.clear()

    assert await guess(accounts, ELSEWHERE, 8, email=email) == ["refused"] * 5 + ["wait"] * 3
    assert password_work == ["verify"] * 5


async def test_many_guesses_at_once_count_each(accounts: Accounts, ada: SignIn) -> None:
    results = await asyncio.gather(*(outcome(accounts, ELSEWHERE) for _ in range(40)))

    assert results.count("refused") == 5


async def test_changing_the_address_does_not_help_a_guesser(accounts: Accounts, ada: SignIn) -> None:
    results = [await outcome(accounts, Client(host=f"198.51.100.{number}")) for number in range(30)]

    assert results.count("refused") == 5


async def test_an_hour_of_guessing_is_a_few_guesses(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    checked = 0
    for _ in range(3_600):
        checked += await outcome(accounts, ELSEWHERE) == "refused"
        clock.advance(1)

    assert checked < 25


async def test_the_owner_at_home_is_not_locked_out(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    assert await outcome(accounts, HOME, password=PASSWORD) == "in"
    for _ in range(20):
        await outcome(accounts, ELSEWHERE)
        clock.advance(900)
    await guess(accounts, ELSEWHERE, 20)

    assert await outcome(accounts, ELSEWHERE, password=PASSWORD) == "wait"
    assert await outcome(accounts, HOME, password=PASSWORD) == "in"


async def test_the_owner_in_a_browser_that_was_signed_in_is_not_locked_out(accounts: Accounts, ada: SignIn) -> None:
    await guess(accounts, ELSEWHERE, 20)
    own = Client(host=ELSEWHERE.host, refresh_token=ada.tokens.refresh_token)

    assert await outcome(accounts, own, password=PASSWORD) == "in"


async def test_a_familiar_place_has_a_budget_too(accounts: Accounts, ada: SignIn) -> None:
    own = Client(host=ELSEWHERE.host, refresh_token=ada.tokens.refresh_token)
    await outcome(accounts, HOME, password=PASSWORD)

    for client in (own, HOME):
        assert await guess(accounts, client, 8) == ["refused"] * 5 + ["wait"] * 3


async def test_somebody_elses_browser_is_no_friend(accounts: Accounts, ada: SignIn, admin: SignIn) -> None:
    await guess(accounts, ELSEWHERE, 20)
    for token in (admin.tokens.refresh_token, "made up", "\ud800"):
        client = Client(host=ELSEWHERE.host, refresh_token=token)
        assert await outcome(accounts, client, password=PASSWORD) == "wait"


async def test_one_network_guesses_at_many_accounts_a_bounded_number_of_times(accounts: Accounts) -> None:
    results = [await outcome(accounts, ELSEWHERE, email=f"learner{number}@example.org") for number in range(300)]

    assert results == ["refused"] * 100 + ["wait"] * 200


async def test_a_class_that_signs_in_at_once_is_let_in(accounts: Accounts, clock: FrozenClock) -> None:
    emails = [f"learner{number}@example.org" for number in range(150)]
    for email in emails:
        await accounts.register(email=email, name="Learner", password=PASSWORD, client=ELSEWHERE)
    for _ in range(2):
        results = [await outcome(accounts, ELSEWHERE, email=email, password=PASSWORD) for email in emails]
        assert set(results) == {"in"}


async def test_after_signing_in_earlier_mistakes_are_forgotten(accounts: Accounts, ada: SignIn) -> None:
    for _ in range(3):
        assert await guess(accounts, HOME, 4) == ["refused"] * 4
        assert await outcome(accounts, HOME, password=PASSWORD) == "in"


async def test_the_answer_says_when_to_come_back(client: httpx2.AsyncClient, ada: SignIn) -> None:
    for email in ("ada@example.org", "nobody@example.org"):
        for _ in range(6):
            answer = await client.post("/api/v1/auth/login", json={"email": email, "password": "wrong"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert answer.headers["retry-after"] == "1"

    cookie = {"Cookie": f"{REFRESH_COOKIE}={ada.tokens.refresh_token}", "Sec-Fetch-Site": "same-origin"}
    body = {"email": "ada@example.org", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body, headers=cookie)).status_code == 200


async def test_ten_thousand_sign_ins_get_clear_and_bounded_answers(
    client_at: Callable[..., httpx2.AsyncClient], ada: SignIn
) -> None:
    """From one address: nearly all are refused without the work that a password costs."""
    client = client_at(host=ELSEWHERE.host)
    statuses: dict[int, int] = {}

    async def sign_in(number: int) -> None:
        body = {"email": f"learner{number % 500}@example.org", "password": "wrong"}
        answer = await client.post("/api/v1/auth/login", json=body)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code == 401 or int(answer.headers["retry-after"]) <= 60

    for first in range(0, 10_000, 500):
        await asyncio.gather(*(sign_in(number) for number in range(first, first + 500)))
    assert set(statuses) == {401, 429}
    assert statuses[401] < 200


async def test_telling_who_has_an_account_by_registering_is_slow_too(client: httpx2.AsyncClient, ada: SignIn) -> None:
    body = {"email": "ada@example.org", "name": "Eve", "password": PASSWORD}
    statuses = [(await client.post("/api/v1/auth/register", json=body)).status_code for _ in range(120)]

    assert statuses == [409] * 100 + [429] * 20
