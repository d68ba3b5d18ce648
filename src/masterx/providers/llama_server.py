"""llama.cpp in this process, through xllamacpp: blocking, for one thread to use.

xllamacpp always opens llama.cpp's HTTP server. Here it listens on a Unix socket whose file is removed as soon as it
is open, so nobody can connect; where that is not possible, on a loopback port closed by a random key. Requests do
not go through it: they are passed in memory.
"""

from __future__ import annotations

import secrets
import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import to_json

CONTEXT_TOKENS = 1_536
"""Prompt and answer together. One thread reads some 130 tokens a second: a longer prompt is only waited for."""

BATCH_TOKENS = 128
"""How much is read between two looks at whether the answer is still wanted: about a second."""

_SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 104 to 108 bytes


class LlamaServer(Protocol):
    """What is used of `xllamacpp.Server`, which has no types."""

    def handle_chat_completions(self, body: str, on_chunk: Callable[[str], bool]) -> object: ...


def load(model: Path, model_name: str) -> LlamaServer:
    """Takes about half a second and 200 MB. Raises `ImportError`, and `RuntimeError` for a file that is no model."""
    import xllamacpp  # noqa: PLC0415 - a native library of 100 MB, for those who need it

    params: Any = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {model_name}
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.verbosity = -1
    params.cache_ram_mib = 0
    params.n_threads_http = 1
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.api_keys = [secrets.token_urlsafe(32)]
    with tempfile.TemporaryDirectory(prefix="masterx-") as folder:
        path = str(Path(folder) / "closed.sock")
        if hasattr(socket, "AF_UNIX") and len(path) < _SOCKET_PATH_LIMIT:
            params.hostnames = [path]
        server: LlamaServer = xllamacpp.Server(params)
    return server


def generate(server: LlamaServer, body: Mapping[str, Any], on_chunk: Callable[[str], bool]) -> None:
    """Give each event of the answer to `on_chunk` as JSON text, in this thread, until it returns True."""
    server.handle_chat_completions(to_json(body).decode(), on_chunk)
