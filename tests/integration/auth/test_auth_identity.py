"""Bearer and cookie, other sites, and routes without a rule."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from structlog.testing import capture_logs
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import SignIn
from masterx.api.cookies import ACCESS_COOKIE, REFRESH_COOKIE

Client = Callable[..., httpx2.AsyncClient]

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def bearer(sign_in: SignIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in.tokens.access_token}"}


def cookies(sign_in: SignIn) -> dict[str, str]:
    return {"Cookie": f"{ACCESS_COOKIE}={sign_in.tokens.access_token}; {REFRESH_COOKIE}={sign_in.tokens.refresh_token}"}


@pytest.mark.parametrize("who", ["ada", "admin", None])
async def test_cookie_and_bearer_lead_to_the_same_decision(
    client: httpx2.AsyncClient, request: pytest.FixtureRequest, ada: SignIn, admin: SignIn, who: str | None
) -> None:
    sign_in = {"ada": ada, "admin": admin}.get(who or "")
    decisions = {}
    for way, headers in {
        "bearer": bearer(sign_in) if sign_in else {"Authorization": "Bearer forged"},
        "cookie": SAME_SITE | (cookies(sign_in) if sign_in else {"Cookie": f"{ACCESS_COOKIE}=forged"}),
    }.items():
        answers = [
            await client.get("/api/v1/users/me", headers=headers),
            await client.post("/api/v1/chat", headers=headers),
            await client.get("/first-run", headers=headers),
            await client.get("/sign-in", headers=headers),
            await client.get("/without-a-rule", headers=headers),
        ]
        decisions[way] = [(answer.status_code, answer.json()) for answer in answers]

    assert decisions["bearer"] == decisions["cookie"]
    statuses = [status for status, _ in decisions["bearer"]]
    assert (
        statuses
        == {
            "ada": [200, 200, 403, 200, 403],
            "admin": [200, 200, 200, 200, 403],
            None: [401, 401, 401, 200, 401],
        }[who]
    )


async def test_a_bad_bearer_is_refused_though_the_cookie_is_good(client: httpx2.AsyncClient, ada: SignIn) -> None:
    for token in ("forged", "", "Bearer", ada.tokens.access_token[:-1]):
        answer = await client.get("/api/v1/users/me", headers=cookies(ada) | {"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_bearer_speaks_for_its_own_person_beside_anothers_cookie(
    client: httpx2.AsyncClient, ada: SignIn, admin: SignIn
) -> None:
    answer = await client.get("/api/v1/users/me", headers=cookies(admin) | bearer(ada))

    assert answer.json()["id"] == ada.user.id


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_is_read_in_any_case(client: httpx2.AsyncClient, ada: SignIn, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {ada.tokens.access_token}"}

    assert (await client.get("/api/v1/users/me", headers=headers)).status_code == 200


async def test_a_token_that_is_over_is_named_so(client: httpx2.AsyncClient, ada: SignIn, clock: FrozenClock) -> None:
    clock.advance(ada.tokens.expires_in + 60)
    answer = await client.get("/api/v1/users/me", headers=bearer(ada))

    assert answer.status_code == 401
    assert answer.json()["error"] == "That token has expired."
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_public_route_ignores_a_bad_token(client: httpx2.AsyncClient, ada: SignIn) -> None:
    for headers in ({"Authorization": "Bearer forged"}, {"Cookie": f"{ACCESS_COOKIE}=forged"}, {}):
        answer = await client.get("/sign-in", headers=headers)
        assert (answer.status_code, answer.json()) == (200, None)
    assert (await client.get("/sign-in", headers=cookies(ada))).json() == ada.user.id


@pytest.mark.parametrize("path", ["/without-a-rule", "/elsewhere/"])
async def test_a_route_without_a_rule_answers_nobody(client: httpx2.AsyncClient, admin: SignIn, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=bearer(admin))).status_code == 403


async def test_a_refusal_is_logged_with_who_and_where(client: httpx2.AsyncClient, ada: SignIn) -> None:
    with capture_logs() as logs:
        await client.get("/first-run", headers=bearer(ada))

    refusal = next(entry for entry in logs if entry["event"] == "access_refused")
    assert (refusal["path"], refusal["user_id"]) == ("/first-run", ada.user.id)
    assert "ada@example.org" not in str(logs)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://masterx.test"}, True),
        ({"Origin": "http://masterx.test"}, True),
        ({"Origin": "HTTP://MasterX.test"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://masterx.test"}, False),
        ({"Origin": "http://evil.test"}, False),
        ({"Origin": "http://masterx.test.evil.test"}, False),
        ({"Origin": "http://masterx.test:81"}, False),
        ({"Origin": "http://masterx.test@evil.test"}, False),
        ({"Origin": "http://[masterx.test"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({}, False),
    ],
    ids=str,
)
async def test_only_pages_of_this_server_write_with_cookies(
    client: httpx2.AsyncClient, ada: SignIn, headers: dict[str, str], allowed: bool
) -> None:
    answer = await client.post("/api/v1/chat", headers=cookies(ada) | headers)

    assert answer.status_code == (200 if allowed else 403)
    assert allowed or answer.json()["code"] == "cross_site"
    assert (await client.get("/api/v1/users/me", headers=cookies(ada) | headers)).status_code == 200
    assert (await client.post("/api/v1/chat", headers=bearer(ada) | headers)).status_code == 200


async def test_no_other_site_signs_a_browser_in_or_out(client: httpx2.AsyncClient, ada: SignIn) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.test"}):
        for path in ("/sign-in", "/sign-out", "/api/v1/auth/login", "/api/v1/auth/logout"):
            answer = await client.post(path, json={}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_the_renewing_cookie_alone_also_needs_the_same_site(client: httpx2.AsyncClient, ada: SignIn) -> None:
    headers = {"Cookie": f"{REFRESH_COOKIE}={ada.tokens.refresh_token}"}

    assert (await client.post("/sign-out", headers=headers)).status_code == 403
    assert (await client.post("/sign-out", headers=headers | SAME_SITE)).status_code == 200


@pytest.mark.parametrize(("base_url", "secure"), [("http://masterx.test", False), ("https://masterx.test", True)])
async def test_cookies_are_kept_from_scripts_and_other_sites(
    client_at: Client, ada: SignIn, base_url: str, secure: bool
) -> None:
    client = client_at(base_url=base_url)
    answer = await client.post("/sign-in", headers=SAME_SITE)
    lines = answer.headers.get_list("set-cookie")

    assert [line.split("=")[0] for line in lines] == [ACCESS_COOKIE, REFRESH_COOKIE]
    for line, max_age in zip(lines, (900, 30 * 86_400), strict=True):
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={max_age}"} | (
            {"secure"} if secure else set()
        )
    assert (await client.get("/api/v1/users/me")).json()["id"] == ada.user.id

    await client.post("/sign-out", headers=SAME_SITE)
    assert (await client.get("/api/v1/users/me")).status_code == 401
    assert not list(client.cookies.jar)
