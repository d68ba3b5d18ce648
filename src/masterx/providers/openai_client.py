"""The official SDK's client and everything that can go wrong with it.

Importing this module imports the SDK (0.7 s), so only `openai_compatible` does it, on first use.

Requests go through the SDK's `client.post`, its documented way to an endpoint, with the HTTP response as the wanted
type. The typed resources build pydantic objects for each event and walk every message of the prompt: measured
against a canned server, one answer costs 4.6 ms of CPU there and 0.6 ms here, a stream of 30 events 7.2 and 1.5 ms.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, cast

import aiohttp
import httpx2
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from masterx.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from masterx.providers.chat_completions import FieldRefused

CONNECT_SECONDS = 5.0
"""To reach a host; one that drops packets must not use up the time of the next candidate."""

ERROR_BODY_LIMIT = 64 * 1024
"""Bytes of an error's body that are read; the rest could be endless."""

RETRY_AFTER_LIMIT = 86_400.0

_TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, aiohttp.ClientError, OSError)


def connect(provider: str, base_url: str, key: str) -> ChatClient:
    """Takes some milliseconds (certificates), so call it off the event loop. Opens no connection yet."""
    http_client = DefaultAioHttpClient(
        # An answer that sends the key elsewhere is refused, and a proxy is no way to this machine itself.
        follow_redirects=False,
        trust_env=not _is_loopback(base_url),
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        event_hooks={"response": [_cut_error_body]},
    )
    # Compressing a stream makes it arrive in lumps.
    headers = {"Accept-Encoding": "identity"}
    client = AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        default_headers=headers,
        http_client=http_client,
    )
    client.platform_headers()  # starts a process to ask the machine who it is, and remembers
    # The SDK reads OPENAI_ADMIN_KEY, _ORG_ID, _PROJECT_ID and _CUSTOM_HEADERS by itself; nobody else may see them.
    client.admin_api_key = None
    if httpx2.URL(base_url).host != "api.openai.com":
        client.organization = None
        client.project = None
        client._custom_headers = headers  # no public way leaves the variable out
    return ChatClient(provider, client)


class ChatClient:
    """One connection pool to one provider."""

    def __init__(self, provider: str, client: AsyncOpenAI) -> None:
        self._provider = provider
        self._client = client

    async def post(self, body: Mapping[str, Any], *, may_refuse: Iterable[str] = ()) -> httpx2.Response:
        """The response with its body unread; the caller closes it.

        Raises `FieldRefused` for a field of `may_refuse`, else what `translated` translates.
        """
        try:
            response: object = await self._client.post(
                "/chat/completions",
                cast_to=httpx2.Response,
                body=body,
                stream=True,
                stream_cls=openai.AsyncStream[Any],
            )
        except openai.APIStatusError as error:
            for field in may_refuse:
                if field in body and _does_not_know(error, field):
                    raise FieldRefused(field) from None
            raise
        except (TypeError, ValueError) as error:
            raise ProviderRejected(
                self._provider,
                "The request to the provider could not be made.",
                details={"fault": type(error).__name__},
            ) from None
        return cast("httpx2.Response", response)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn every failure of SDK and transport into a `ProviderError`.

        Nothing is chained that holds a request (its headers hold the key) or a body (a vendor's text).
        """
        try:
            yield
        except openai.APIStatusError as error:
            failure = status_failure(self._provider, error.status_code, error.response.headers, error.body)
        except (openai.OpenAIError, *_TRANSPORT_ERRORS) as error:
            failure = transport_failure(self._provider, error)
        else:
            return
        raise failure from None

    async def aclose(self) -> None:
        await self._client.close()


_UNKNOWN_FIELD = re.compile(
    "unsupported|not supported|unknown|unrecognized|unexpected|extra|not permitted|not allowed", re.IGNORECASE
)


def _does_not_know(error: openai.APIStatusError, field: str) -> bool:
    """Whether a refusal is about a field as such, not about its value."""
    complaint = repr(error.body)
    return error.status_code in {400, 422} and field in complaint and bool(_UNKNOWN_FIELD.search(complaint))


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


_KNOWN_VENDOR_CODES = frozenset({
    "billing_not_active",
    "context_length_exceeded",
    "insufficient_quota",
    "invalid_api_key",
    "model_not_found",
    "rate_limit_exceeded",
    "unsupported_parameter",
})  # fmt: skip


def status_failure(provider: str, status: int, headers: Mapping[str, str], body: object) -> ProviderError:
    """The error for an HTTP status. Of the body only a code that we know is passed on: its text may quote us."""
    details: dict[str, Any] = {"status": status}
    reported = body.get("code") if isinstance(body, dict) else None
    vendor_code = reported if isinstance(reported, str) and reported in _KNOWN_VENDOR_CODES else None
    if vendor_code is not None:
        details["vendor_code"] = vendor_code
    if vendor_code in {"insufficient_quota", "billing_not_active"}:
        status = 402
    elif vendor_code == "context_length_exceeded":
        status = 413
    kind, message = _meaning(status)
    return kind(provider, message, details=details, retry_after=retry_after(headers))


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
