from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from masterx.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from masterx.providers.failures import retry_after, status_failure


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, ProviderRejected, False),
        (401, ProviderAuthError, False),
        (402, ProviderAuthError, False),
        (403, ProviderAuthError, False),
        (404, ProviderRejected, False),
        (408, ProviderUnavailable, True),
        (409, ProviderUnavailable, True),
        (413, ProviderRejected, False),
        (418, ProviderRejected, False),
        (422, ProviderRejected, False),
        (429, ProviderRateLimited, True),
        (500, ProviderUnavailable, True),
        (503, ProviderUnavailable, True),
        (529, ProviderUnavailable, True),
        (307, ProviderRejected, False),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ProviderError], retryable: bool) -> None:
    failure = status_failure("p", status, {})

    assert type(failure) is kind
    assert failure.retryable is retryable
    assert failure.details == {"status": status}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_quota", ProviderAuthError),
        ("context_length_exceeded", ProviderRejected),
        ("invalid_api_key", ProviderAuthError),
        ("rate_limit_exceeded", ProviderRateLimited),
        ("sk-secret", ProviderRateLimited),
        (["odd"], ProviderRateLimited),
        (None, ProviderRateLimited),
    ],
)
def test_a_known_code_refines_the_status_and_nothing_else_is_passed_on(code: object, kind: type[ProviderError]) -> None:
    failure = status_failure("p", 429, {}, code)

    assert type(failure) is kind
    assert "sk-secret" not in str(failure.details)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e99"}, 86_400.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_in_the_future() -> None:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    before = datetime.now(UTC)
    seconds = retry_after({"retry-after": format_datetime(moment, usegmt=True)})
    after = datetime.now(UTC)
    assert seconds is not None
    assert moment - after <= timedelta(seconds=seconds) <= moment - before


@pytest.mark.parametrize(
    ("headers", "asked", "expected"),
    [({}, 37.5, 37.5), ({"retry-after": "3"}, 37.5, 3.0), ({}, -1.0, 0.0), ({}, 1e9, 86_400.0), ({}, None, None)],
)
def test_a_wait_that_the_body_asks_for_counts_where_no_header_does(
    headers: dict[str, str], asked: float | None, expected: float | None
) -> None:
    assert status_failure("p", 429, headers, asked_to_wait=asked).retry_after == expected
