from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import pytest
from tests.fakes.wire import Reply, answer, head, raw, serving

from masterx.providers.catalog import Vendor, vendors
from masterx.providers.discovery import ProviderStatus
from masterx.providers.local_servers import PROBE_SECONDS, find_local_servers
from masterx.providers.registry import ProviderRegistry
from masterx.settings import LocalModelSettings

KEY = "sk-planted-key-0123456789"
LOOKING = LocalModelSettings(_env_file=None, local_model=False)
OLLAMA = {
    "models": [
        {"model": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}},
        {"model": "qwen3:4b", "details": {"family": "qwen3"}},
        {"model": "llama3.2:latest", "details": {"family": "llama"}},
    ]
}
LLAMACPP = {"object": "list", "data": [{"id": "SmolLM2-360M.gguf", "object": "model", "owned_by": "llamacpp"}]}
NOBODY = "http://127.0.0.1:9"
PATIENCE_SECONDS = 60
"""For a server that is there: on a busy machine its answer may take longer than a start waits for it."""


def listing(payload: object) -> Reply:
    return answer(payload, Connection="close")


def catalog(**base_urls: str) -> Mapping[str, Vendor]:
    """The catalogue with the servers at the ports of a test."""
    addresses = {"ollama": NOBODY, "llamacpp": NOBODY} | base_urls
    return {
        name: vendor.model_copy(update={"base_url": addresses.get(name, vendor.base_url)})
        for name, vendor in vendors().items()
    }


async def found(seconds: float = PATIENCE_SECONDS, **replies: Reply) -> dict[str, str]:
    async with AsyncExitStack() as stack:
        servers = {name: await stack.enter_async_context(serving(reply)) for name, reply in replies.items()}
        return await find_local_servers(catalog(**{name: server.base_url for name, server in servers.items()}), seconds)


async def test_the_servers_that_run_are_found_with_a_model_that_can_talk() -> None:
    assert await found(ollama=listing(OLLAMA), llamacpp=listing(LLAMACPP)) == {
        "ollama": "qwen3:4b",
        "llamacpp": "SmolLM2-360M.gguf",
    }


async def test_nobody_there() -> None:
    assert await found() == {}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(listing({"models": []}), id="no models"),
        pytest.param(listing({"models": [{"model": "nomic-embed-text", "details": None}]}), id="only embeddings"),
        pytest.param(listing({"models": [{"model": 5}, 7, {}]}), id="wrong types"),
        pytest.param(listing([]), id="a list"),
        pytest.param(listing(b"<html>"), id="a page"),
        pytest.param(answer(OLLAMA, 500, Connection="close"), id="an error"),
        pytest.param(answer(OLLAMA, 302, Connection="close", Location="http://example.com/"), id="a redirect"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), id="not HTTP"),
        pytest.param(raw(), id="closed at once"),
        pytest.param(raw(head(), *[b" " * 65_536] * 200), id="megabytes"),
    ],
)
async def test_whoever_else_listens_there_is_left_alone(reply: Reply) -> None:
    assert await found(ollama=reply, llamacpp=reply) == {}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(raw(hang=True), id="silence"),
        pytest.param(raw(head(), *[b" "] * 10_000, pause=0.05), id="a trickle"),
    ],
)
async def test_a_trickle_of_minutes_and_a_silence_without_an_end_are_not_waited_for(reply: Reply) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await found(PROBE_SECONDS, ollama=reply, llamacpp=reply) == {}


async def test_another_program_that_lists_models_is_not_taken_for_llamacpp() -> None:
    models = {"data": [{"id": "m", "owned_by": "somebody"}]}
    assert await found(llamacpp=listing(models)) == {}


def make_registry(variables: dict[str, str], settings: LocalModelSettings, **base_urls: str) -> ProviderRegistry:
    return ProviderRegistry(
        variables, local_model=settings, catalog=catalog(**base_urls), probe_seconds=PATIENCE_SECONDS
    )


async def found_by_registry(variables: dict[str, str], settings: LocalModelSettings = LOOKING) -> list[tuple[str, str]]:
    async with serving(listing(OLLAMA)) as server:
        registry = make_registry(variables, settings, ollama=server.base_url)
        await registry.look_again()
        assert bool(server.received) == settings.find_local_servers
        return [(provider.name, provider.model_name) for provider in registry.ready()]


OPENAI = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL_NAME": "gpt"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [("ollama", "qwen3:4b")]),
        (OPENAI, [("openai", "gpt"), ("ollama", "qwen3:4b")]),
        (OPENAI | {"MASTERX_PROVIDER_ORDER": "ollama"}, [("ollama", "qwen3:4b"), ("openai", "gpt")]),
        (OPENAI | {"OLLAMA_MODEL_NAME": "mine"}, [("ollama", "mine"), ("openai", "gpt")]),
        (OPENAI | {"OLLAMA_BASE_URL": "http://elsewhere.example"}, [("openai", "gpt")]),
    ],
)
async def test_what_the_operator_asked_for_comes_first(
    variables: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert await found_by_registry(variables) == expected


async def test_it_can_be_switched_off() -> None:
    off = LocalModelSettings(_env_file=None, local_model=False, find_local_servers=False)
    assert await found_by_registry({}, off) == []


async def test_a_server_that_was_stopped_is_forgotten_and_one_that_costs_nothing_is_free() -> None:
    async with serving(listing(OLLAMA)) as server:
        registry = make_registry({}, LOOKING, ollama=server.base_url)
        await registry.look_again()
        entry = registry.providers["ollama"]
        assert (entry.status, entry.info.free, entry.info.demo) == (ProviderStatus.READY, True, False)
    await registry.look_again()
    assert registry.providers == {}
