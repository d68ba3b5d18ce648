"""Google's official SDK as a client, and everything that can go wrong with it.

Importing this module imports the SDK (0.9 s), so only `gemini` does it, on first use.

The SDK takes an HTTP client of the caller's (`httpx_async_client`) and a request body of the caller's (`extra_body`).
Ours gives the response to us in place of the SDK, which would build pydantic objects for each event: measured against
a canned server, a stream of 30 events costs 7.8 ms of CPU through the typed way and 2.6 ms here, a whole answer 3.6
and 2.4 ms. It also keeps us out of what the SDK does with a body: it reads endless ones to the end, and what it raises
for those that it cannot read quotes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from google import genai
from google.genai import errors, types
from pydantic_core import from_json

from masterx.errors import ProviderRejected
from masterx.providers.failures import TRANSPORT_ERRORS, client_options, status_failure, transport_failure
from masterx.providers.generate_content import asked_to_wait, vendor_code

API_VERSION = "v1beta"
"""Said aloud because the SDK's own default follows GOOGLE_GENAI_API_VERSION."""

_PLACEHOLDER = "-"
"""The SDK insists on contents; those of the request body take their place."""


def connect(provider: str, base_url: str, key: str) -> GeminiClient:
    """Takes some milliseconds (certificates), so call it off the event loop. Opens no connection yet.

    Everything that the SDK would look up in GOOGLE_* variables is given, so that none of them redirects the key.
    """
    certificates = httpx2.create_ssl_context()
    http_client = _HandingOver(**client_options(base_url), verify=certificates)
    unused = httpx2.Client(verify=certificates)  # else the SDK reads all certificates once more for one of its own
    client = genai.Client(
        vertexai=False,
        api_key=key,
        http_options=types.HttpOptions(
            base_url=base_url,
            api_version=API_VERSION,
            # Compressing a stream makes it arrive in lumps.
            headers={"Accept-Encoding": "identity"},
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_client=unused,
            httpx_async_client=http_client,
        ),
    )
    return GeminiClient(provider, client, http_client)


class _Arrived(Exception):
    """Carries a response past the SDK."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response


class _HandingOver(httpx2.AsyncClient):
    """Hands every response to `GeminiClient.post`, its body unread."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        raise _Arrived(await super().send(request, **{**options, "stream": True}))


class GeminiClient:
    """One connection pool to one provider."""

    def __init__(self, provider: str, client: genai.Client, http_client: httpx2.AsyncClient) -> None:
        self._provider = provider
        self._client = client
        self._http_client = http_client

    async def post(self, model: str, body: Mapping[str, Any], *, stream: bool) -> httpx2.Response:
        """The successful response with its body unread; the caller closes it.

        Raises `ProviderError`, and what `translated` translates.
        """
        models = self._client.aio.models
        # As a dictionary: of a finished config the SDK makes a deep copy, prompt and all.
        config: types.GenerateContentConfigDict = {
            "automatic_continuation": False,
            "automatic_function_calling": {"disable": True},
            "http_options": {"extra_body": dict(body)},
        }
        try:
            if stream:
                events = await models.generate_content_stream(model=model, contents=_PLACEHOLDER, config=config)
                await anext(events)
            else:
                await models.generate_content(model=model, contents=_PLACEHOLDER, config=config)
        except _Arrived as arrived:
            response = arrived.response
        except (TypeError, ValueError) as error:
            raise ProviderRejected(
                self._provider,
                "The request to the provider could not be made.",
                details={"fault": type(error).__name__},
            ) from None
        else:
            raise ProviderRejected(self._provider, "The request to the provider could not be made.")
        if response.status_code != httpx2.codes.OK:
            await self._raise_failure(response)
        return response

    async def _raise_failure(self, response: httpx2.Response) -> None:
        try:
            data = await response.aread()
        finally:
            await response.aclose()
        try:
            body = from_json(data)
        except ValueError:
            body = None
        raise status_failure(
            self._provider,
            response.status_code,
            response.headers,
            vendor_code(body),
            asked_to_wait=asked_to_wait(body),
        )

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except (errors.APIError, *TRANSPORT_ERRORS) as error:
            failure = transport_failure(self._provider, error)
        else:
            return
        raise failure from None

    async def aclose(self) -> None:
        """The SDK leaves closing the HTTP clients to whoever made them."""
        self._client.close()
        await self._http_client.aclose()
