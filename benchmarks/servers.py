"""Real servers on loopback for measurements and tests: each a process of its own with a log file."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.canned_upstream import MODEL

ROOT = Path(__file__).resolve().parent.parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP_SECONDS = 60
"""Well above the 25 that a server gives answers under way and what was cut off: a busy machine is slow, not broken."""
LINK = re.compile(r"http://\S+/sign-in/link\?secret=\S+")
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


UNLIMITED = {f"MASTERX_RATE_LIMIT_{who}": "10000000" for who in ("FREE", "PRO", "PREMIUM", "ADDRESS")}
"""Tests and measurements ask faster than any learner; those about limits set their own."""
PATIENT_WITH_LOCKS = {"MASTERX_BUSY_SECONDS": "60"}
"""For processes on one SQLite file: on a busy machine a commit of the other one may take longer than a caller waits."""


class DidNotStart(Exception):
    """The process ended, or did not answer in time; the message ends with its log."""


@dataclass(frozen=True, kw_only=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it printed so far, to standard output and error."""
        return self.log.read_text(errors="replace")

    @property
    def sign_in_link(self) -> str:
        """The newest one-time link that it printed."""
        links: list[str] = LINK.findall(self.output)
        assert links, f"no sign-in link in:\n{self.output}"
        return links[-1]

    def wait_until_healthy(self, path: str, patience: float) -> None:
        """Raises `DidNotStart` when `path` does not answer 200 within `patience` seconds."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + path, timeout=2) as response:
                    if response.status == 200:
                        return
            except OSError:
                time.sleep(0.01)
        raise DidNotStart(f"{self.process.args!r}:\n{self.output[-4000:]}")

    def cpu_seconds(self) -> float:
        """User and system time of the process and all that it started, so far."""
        return sum(_cpu_ticks(pid) for pid in process_tree(self.process.pid)) / TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        return sum(_resident_pages(pid) for pid in process_tree(self.process.pid)) * PAGE_BYTES

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does; kill it when it does not. Safe to call twice."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a power cut does for the process: no warning, no clean-up."""
        self.process.kill()
        self.process.wait()


def process_tree(pid: int) -> list[int]:
    """The process first. One that ends while this looks is left out, but for the first."""
    return [pid, *(inner for child in _children(pid) for inner in _living_tree(child))]


def _living_tree(pid: int) -> list[int]:
    try:
        return process_tree(pid)
    except (FileNotFoundError, ProcessLookupError):
        return []


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu_ticks(pid: int) -> int:
    # The name in the second field may hold spaces; what follows its bracket is plain. See proc(5), fields 14, 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def free_port() -> int:
    """One that nobody listens on, and that the kernel gives to nobody else as long as this process lives.

    It stays bound here without listening. Whoever names it, and allows addresses to be used again as servers do, may
    listen on it; who asks for any port gets another one. A connection to it is refused until then.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = int(held.getsockname()[1])
    held.detach()
    return port


def start(command: Sequence[str | Path], log: Path, *, port: int, environment: Mapping[str, str]) -> Server:
    """Start it with little of our own environment; it may not answer yet."""
    inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, env=inherited | dict(environment)
        )
    return Server(process=process, port=port, log=log)


@contextmanager
def running(server: Server, health: str, patience: float) -> Iterator[Server]:
    """Wait until `health` answers 200, and stop it when the block ends."""
    try:
        server.wait_until_healthy(health, patience)
        yield server
    finally:
        server.stop()


def upstream_settings(upstream_url: str) -> dict[str, str]:
    """What makes a canned server the only model of a MasterX."""
    return {
        "MASTERX_LOCAL_MODEL": "false",
        "MASTERX_FIND_LOCAL_SERVERS": "false",
        "OPENAI_API_KEY": "sk-canned-000000000000000000000000",
        "OPENAI_MODEL_NAME": MODEL,
        "OPENAI_BASE_URL": f"{upstream_url}/v1",
    }


def start_masterx(directory: Path, *options: str, port: int, environment: Mapping[str, str]) -> Server:
    """MasterX as it is installed, with its data in `directory`; the environment has the last word.

    What happens to run on this machine does not answer in place of what a test or benchmark starts.
    """
    places = {
        "MASTERX_PORT": str(port),
        "MASTERX_DATA_DIR": str(directory / "data"),
        "MASTERX_FIND_LOCAL_SERVERS": "false",
        **UNLIMITED,
        **PATIENT_WITH_LOCKS,
    }
    return start(
        [sys.executable, "-m", "masterx", "serve", *options],
        directory / "masterx.log",
        port=port,
        environment=places | dict(environment),
    )


def start_canned_upstream(directory: Path, *options: str) -> Server:
    port = free_port()
    script = ROOT / "benchmarks" / "canned_upstream.py"
    return start(
        [sys.executable, script, "--port", str(port), *options], directory / "upstream.log", port=port, environment={}
    )


def post(url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"} | dict(headers or {})
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return dict(json.load(response))


def get(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {})), timeout=60) as response:
        return dict(json.load(response))


def register_learner(server: Server, email: str = "learner@example.org") -> str:
    """The access token of a new learner."""
    person = {"email": email, "password": "a long enough passphrase 42"}
    post(f"{server.url}/api/v1/auth/register", person | {"name": "Learner"})
    return str(post(f"{server.url}/api/v1/auth/login", person)["access_token"])
