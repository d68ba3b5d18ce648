"""Ways to spell an address, a host or a method that confuse servers: none of them gets past the rules."""

from __future__ import annotations

import http.client
import itertools

import pytest
from benchmarks.servers import Server

GUARDED = "/api/v1/users/me"
SPELLINGS = (
    "//api/v1/users/me",
    "/api//v1/users/me",
    "/api/v1/users/me/",
    "/api/v1/users//me",
    "/./api/v1/users/me",
    "/api/v1/../v1/users/me",
    "/api/v1/health/../users/me",
    "/api/v1/health/%2e%2e/users/me",
    "/api/v1/health%2f..%2fusers/me",
    "/%61pi/v1/users/me",
    "/api/v1/users/%6de",
    "/api/v1/users/me%00",
    "/api/v1/users/me%20",
    "/api/v1/users/me;jsessionid=1",
    "/api/v1/users/me?token=x",
    "/api/v1/users/me%3f",
    "/API/V1/USERS/ME",
    "/api/v1/users/me.json",
    "\\api\\v1\\users\\me",
    "/static/../api/v1/users/me",
    "/static/%2e%2e/api/v1/users/me",
    "http://127.0.0.1/api/v1/users/me",
    "http://evil.example/api/v1/users/me",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"X-Original-URL": GUARDED, "X-Rewrite-URL": GUARDED},
    {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-Host": "127.0.0.1"},
    {"X-Forwarded-User": "admin", "Remote-User": "admin", "X-Authenticated-User": "admin"},
    {"Authorization": "Basic YWRtaW46YWRtaW4="},
    {"Authorization": "Bearer null"},
    {"Cookie": "masterx_access=null; masterx_refresh=null"},
)
STATIC_ESCAPES = (
    "/static/../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc/passwd",
    "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/static/....//....//etc/passwd",
    "/static//etc/passwd",
    "/static/%00/etc/passwd",
    "/static/..\\..\\etc\\passwd",
    "/static/../pages.py",
    "/static/x/../../pages.py",
)


def ask(server: Server, method: str, target: str, headers: dict[str, str]) -> tuple[int, str]:
    """The target goes out as it is written; a client library would tidy it up."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, target, skip_host=True)
        for name, value in ({"Host": f"127.0.0.1:{server.port}"} | headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def test_no_spelling_and_no_header_opens_a_guarded_address(masterx: Server) -> None:
    tried = 0
    for spelling, headers in itertools.product((GUARDED, *SPELLINGS), HEADERS):
        for method in ("GET", "HEAD", "POST"):
            status, body = ask(masterx, method, spelling, headers)
            assert 300 <= status < 500, f"{method} {spelling} {headers}: {status}"
            assert '"email"' not in body
            tried += 1
    assert tried == 24 * 8 * 3


@pytest.mark.parametrize("target", STATIC_ESCAPES)
def test_nothing_outside_the_static_files_is_served(masterx: Server, target: str) -> None:
    status, body = ask(masterx, "GET", target, {})
    assert status in {400, 404}
    assert "root:" not in body
    assert "import" not in body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:80@evil.example", "127.0.0.1.evil.example", "[::1", "*"])
def test_a_page_under_another_name_gets_nothing(masterx: Server, host: str) -> None:
    for target in ("/sign-in", "/api/v1/health", "/"):
        status, body = ask(masterx, "GET", target, {"Host": host})
        assert status == 400
        assert "<form" not in body


def test_two_hosts_or_none_are_refused(masterx: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", masterx.port, timeout=60)
    connection.putrequest("GET", "/api/v1/health", skip_host=True)
    connection.putheader("Host", "127.0.0.1")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_link_for_this_machine_does_not_believe_forwarding_headers(masterx: Server) -> None:
    status, body = ask(masterx, "GET", "/sign-in/link?secret=local.x", {"X-Forwarded-For": "127.0.0.1"})
    assert status in {401, 403, 410}
    assert "Set-Cookie" not in body
