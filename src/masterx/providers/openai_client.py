"""The official SDK's client, what of it each call needs, and everything that can go wrong with it.

Importing this module imports the SDK (0.7 s), so only `openai_compatible` does it, on first use.

The SDK says where to send and with which headers, and makes the connection pool; a call is then one request of that
pool. Its own ways build pydantic objects: measured against a canned server, one answer costs 4.6 ms of CPU through the
typed resources, 0.6 ms through `client.post` and 0.26 ms here. See docs/decisions/0029.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import pydantic_core
from openai import AsyncOpenAI, DefaultAioHttpClient

from masterx.errors import ProviderRejected
from masterx.providers.chat_completions import FieldRefused
from masterx.providers.failures import TRANSPORT_ERRORS, client_options, status_failure, transport_failure


def connect(provider: str, base_url: str, key: str) -> ChatClient:
    """Takes some milliseconds (certificates), so call it off the event loop. Opens no connection yet."""
    # Compressing a stream makes it arrive in lumps.
    headers = {"Accept-Encoding": "identity"}
    pool = DefaultAioHttpClient(**client_options(base_url))
    client = AsyncOpenAI(api_key=key, base_url=base_url, default_headers=headers, http_client=pool)
    # The SDK reads OPENAI_ADMIN_KEY, _ORG_ID, _PROJECT_ID and _CUSTOM_HEADERS by itself; nobody else may see them.
    client.admin_api_key = None
    if httpx2.URL(base_url).host != "api.openai.com":
        client.organization = None
        client.project = None
        client._custom_headers = headers  # no public way leaves the variable out
    path = client.base_url.path.rstrip("/") + "/chat/completions"
    return ChatClient(provider, pool, client.base_url.copy_with(path=path), _headers(client))


def _headers(client: AsyncOpenAI) -> dict[str, str]:
    """What the SDK sends with every request; what it would leave out is no text. Asks the machine who it is."""
    told = client.default_headers | client.auth_headers
    return {name: value for name, value in told.items() if isinstance(value, str)}


class ChatClient:
    """One connection pool to one provider."""

    def __init__(self, provider: str, pool: httpx2.AsyncClient, url: httpx2.URL, headers: Mapping[str, str]) -> None:
        self._provider = provider
        self._pool = pool
        self._url = url
        self._headers = httpx2.Headers(headers)
        self._extensions = {"timeout": pool.timeout.as_dict()}

    async def post(self, body: Mapping[str, Any], *, may_refuse: Iterable[str] = ()) -> httpx2.Response:
        """The response with its body unread; the caller closes it.

        Raises `FieldRefused` for a field of `may_refuse`, `ProviderError` for every other refusal, else what
        `translated` translates.
        """
        try:
            request = httpx2.Request(
                "POST",
                self._url,
                headers=self._headers,
                content=pydantic_core.to_json(body),
                extensions=self._extensions,
            )
        except (TypeError, ValueError) as error:
            raise ProviderRejected(
                self._provider,
                "The request to the provider could not be made.",
                details={"fault": type(error).__name__},
            ) from None
        request.headers.encoding = "ascii"  # else it is guessed, by decoding all of them
        response = await self._pool.send(request, stream=True)
        if response.is_success:
            return response
        refusal = await _read_refusal(response)
        for field in may_refuse:
            if field in body and _does_not_know(response.status_code, refusal, field):
                raise FieldRefused(field)
        code = refusal.get("code") if isinstance(refusal, dict) else None
        raise status_failure(self._provider, response.status_code, response.headers, code)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn every failure of the transport into a `ProviderError`.

        Nothing is chained that holds a request (its headers hold the key) or a body (a vendor's text).
        """
        try:
            yield
        except TRANSPORT_ERRORS as error:
            failure = transport_failure(self._provider, error)
        else:
            return
        raise failure from None

    async def aclose(self) -> None:
        await self._pool.aclose()


async def _read_refusal(response: httpx2.Response) -> object:
    """The ``error`` of the body where it has one, else all of it; text where it is no JSON."""
    try:
        data = await response.aread()
    finally:
        await response.aclose()
    try:
        body = pydantic_core.from_json(data)
    except ValueError:
        return data.decode(errors="replace")
    return body.get("error", body) if isinstance(body, dict) else body


_UNKNOWN_FIELD = re.compile(
    "unsupported|not supported|unknown|unrecognized|unexpected|extra|not permitted|not allowed", re.IGNORECASE
)


def _does_not_know(status: int, refusal: object, field: str) -> bool:
    """Whether a refusal is about a field as such, not about its value."""
    complaint = repr(refusal)
    return status in {400, 422} and field in complaint and bool(_UNKNOWN_FIELD.search(complaint))
