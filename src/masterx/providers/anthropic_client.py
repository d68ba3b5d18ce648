"""Anthropic's official SDK as a client, and everything that can go wrong with it.

Importing this module imports the SDK (1.9 s), so only `anthropic` does it, on first use.

Requests go through the SDK's `client.post`, its documented way to an endpoint, with the HTTP response as the wanted
type. Measured against a canned server, a stream of 30 events costs 2.0 ms of CPU through the typed resources and
0.6 ms here, a whole answer 0.8 and 0.6 ms.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import anthropic
import httpx2
from anthropic import AsyncAnthropic, DefaultAioHttpClient

from masterx.errors import ProviderRejected
from masterx.providers.anthropic_messages import vendor_code
from masterx.providers.failures import TRANSPORT_ERRORS, client_options, status_failure, transport_failure

logging.getLogger("anthropic").setLevel(logging.WARNING)  # its debug lines quote what learners write


def connect(provider: str, base_url: str, key: str) -> MessagesClient:
    """Takes some milliseconds (certificates), so call it off the event loop. Opens no connection yet."""
    # Compressing a stream makes it arrive in lumps.
    headers = {"Accept-Encoding": "identity"}
    client = AsyncAnthropic(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        default_headers=headers,
        http_client=DefaultAioHttpClient(**client_options(base_url)),
        open_telemetry=False,  # its spans could carry what learners write
    )
    client.platform_headers()  # starts a process to ask the machine who it is, and remembers
    # The SDK adds what ANTHROPIC_CUSTOM_HEADERS says; nobody else may see that.
    if httpx2.URL(base_url).host != "api.anthropic.com":
        client._custom_headers = headers  # no public way leaves the variable out
    return MessagesClient(provider, client)


class MessagesClient:
    """One connection pool to one provider."""

    def __init__(self, provider: str, client: AsyncAnthropic) -> None:
        self._provider = provider
        self._client = client

    async def post(self, body: Mapping[str, Any]) -> httpx2.Response:
        """The response with its body unread; the caller closes it. Raises what `translated` translates."""
        try:
            response: object = await self._client.post(
                "/v1/messages",
                cast_to=httpx2.Response,
                body=body,
                stream=True,
                stream_cls=anthropic.AsyncStream[Any],
            )
        except (TypeError, ValueError) as error:
            raise ProviderRejected(
                self._provider,
                "The request to the provider could not be made.",
                details={"fault": type(error).__name__},
            ) from None
        return cast("httpx2.Response", response)

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except anthropic.APIStatusError as error:
            code = vendor_code(error.body)
            failure = status_failure(self._provider, error.status_code, error.response.headers, code)
        except (anthropic.AnthropicError, *TRANSPORT_ERRORS) as error:
            failure = transport_failure(self._provider, error)
        else:
            return
        raise failure from None

    async def aclose(self) -> None:
        await self._client.close()
