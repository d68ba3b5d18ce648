"""The official SDK's client and everything that can go wrong with it.

Importing this module imports the SDK (0.7 s), so only `openai_compatible` does it, on first use.

Requests go through the SDK's `client.post`, its documented way to an endpoint, with the HTTP response as the wanted
type. The typed resources build pydantic objects for each event and walk every message of the prompt: measured
against a canned server, one answer costs 4.6 ms of CPU there and 0.6 ms here, a stream of 30 events 7.2 and 1.5 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import httpx2
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from masterx.errors import ProviderRejected
from masterx.providers.chat_completions import FieldRefused
from masterx.providers.failures import TRANSPORT_ERRORS, client_options, status_failure, transport_failure


def connect(provider: str, base_url: str, key: str) -> ChatClient:
    """Takes some milliseconds (certificates), so call it off the event loop. Opens no connection yet."""
    # Compressing a stream makes it arrive in lumps.
    headers = {"Accept-Encoding": "identity"}
    client = AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        default_headers=headers,
        http_client=DefaultAioHttpClient(**client_options(base_url)),
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
            code = error.body.get("code") if isinstance(error.body, dict) else None
            failure = status_failure(self._provider, error.status_code, error.response.headers, code)
        except (openai.OpenAIError, *TRANSPORT_ERRORS) as error:
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
