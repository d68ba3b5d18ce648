import pytest

from masterx.api.allowed_hosts import host_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8001", "localhost"),
        ("[::1]", "[::1]"),
        ("[::1]:8001", "[::1]"),
        ("127.0.0.1:80:90", ""),
        ("127.0.0.1:80@evil.example", ""),
        ("", ""),
        ("[::1", ""),
        ("*", ""),
        ("evil.example#127.0.0.1", ""),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example"),
    ],
)
def test_the_name_without_its_port(header: str, name: str) -> None:
    assert host_name(header) == name
