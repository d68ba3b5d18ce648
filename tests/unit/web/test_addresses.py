from __future__ import annotations

import pytest

from masterx.web.addresses import local_path, sign_in_address


@pytest.mark.parametrize("address", ["/lessons/1", "/lessons?open=a%2Fb", "/first-run", "/lessons/1?next=//x"])
def test_a_page_of_this_server_is_kept(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "lessons",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/lessons\\..\\evil",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/lessons\r\nSet-Cookie: a=b",
        "/sign-in?next=/",
        "/sign-out",
        "/register",
    ],
)
def test_anything_else_is_the_first_page(address: str | None) -> None:
    assert local_path(address) == "/"


def test_the_first_page_needs_no_mention() -> None:
    assert sign_in_address("/") == "/sign-in"
    assert sign_in_address("/lessons/1?a=b&c") == "/sign-in?next=/lessons/1%3Fa%3Db%26c"
