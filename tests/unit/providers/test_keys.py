from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.fakes.clock import FrozenClock

from masterx.providers.keys import ProviderKeys, fingerprint, key_problem

SECRET = b"a secret of this installation, 32 bytes or more"
KEY = SecretStr("sk-planted-key-0123456789")
DAY = timedelta(days=1)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1)


class FirstSights:
    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], datetime] = {}

    async def note_provider_keys(self, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        return {name: self.seen.setdefault((name, mark), now) for name, mark in fingerprints.items()}


class Known:
    def __init__(self, **keys: SecretStr) -> None:
        self.all = keys

    def keys(self) -> Mapping[str, SecretStr]:
        return self.all


@given(one=WORDS, other=WORDS, provider=WORDS, another=WORDS)
def test_a_fingerprint_tells_keys_providers_and_installations_apart(
    one: str, other: str, provider: str, another: str
) -> None:
    mark = fingerprint(SECRET, provider, SecretStr(one))
    assert mark == fingerprint(SECRET, provider, SecretStr(one))
    assert (mark == fingerprint(SECRET, provider, SecretStr(other))) == (one == other)
    assert (mark == fingerprint(SECRET, another, SecretStr(one))) == (provider == another)
    assert mark != fingerprint(SECRET + b"!", provider, SecretStr(one))


async def test_a_key_grows_older_from_its_first_sight_and_a_new_one_is_young() -> None:
    clock, known = FrozenClock(), Known(groq=KEY)
    keys = ProviderKeys(known, FirstSights(), clock, SECRET)
    first = (await keys.reports())["groq"]
    assert (first.first_seen_at, first.age_days, first.problem) == (clock.now(), 0, None)
    clock.advance(31 * DAY.total_seconds())
    old = (await keys.reports())["groq"]
    assert (old.first_seen_at, old.age_days) == (first.first_seen_at, 31)
    assert old.problem is not None
    assert "31 days" in old.problem
    known.all = {"groq": SecretStr("sk-another-key-9876543210")}
    assert (await keys.reports())["groq"].age_days == 0


async def test_a_clock_that_was_put_back_makes_no_key_younger_than_new() -> None:
    sights = FirstSights()
    await ProviderKeys(Known(groq=KEY), sights, FrozenClock(), SECRET).reports()
    earlier = FrozenClock(FrozenClock().now() - DAY)
    assert (await ProviderKeys(Known(groq=KEY), sights, earlier, SECRET).reports())["groq"].age_days == 0


def test_no_problem_holds_the_key() -> None:
    short = SecretStr("sk-short")
    problem = key_problem(short, 90 * DAY)
    assert problem is not None
    assert "20 characters" in problem
    assert "sk-short" not in problem
    assert key_problem(KEY, 30 * DAY) is None
    assert key_problem(KEY, 30 * DAY + timedelta(seconds=1)) is not None


async def test_reports_show_no_key() -> None:
    reports = await ProviderKeys(Known(groq=KEY), FirstSights(), FrozenClock(), SECRET).reports()
    assert KEY.get_secret_value() not in repr(reports)
