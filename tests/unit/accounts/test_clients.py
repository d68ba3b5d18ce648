from __future__ import annotations

import pytest

from masterx.accounts.clients import Client


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("::ffff:192.168.1.5", "192.168.1.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("testclient", "None"),
        ("", "None"),
        (None, "None"),
    ],
)
def test_attempts_are_counted_by_who_can_change_their_address(host: str | None, network: str) -> None:
    assert Client(host=host).network == network
