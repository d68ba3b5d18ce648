"""Model servers that run on this machine, found at their default ports without being configured.

Only the loopback addresses of the catalogue are asked, and only servers that can be told apart from whatever else
may listen there: what is found is sent the learners' questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from masterx.providers.catalog import Vendor

PROBE_SECONDS = 0.3
"""For connecting and answering; a server of this machine that takes longer is busy, and found the next time."""
REPLY_LIMIT = 1_048_576

_EMBEDDING_FAMILIES = {"bert", "nomic-bert", "xlm-roberta"}


async def find_local_servers(catalog: Mapping[str, Vendor], seconds: float = PROBE_SECONDS) -> dict[str, str]:
    """By provider name, the model to use of each server that runs. Takes `seconds` at most; raises nothing."""
    names = [name for name in _KNOWN if name in catalog]
    models = await asyncio.gather(*(_probe(name, catalog[name].base_url, seconds) for name in names))
    return {name: model for name, model in zip(names, models, strict=True) if model is not None}


async def _probe(name: str, base_url: str, seconds: float) -> str | None:
    path, read = _KNOWN[name]
    address = urlsplit(base_url)
    try:
        async with asyncio.timeout(seconds):
            body = await _get(address.hostname or "127.0.0.1", address.port or 80, path)
        return None if body is None else read(from_json(body))
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return None  # nobody there, or somebody else


async def _get(host: str, port: int, path: str) -> bytes | None:
    """The body of a 200. HTTP/1.0, so that it comes in one piece and ends with the connection."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: application/json\r\n\r\n".encode())
        received = b""
        while len(received) <= REPLY_LIMIT and (piece := await reader.read(65_536)):
            received += piece
    finally:
        writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    return body if head.split(b" ", 2)[1:2] == [b"200"] else None


def _ollama_model(tags: Any) -> str | None:
    """The newest of ``/api/tags`` that can talk; Ollama lists the newest first."""
    for model in _entries(tags, "models"):
        details = model.get("details")
        family = details.get("family") if isinstance(details, dict) else None
        if _name(model.get("model")) and family not in _EMBEDDING_FAMILIES and "embed" not in model["model"]:
            return _name(model["model"])
    return None


def _llamacpp_model(models: Any) -> str | None:
    """The one model of ``/v1/models``, if it is llama.cpp that answers: many programs like its port."""
    for model in _entries(models, "data"):
        if model.get("owned_by") == "llamacpp":
            return _name(model.get("id"))
    return None


def _entries(payload: Any, field: str) -> list[dict[str, Any]]:
    entries = payload.get(field) if isinstance(payload, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _name(name: object) -> str | None:
    return name if isinstance(name, str) and name.strip() and len(name) <= 500 and name.isprintable() else None


_KNOWN: Mapping[str, tuple[str, Callable[[Any], str | None]]] = {
    "ollama": ("/api/tags", _ollama_model),
    "llamacpp": ("/v1/models", _llamacpp_model),
}
"""By name in the catalogue: where a server lists its models, and how the list is read."""
