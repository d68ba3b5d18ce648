from __future__ import annotations

import pytest
from tests.fakes.clock import START, FrozenClock

from masterx.accounts.identities import MAX_KEPT, Identities
from masterx.accounts.tokens import LEEWAY_SECONDS, encode_access_token
from masterx.errors import Unauthenticated
from masterx.records.users import Role, User

KEY = b"a signing key of 32 characters or more"


def token_of(user_id: str, role: Role = Role.LEARNER) -> str:
    user = User(id=user_id, email="ada@example.org", name="Ada", created_at=START, role=role)
    return encode_access_token(user, token_id="1", now=START, lifetime_seconds=900, key=KEY)


def test_a_kept_answer_ends_with_its_token() -> None:
    clock = FrozenClock()
    identities = Identities(KEY, clock)
    token = token_of("ada", Role.ADMIN)

    assert identities.identify(token) == identities.identify(token)
    clock.advance(900 + LEEWAY_SECONDS - 1)
    assert identities.identify(token).role is Role.ADMIN
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        identities.identify(token)


def test_a_token_like_a_kept_one_is_refused() -> None:
    identities = Identities(KEY, FrozenClock())
    token = token_of("ada")
    identities.identify(token)

    for forged in (token[:-1], token + "=", token.swapcase(), token[:-1] + "\ud800", ""):
        with pytest.raises(Unauthenticated):
            identities.identify(forged)


def test_more_tokens_than_are_kept_are_all_answered() -> None:
    identities = Identities(KEY, FrozenClock())
    tokens = {f"learner {number}": token_of(f"learner {number}") for number in range(MAX_KEPT + 10)}

    for _ in range(2):
        assert all(identities.identify(token).user_id == user_id for user_id, token in tokens.items())
