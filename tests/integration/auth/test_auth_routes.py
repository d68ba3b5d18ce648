from __future__ import annotations

from typing import Any

import httpx2
import pytest

from masterx.accounts.accounts import SignIn

ADA = {"email": "ada@example.org", "name": "Ada", "password": "correct horse battery"}
CREDENTIALS = {"email": ADA["email"], "password": ADA["password"]}


async def test_from_registration_to_signing_out(client: httpx2.AsyncClient) -> None:
    registered = await client.post("/api/v1/auth/register", json=ADA)
    assert registered.status_code == 201
    assert registered.json()["role"] == "learner"

    signed_in = await client.post("/api/v1/auth/login", json=CREDENTIALS)
    tokens = signed_in.json()
    assert signed_in.status_code == 200
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert signed_in.headers["cache-control"] == "no-store"

    me = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert me.json() == registered.json()
    assert set(me.json()) == {
        "id", "email", "name", "role", "subscription_tier", "created_at", "learning_preferences", "total_sessions",
        "last_active",
    }  # fmt: skip
    assert me.json()["created_at"].endswith("Z")

    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert renewed.status_code == 200
    assert renewed.headers["cache-control"] == "no-store"
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]

    current = {"refresh_token": renewed.json()["refresh_token"]}
    assert (await client.post("/api/v1/auth/logout", json=current)).status_code == 204
    assert (await client.post("/api/v1/auth/refresh", json=current)).status_code == 401
    assert (await client.post("/api/v1/auth/logout", json=current)).status_code == 204


async def test_the_address_is_taken_whatever_its_case(client: httpx2.AsyncClient, ada: SignIn) -> None:
    again = await client.post("/api/v1/auth/register", json=ADA | {"email": "ADA@Example.ORG"})

    assert again.status_code == 409
    assert again.json()["code"] == "already_registered"
    signed_in = await client.post("/api/v1/auth/login", json=CREDENTIALS | {"email": "ADA@Example.ORG"})
    assert signed_in.status_code == 200


async def test_nobody_learns_who_has_an_account(client: httpx2.AsyncClient, ada: SignIn) -> None:
    wrong = await client.post("/api/v1/auth/login", json=CREDENTIALS | {"password": "another password"})
    unknown = await client.post("/api/v1/auth/login", json=CREDENTIALS | {"email": "eve@example.org"})
    impossible = await client.post("/api/v1/auth/login", json=CREDENTIALS | {"email": "no address"})

    assert wrong.status_code == 401
    assert wrong.json()["error"] == "That e-mail and password do not match."
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.json() == unknown.json() == impossible.json()


@pytest.mark.parametrize("field", ["email", "name", "password"])
@pytest.mark.parametrize(
    "value",
    [None, 7, 2**70, 1.5, True, [], ["ada@example.org"], {}, "", "\0", "nul \0 inside it", "x" * 100_000],
    ids=lambda value: repr(value)[:20],
)
async def test_values_that_cannot_be_are_refused(client: httpx2.AsyncClient, field: str, value: object) -> None:
    refused = await client.post("/api/v1/auth/register", json=ADA | {field: value})

    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid_input"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"email": NaN, "name": "Ada", "password": "correct horse battery"}',
        b'{"email": "\\ud800@example.org", "name": "Ada", "password": "correct horse battery"}',
        b'{"email": "ada@example.org", "name": "A\\udfffda", "password": "correct horse battery"}',
        b'{"email": "ada@example.org", "name": "Ada", "password": "correct horse \\ud83d battery"}',
        b'{"email": "ada@example.org", "name": "Ada", "password": "correct horse battery", "role": "admin"}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body)[:24],
)
async def test_bodies_that_cannot_be_are_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    for path in ("register", "login", "refresh", "logout"):
        refused = await client.post(f"/api/v1/auth/{path}", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 422
        assert refused.json()["type"] == "InvalidInput"


@pytest.mark.parametrize("secret", ["unknown", "x" * 43, "é" * 20, " "])
async def test_refresh_tokens_that_nobody_issued(client: httpx2.AsyncClient, secret: str) -> None:
    refused = await client.post("/api/v1/auth/refresh", json={"refresh_token": secret})

    assert refused.status_code == 401
    assert (await client.post("/api/v1/auth/logout", json={"refresh_token": secret})).status_code == 204


async def test_an_access_token_does_not_renew_and_a_refresh_token_does_not_identify(
    client: httpx2.AsyncClient, ada: SignIn
) -> None:
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.tokens.access_token[:200]})
    me = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {ada.tokens.refresh_token}"})

    assert (renewed.status_code, me.status_code) == (401, 401)


async def test_the_description_names_bodies_examples_and_errors(client: httpx2.AsyncClient) -> None:
    schema: dict[str, Any] = (await client.get("/openapi.json")).json()

    register = schema["paths"]["/api/v1/auth/register"]["post"]
    assert {"201", "403", "409", "422", "429", "503"} <= set(register["responses"])
    error = register["responses"]["409"]["content"]["application/json"]["schema"]["$ref"]
    assert error.endswith("/ErrorBody")
    for field in schema["components"]["schemas"]["RegisterRequest"]["properties"].values():
        assert field["examples"]
