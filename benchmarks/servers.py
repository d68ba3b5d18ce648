"""The servers that are measured: each a process of its own on loopback, stopped when its block ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """User and system time of the process and all that it started, so far."""
        return sum(_cpu_ticks(pid) for pid in process_tree(self.process.pid)) / TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        return sum(_resident_pages(pid) for pid in process_tree(self.process.pid)) * PAGE_BYTES


def process_tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in children for inner in process_tree(int(child)))]


def _cpu_ticks(pid: int) -> int:
    # The name in the second field may hold spaces; what follows its bracket is plain. See proc(5), fields 14, 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, *, port: int, environment: Mapping[str, str], health: str, patience: float
) -> Iterator[Server]:
    """Start it, wait until `health` answers 200, and stop it at the end; `patience` is in seconds."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, env=inherited | dict(environment)
        )
    server = Server(process=process, port=port, log=log)
    try:
        wait_until_healthy(server, health, patience)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(server: Server, path: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(server.url + path, timeout=1) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise SystemExit(f"{server.process.args!r} did not start:\n{server.log.read_text()[-4000:]}")


@contextmanager
def canned_upstream(*options: str) -> Iterator[int]:
    """The port of a canned model server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.canned_upstream", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().rpartition(" ")[2])
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def masterx(directory: Path, *, port: int, upstream_port: int) -> AbstractContextManager[Server]:
    """MasterX as it is installed, with a fresh store in `directory` and the canned server as its only model."""
    environment = {
        "MASTERX_PORT": str(port),
        "MASTERX_DATA_DIR": str(directory / "data"),
        "MASTERX_LOCAL_MODEL": "false",
        "OPENAI_API_KEY": "sk-canned-000000000000000000000000",
        "OPENAI_MODEL_NAME": "gpt-4o-mini",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1",
    }
    return running(
        [sys.executable, "-m", "masterx", "serve"],
        directory / "masterx.log",
        port=port,
        environment=environment,
        health="/api/v1/health",
        patience=30,
    )


def post(url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return dict(json.load(response))


def sign_in_learner(server: Server) -> str:
    """The access token of a new learner."""
    person = {"email": "bench@example.org", "password": "a long enough passphrase 42"}
    post(f"{server.url}/api/v1/auth/register", person | {"name": "Bench"})
    return str(post(f"{server.url}/api/v1/auth/login", person)["access_token"])
