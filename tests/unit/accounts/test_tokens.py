from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.accounts.tokens import (
    LEEWAY_SECONDS,
    AccessClaims,
    decode_access_token,
    encode_access_token,
    hash_secret,
    new_secret,
    successor_of,
)
from masterx.errors import Unauthenticated

KEY = b"a signing key of 32 characters or more"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
USER_ID = "01a206ed-b958-774c-b02f-91a98b8e6139"
DEVICE_ID = "01a206ee-0a4c-7d0e-8f51-2f4f5f0c4a11"
LIFETIME = 900


def issue(**changes: Any) -> str:
    """A token with these claims in place of the usual ones; None takes a claim away."""
    claims = {
        "iss": "masterx",
        "aud": "masterx",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + LIFETIME,
        "sub": USER_ID,
        "jti": "1",
        "sid": DEVICE_ID,
    } | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, KEY, "HS256")


def refused(token: str, now: datetime = NOW) -> bool:
    try:
        decode_access_token(token, now=now, key=KEY)
    except Unauthenticated:
        return True
    return False


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def token() -> str:
    return encode_access_token(USER_ID, DEVICE_ID, token_id="1", now=NOW, lifetime_seconds=LIFETIME, key=KEY)


def test_a_token_tells_who_it_was_made_for(token: str) -> None:
    claims = decode_access_token(token, now=NOW, key=KEY)

    assert claims == AccessClaims(USER_ID, DEVICE_ID, int(NOW.timestamp()) + LIFETIME)
    assert not refused(issue())


def test_a_token_carries_nothing_that_can_change(token: str) -> None:
    assert set(jwt.decode(token, options={"verify_signature": False})) == {
        "iss", "aud", "iat", "exp", "sub", "jti", "sid",
    }  # fmt: skip


def test_a_token_ends(token: str) -> None:
    end = NOW + timedelta(seconds=LIFETIME)

    assert not refused(token, end + timedelta(seconds=LEEWAY_SECONDS - 1))
    assert refused(token, end + timedelta(seconds=LEEWAY_SECONDS))
    assert refused(token, NOW + timedelta(days=400))


def test_a_token_from_the_future_is_refused(token: str) -> None:
    assert not refused(token, NOW - timedelta(seconds=LEEWAY_SECONDS))
    assert refused(token, NOW - timedelta(seconds=LEEWAY_SECONDS + 1))


def test_every_changed_character_is_refused(token: str) -> None:
    alphabet = string.ascii_letters + string.digits + "-_.=+/ "
    chance = random.Random(2)
    mutants = {
        token[:place] + char + token[place + 1 :] for place in range(len(token)) for char in chance.sample(alphabet, 6)
    }
    # All spellings of the last character, two bits of which no decoder reads.
    mutants |= {token[:-1] + char for char in alphabet}
    mutants.discard(token)

    assert len(mutants) > 1_000
    assert [mutant for mutant in mutants if not refused(mutant)] == []


def test_cut_lengthened_and_padded_tokens_are_refused(token: str) -> None:
    header, payload, signature = token.split(".")
    mutants = [token[:length] for length in range(len(token))]
    mutants += [token[start:] for start in range(1, len(token))]
    mutants += [token + tail for tail in ("=", "==", ".", "A", "\n", " ", ".a", "\u2028", "é")]
    mutants += [lead + token for lead in (" ", "\n", "A", ".")]
    mutants += [f"{header}.{payload}.", f"{header}..{signature}", f".{payload}.{signature}", "..", "", "." * 3_000]

    assert [mutant for mutant in mutants if not refused(mutant)] == []


@given(st.text(max_size=400))
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 1, "HS512", "RS256", "ES256", "hs256"])
def test_no_other_algorithm_is_taken_from_the_header(token: str, algorithm: object) -> None:
    payload, signature = token.split(".")[1:]
    header = segment({"alg": algorithm, "typ": "JWT"})
    signed = base64.urlsafe_b64encode(hmac.digest(KEY, f"{header}.{payload}".encode(), "sha256")).decode().rstrip("=")

    for tail in ("", signature, signed):
        assert refused(f"{header}.{payload}.{tail}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_rightly_signed_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    claims = jwt.decode(issue(), options={"verify_signature": False})

    assert refused(jwt.encode(claims, KEY * 2, algorithm))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"another signing key of 32 characters",
        KEY[:-1],
        KEY + b"2",
        hashlib.sha256(KEY).digest(),
        b"-----BEGIN PUBLIC KEY-----",
    ],
)
def test_a_token_of_another_key_is_refused(key: bytes) -> None:
    header, payload, _ = issue().split(".")
    signature = base64.urlsafe_b64encode(hmac.digest(key, f"{header}.{payload}".encode(), "sha256")).decode()

    assert refused(f"{header}.{payload}.{signature.rstrip('=')}")


def test_a_key_in_the_header_is_not_used() -> None:
    own = b"the forger's own key, 32 bytes and more"
    header = segment(
        {
            "alg": "HS256",
            "typ": "JWT",
            "jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(own).decode()},
            "kid": "../../dev/null",
        }
    )
    payload = issue().split(".")[1]
    signature = base64.urlsafe_b64encode(hmac.digest(own, f"{header}.{payload}".encode(), "sha256")).decode()

    assert refused(f"{header}.{payload}.{signature.rstrip('=')}")


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "jti", "sid"])
def test_no_claim_may_be_missing(claim: str) -> None:
    assert refused(issue(**{claim: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another service"},
        {"aud": ["masterx", "another service"]},
        {"aud": ["masterx"]},
        {"iss": "another service"},
        {"sid": 7},
        {"sid": ["device"]},
        {"sub": 7},
        {"jti": 7},
        {"exp": "soon"},
        {"exp": [1]},
        {"iat": {}},
    ],
    ids=str,
)
def test_rightly_signed_but_odd_claims_are_refused(changes: dict[str, object]) -> None:
    # PyJWT refuses to sign some of these itself, so they are signed by hand.
    header, payload, _ = issue().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | changes
    signing_input = f"{header}.{segment(claims)}"
    signature = base64.urlsafe_b64encode(hmac.digest(KEY, signing_input.encode(), "sha256")).decode().rstrip("=")

    assert refused(f"{signing_input}.{signature}")


def test_secrets_differ_and_hold_256_bits() -> None:
    drawn = {new_secret() for _ in range(1_000)}

    assert len(drawn) == 1_000
    assert all(len(base64.urlsafe_b64decode(secret + "=")) == 32 for secret in drawn)


def test_a_successor_is_certain_with_the_key_and_another_without_it() -> None:
    assert successor_of("first", KEY) == successor_of("first", KEY)
    assert len({successor_of("first", KEY), successor_of("first", KEY + b"2"), successor_of("second", KEY)}) == 3
    assert len(successor_of("first", KEY)) == len(new_secret())


def test_a_stored_hash_is_plain_sha256_and_takes_any_text() -> None:
    assert hash_secret("abc") == hashlib.sha256(b"abc").hexdigest()
    assert hash_secret("\ud800")
