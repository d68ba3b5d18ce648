"""A name and preferences, changed in part."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from masterx.accounts.accounts import Accounts, SignIn


async def change(client: httpx2.AsyncClient, headers: dict[str, str], body: object) -> httpx2.Response:
    return await client.patch("/api/v1/users/me", json=body, headers=headers)


async def test_what_is_left_out_stays(client: httpx2.AsyncClient, as_ada: dict[str, str]) -> None:
    await change(client, as_ada, {"name": " Ada Lovelace "})
    first = {"preferred_subjects": ["maths", " música ", "MATHS"], "learning_style": "visual"}
    await change(client, as_ada, {"learning_preferences": first})
    changed = (await change(client, as_ada, {"learning_preferences": {"difficulty_preference": "harder"}})).json()

    assert changed["name"] == "Ada Lovelace"
    assert changed["learning_preferences"] == {
        "preferred_subjects": ["maths", "música"],
        "learning_style": "visual",
        "difficulty_preference": "harder",
        "review_retention": 0.9,
        "questions_in_lessons": True,
    }
    assert (await client.get("/api/v1/users/me", headers=as_ada)).json() == changed
    assert (await change(client, as_ada, {})).json() == changed
    cleared = await change(client, as_ada, {"learning_preferences": {"learning_style": None, "preferred_subjects": []}})
    assert cleared.json()["learning_preferences"] == {
        "preferred_subjects": [], "learning_style": None, "difficulty_preference": "harder", "review_retention": 0.9,
        "questions_in_lessons": True,
    }  # fmt: skip


async def test_preferences_reach_whoever_asks_at_once(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, as_ada: dict[str, str]
) -> None:
    await accounts.identify(ada.tokens.access_token)
    await change(client, as_ada, {"learning_preferences": {"preferred_subjects": ["chess"]}})

    identity = await accounts.identify(ada.tokens.access_token)
    assert identity.learning_preferences.preferred_subjects == ("chess",)


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": None},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "x" * 1_000_000},
        {"name": "\u202egnik"},
        {"name": "nul \0"},
        {"name": 7},
        {"email": "eve@example.org"},
        {"role": "admin"},
        {"subscription_tier": "pro"},
        {"learning_preferences": None},
        {"learning_preferences": []},
        {"learning_preferences": {"preferred_subjects": None}},
        {"learning_preferences": {"preferred_subjects": "maths"}},
        {"learning_preferences": {"preferred_subjects": ["s"] * 21}},
        {"learning_preferences": {"preferred_subjects": ["x" * 61]}},
        {"learning_preferences": {"preferred_subjects": [""]}},
        {"learning_preferences": {"preferred_subjects": ["  "]}},
        {"learning_preferences": {"preferred_subjects": [7]}},
        {"learning_preferences": {"preferred_subjects": ["two\nlines"]}},
        {"learning_preferences": {"preferred_subjects": ["\u202eshtam"]}},
        {"learning_preferences": {"learning_style": "telepathic"}},
        {"learning_preferences": {"difficulty_preference": None}},
        {"learning_preferences": {"difficulty_preference": "hard"}},
        {"learning_preferences": {"review_retention": 0.99}},
        {"learning_preferences": {"review_retention": 0.5}},
        {"learning_preferences": {"review_retention": None}},
        {"learning_preferences": {"favourite_colour": "red"}},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_values_that_cannot_be_are_refused(
    client: httpx2.AsyncClient, as_ada: dict[str, str], body: dict[str, Any]
) -> None:
    before = (await client.get("/api/v1/users/me", headers=as_ada)).json()
    refused = await change(client, as_ada, body)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert (await client.get("/api/v1/users/me", headers=as_ada)).json() == before


@pytest.mark.parametrize("body", [b'{"name": NaN}', b'{"name": "\\ud800"}', b"null", b"[]", b"{", b"\xff"])
async def test_bodies_that_cannot_be_are_refused(
    client: httpx2.AsyncClient, as_ada: dict[str, str], body: bytes
) -> None:
    refused = await client.patch("/api/v1/users/me", content=body, headers=as_ada)

    assert refused.status_code == 422
