"""In which time zone a page writes its times."""

from __future__ import annotations

import pytest
from fastapi import Request

from masterx.web.rendering import zone_of


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("Europe%2FVienna", "Europe/Vienna"),
        ("Etc%2FGMT%2B8", "Etc/GMT+8"),
        ("Nowhere%2FAtAll", "UTC"),
        ("..%2F..%2Fpasswd", "UTC"),
    ],
)
def test_the_zone_is_the_one_that_the_browser_names(cookie: str, zone: str) -> None:
    headers = [(b"cookie", f"masterx_zone={cookie}".encode())]
    assert str(zone_of(Request({"type": "http", "headers": headers}))) == zone
