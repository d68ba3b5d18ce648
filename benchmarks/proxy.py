"""Two servers behind nginx, with the configuration that deploy/ ships: `make bench-proxy`.

A streamed answer through the proxy: its words have to arrive as they are written. Then each server is stopped and
started again, one after the other, while learners take turns: no turn may fail. Needs `nginx`.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.load import Outcome, Plan
from benchmarks.servers import (
    ROOT,
    Server,
    free_port,
    register_learner,
    running,
    start,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

CONFIGURATION = ROOT / "deploy" / "nginx" / "masterx.conf"
WORDS, WORD_MS = 40, 5
CONNECTIONS = 10
"""Each asks again as soon as it has its answer, which takes a fifth of a second: about 45 turns/s."""
PATIENCE = 60.0
SECONDS_BETWEEN = 3.0

MAIN = """\
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log stderr notice;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/masterx.conf;
}}
"""


@dataclass(frozen=True, kw_only=True)
class Stream:
    words: int
    pieces: int
    """Reads that brought at least one word."""
    first_ms: float
    whole_ms: float


def site(text: str, *, port: int, servers: tuple[int, int]) -> str:
    """The shipped configuration, on ports of this run and under the name `127.0.0.1`."""
    changes = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "    listen [::]:80;\n": "",
        "127.0.0.1:8001": f"127.0.0.1:{servers[0]}",
        "127.0.0.1:8002": f"127.0.0.1:{servers[1]}",
        "server_name tutor.example.org;": "server_name 127.0.0.1;",
    }
    for former, new in changes.items():
        assert former in text, former
        text = text.replace(former, new)
    return text


@contextmanager
def nginx(folder: Path, servers: tuple[int, int]) -> Iterator[Server]:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    (folder / "masterx.conf").write_text(site(CONFIGURATION.read_text(), port=port, servers=servers))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    subprocess.run([program, "-t", "-q", "-c", folder / "nginx.conf"], check=True)
    proxy = start([program, "-c", folder / "nginx.conf"], folder / "nginx.log", port=port, environment={})
    with running(proxy, "/api/v1/health", PATIENCE):
        yield proxy


def stream(proxy: Server, token: str) -> Stream:
    request = urllib.request.Request(
        f"{proxy.url}/api/v1/chat",
        json.dumps({"message": "What is a ring?"}).encode(),
        {"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": f"Bearer {token}"},
    )
    started, moments, words = time.perf_counter(), [], 0
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        while piece := response.read1(65_536):
            if found := piece.count(b"event: token"):
                words += found
                moments.append(1000 * (time.perf_counter() - started))
    return Stream(words=words, pieces=len(moments), first_ms=moments[0], whole_ms=moments[-1])


def restart_each(folders: list[Path], servers: list[Server], environment: dict[str, str], stack: ExitStack) -> None:
    for place, folder in enumerate(folders):
        time.sleep(SECONDS_BETWEEN)
        servers[place].stop()
        servers[place] = host(folder, servers[place].port, environment)
        stack.callback(servers[place].kill)
        servers[place].wait_until_healthy("/api/v1/health/ready", PATIENCE)
        print(f"exchanged server {place + 1}", file=sys.stderr)
    time.sleep(SECONDS_BETWEEN)


def host(folder: Path, port: int, environment: dict[str, str]) -> Server:
    return start_masterx(folder, port=port, environment=environment)


def under_load(proxy: Server, token: str, exchange: threading.Thread) -> list[Outcome]:
    plan = Plan(
        port=proxy.port,
        path="/api/v1/chat",
        token=token,
        bodies=[json.dumps({"message": "What is a ring?"})],
        connections=CONNECTIONS,
        seconds=5.0,
        lesson=10,
    )
    outcomes = []
    while exchange.is_alive():
        command = [sys.executable, "-m", "benchmarks.load"]
        done = subprocess.run(
            command, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=True, cwd=ROOT
        )
        outcomes.append(Outcome(**json.loads(done.stdout)))
    return outcomes


def measure(folder: Path) -> None:
    with ExitStack() as stack:
        upstream = stack.enter_context(
            running(
                start_canned_upstream(folder, "--tokens", str(WORDS), "--delay-ms", str(WORD_MS)), "/journal", PATIENCE
            )
        )
        environment = upstream_settings(upstream.url) | {
            "MASTERX_DATABASE_URL": f"sqlite:///{folder / 'masterx.sqlite3'}",
            "MASTERX_SECRET_KEY": "of-this-run-alone-of-this-run-alone",
            "MASTERX_TRUSTED_PROXIES": '["127.0.0.1"]',
            "MASTERX_DRAIN_SECONDS": "2",
        }
        folders = [folder / "one", folder / "two"]
        servers = []
        for each in folders:
            each.mkdir()
            servers.append(host(each, free_port(), environment))
            stack.callback(servers[-1].kill)
            servers[-1].wait_until_healthy("/api/v1/health/ready", PATIENCE)
        proxy = stack.enter_context(nginx(folder, (servers[0].port, servers[1].port)))
        token = register_learner(proxy)
        streams = [stream(proxy, token) for _ in range(10)]
        exchange = threading.Thread(target=restart_each, args=(folders, servers, environment, stack))
        exchange.start()
        outcomes = under_load(proxy, token, exchange)
        exchange.join()
    show(streams, outcomes)


def show(streams: list[Stream], outcomes: list[Outcome]) -> None:
    pieces, first, whole = (
        statistics.median(getattr(each, name) for each in streams) for name in ("pieces", "first_ms", "whole_ms")
    )
    times = f"first after {first:.0f} ms, last after {whole:.0f} ms"
    print(f"a streamed answer of {WORDS} words: {pieces:.0f} pieces, {times}")
    turns = sum(each.requests for each in outcomes)
    failed = sum(each.failures for each in outcomes)
    rate = turns / sum(each.seconds for each in outcomes)
    for each in outcomes:
        if each.failures:
            print(each.first_failure, file=sys.stderr)
    print(f"failed turns while both servers were exchanged, of {turns:,} at {rate:.0f} a second: {failed}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))


if __name__ == "__main__":
    main()
