"""What a HEAD becomes on its way in, and what is left of its answer on its way out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from masterx.api.head_requests import HeadRequests, headers_alone, is_head

written: list[int] = []


async def whole(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {is_head(request)}", headers={"X-Made": "yes"})


async def parts(_request: Request) -> Response:
    async def each() -> AsyncIterator[str]:
        for number in range(100):
            written.append(number)
            yield f"{number}\n"

    return StreamingResponse(each(), media_type="text/csv")


async def unmade(_request: Request) -> Response:
    return headers_alone(PlainTextResponse())


APP = HeadRequests(Starlette(routes=[Route("/whole", whole), Route("/parts", parts), Route("/unmade", unmade)]))


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    written.clear()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(APP), base_url="http://127.0.0.1") as client:
        yield client


async def test_a_route_sees_a_get_and_may_ask_what_it_was(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/whole")).text == "GET False"
    head = await client.head("/whole")
    assert (head.content, head.headers["x-made"], head.headers["content-length"]) == (b"", "yes", str(len("GET True")))


async def test_an_answer_in_parts_ends_with_its_first(client: httpx2.AsyncClient) -> None:
    head = await client.head("/parts")
    assert (head.status_code, head.headers["content-type"], head.content) == (200, "text/csv; charset=utf-8", b"")
    assert written == [0]
    assert len((await client.get("/parts")).text.splitlines()) == 100


async def test_what_was_not_made_has_no_length(client: httpx2.AsyncClient) -> None:
    assert "content-length" not in (await client.head("/unmade")).headers
