"""A model server on a real socket whose answers a test writes, piece by piece; for tests that watch a page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True)
class Script:
    text: str
    piece_length: int = 4
    pause: float = 0.0
    """Seconds between two pieces."""
    first_pause: float = 0.0
    """Seconds before the first piece."""
    until: threading.Event | None = None
    """The text is said again until this is set."""
    ending: Literal["stop", "length", "cut"] = "stop"
    status: int = 200


@dataclass
class ScriptedModel:
    """Answers the question it was given a script for, else with `standard`."""

    port: int = 0
    scripts: dict[str, Script] = field(default_factory=dict)
    standard: Script = field(default_factory=lambda: Script("Watch a pattern decide it."))
    calls: list[dict[str, Any]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server that asks this model."""
        return {
            "SCRIPTED_API_KEY": "a-key-for-a-server-in-this-test",
            "SCRIPTED_MODEL_NAME": "scripted-1",
            "SCRIPTED_BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "MASTERX_LOCAL_MODEL": "false",
        }

    def script_for(self, call: dict[str, Any]) -> Script:
        question = str(call["messages"][-1]["content"])
        return next((script for asked, script in self.scripts.items() if asked in question), self.standard)


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    server = _Server(("127.0.0.1", 0), _Conversation)
    server.model.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.model = ScriptedModel()


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.model.calls.append(call)
        script = self.server.model.script_for(call)
        try:
            if script.status != 200:
                self._answer(script.status, {"error": {"message": "no", "type": "server_error"}})
            elif call.get("stream"):
                self._stream(script)
            else:
                message = {"role": "assistant", "content": script.text}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                self._answer(
                    200,
                    {
                        "id": "scripted",
                        "object": "chat.completion",
                        "created": 1,
                        "model": "scripted-1",
                        "choices": [choice],
                    },
                )
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, script: Script) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        time.sleep(script.first_pause)
        again = True
        while again:
            for start in range(0, len(script.text), script.piece_length):
                self._chunk({"content": script.text[start : start + script.piece_length]}, None)
                time.sleep(script.pause)
            again = script.until is not None and not script.until.is_set()
        if script.ending != "cut":
            self._chunk({}, script.ending)
            self._send(b"data: [DONE]\n\n")

    def _chunk(self, delta: dict[str, str], finish: str | None) -> None:
        chunk = {
            "id": "scripted",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "scripted-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        self._send(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Nothing: pytest's output is for the tests."""
