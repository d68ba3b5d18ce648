"""What goes wrong between us and a provider's server, whatever the SDK, as our own errors.

Importing this module imports the HTTP libraries, so only the modules that import an SDK do it, on first use.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import aiohttp
import httpx2

from masterx.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)

CONNECT_SECONDS = 5.0
"""To reach a host; one that drops packets must not use up the time of the next candidate."""

ERROR_BODY_LIMIT = 64 * 1024
"""Bytes of an error's body that are read; the rest could be endless."""

RETRY_AFTER_LIMIT = 86_400.0

TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, aiohttp.ClientError, OSError)


def client_options(base_url: str) -> dict[str, Any]:
    """How every HTTP client of ours is set up, as the arguments of an `httpx2.AsyncClient`."""
    return {
        # An answer that sends the key elsewhere is refused, and a proxy is no way to this machine itself.
        "follow_redirects": False,
        "trust_env": not _is_loopback(base_url),
        "timeout": httpx2.Timeout(None, connect=CONNECT_SECONDS),
        "event_hooks": {"response": [_cut_error_body]},
    }


def transport_failure(provider: str, error: BaseException) -> ProviderError:
    """The layers below rename each other's errors, a dropped connection even to a timeout: ask the first cause."""
    causes = list(_causes(error))
    kind = type(causes[-1]).__name__
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return ProviderTimeout(provider, details={"phase": "connect", "fault": kind})
    if any(isinstance(cause, httpx2.DecodingError | aiohttp.ClientResponseError) for cause in causes):
        return ProviderProtocolError(provider, details={"fault": kind})
    return ProviderUnavailable(provider, details={"fault": kind})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


_STATUS_OF_CODE: Mapping[str, int | None] = {
    "billing_not_active": 402,
    "context_length_exceeded": 413,
    "insufficient_quota": 402,
    "invalid_api_key": 401,
    "model_not_found": None,
    "rate_limit_exceeded": None,
    "unsupported_parameter": None,
}
"""The vendors' codes that we know, in OpenAI's words, and the status that says the same where theirs does not."""


def status_failure(
    provider: str,
    status: int,
    headers: Mapping[str, str],
    vendor_code: object = None,
    *,
    asked_to_wait: float | None = None,
) -> ProviderError:
    """The error for an HTTP status. Of the body only a code that we know is passed on: its text may quote us.

    ``asked_to_wait`` is in seconds, for vendors that say it in the body.
    """
    details: dict[str, Any] = {"status": status}
    if isinstance(vendor_code, str) and vendor_code in _STATUS_OF_CODE:
        details["vendor_code"] = vendor_code
        status = _STATUS_OF_CODE[vendor_code] or status
    kind, message = _meaning(status)
    wait = retry_after(headers)
    if wait is None and asked_to_wait is not None:
        wait = _bounded(asked_to_wait)
    return kind(provider, message, details=details, retry_after=wait)


_MEANING: Mapping[int, tuple[type[ProviderError], str | None]] = {
    401: (ProviderAuthError, None),
    402: (ProviderAuthError, "The account with the provider has no credit left."),
    403: (ProviderAuthError, None),
    404: (ProviderRejected, "The provider knows no such model or address."),
    407: (ProviderAuthError, "The proxy on the way to the provider asks for a password."),
    408: (ProviderUnavailable, None),
    409: (ProviderUnavailable, None),
    413: (ProviderRejected, "The conversation is too long for this model."),
    425: (ProviderUnavailable, None),
    429: (ProviderRateLimited, None),
}


def _meaning(status: int) -> tuple[type[ProviderError], str | None]:
    if status >= 500:
        return ProviderUnavailable, None
    if 300 <= status < 400:
        return ProviderRejected, "The provider's address answers with a redirect."
    return _MEANING.get(status, (ProviderRejected, None))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` (OpenAI) or `Retry-After` as seconds or as a date; None if unusable."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return _bounded(seconds)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _bounded((moment - datetime.now(UTC)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), RETRY_AFTER_LIMIT)


async def _cut_error_body(response: httpx2.Response) -> None:
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Cut(response.stream)


class _Cut(httpx2.AsyncByteStream):
    """The beginning of a body. The SDK reads the whole body of an error before it raises."""

    def __init__(self, whole: httpx2.AsyncByteStream) -> None:
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = ERROR_BODY_LIMIT
        async for piece in self._whole:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._whole.aclose()


def _is_loopback(base_url: str) -> bool:
    host = httpx2.URL(base_url).host
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
