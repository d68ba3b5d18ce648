from __future__ import annotations

import pytest

from masterx.accounts.one_time_links import is_loopback, may_redeem, new_link_secret


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert may_redeem(new_link_secret(loopback_only=True), host)


@pytest.mark.parametrize(
    "host",
    [None, "", "localhost", "testclient", "192.168.1.5", "10.0.0.1", "::2", "::ffff:10.0.0.1", "2130706433"],
)
def test_elsewhere(host: str | None) -> None:
    assert not is_loopback(host)
    assert not may_redeem(new_link_secret(loopback_only=True), host)
    assert may_redeem(new_link_secret(loopback_only=False), host)


def test_secrets_differ() -> None:
    assert len({new_link_secret(loopback_only=True) for _ in range(100)}) == 100
