"""Turns while a database of 1,000,000 messages is backed up: `make bench-backup`.

Learners take turns on one server before, during and after `masterx backup`, against a model that answers at once: so
all that is measured is MasterX. The figure is the p95 of the turns during the backup as a multiple of the others' p95.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.gateway import load
from benchmarks.load import Outcome, Plan
from benchmarks.reads import MANY, made
from benchmarks.servers import (
    ROOT,
    Server,
    free_port,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

SECONDS = 8.0
"""Of each measurement; during the backup one follows the other."""
CONNECTIONS = 2
QUESTION = "Why does the derivative of x squared come out as 2x?"
PATIENCE = 300.0
PATIENT = {"MASTERX_ACCESS_TOKEN_SECONDS": "86400"}


def measured(server: Server, token: str) -> Outcome:
    outcome = load(
        Plan(
            port=server.port,
            path="/api/v1/chat",
            token=token,
            bodies=[json.dumps({"message": QUESTION})],
            connections=CONNECTIONS,
            seconds=SECONDS,
            lesson=10,
        )
    )
    assert not outcome.failures, outcome.first_failure
    return outcome


def command(data: Path, *arguments: str) -> subprocess.Popen[bytes]:
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = passed_on | {"MASTERX_DATA_DIR": str(data)}
    return subprocess.Popen([sys.executable, "-m", "masterx", *arguments], env=environment, cwd=data)


def measure(folder: Path, filled: Path, messages: int) -> None:
    data = folder / "data"
    data.mkdir()
    shutil.copy(filled, data / "masterx.sqlite3")
    with (
        running(start_canned_upstream(folder), "/journal", PATIENCE) as upstream,
        running(
            start_masterx(folder, port=free_port(), environment=upstream_settings(upstream.url) | PATIENT),
            "/api/v1/health",
            PATIENCE,
        ) as server,
    ):
        token = register_learner(server)
        measured(server, token)
        alone, beside = [measured(server, token), measured(server, token)], []
        started = time.monotonic()
        backup = command(data, "backup", str(folder / "backup.jsonl.gz"))
        try:
            while backup.poll() is None:
                beside.append(measured(server, token))
        finally:
            backup.kill()
        seconds = time.monotonic() - started
        assert backup.returncode == 0
        alone += [measured(server, token), measured(server, token)]
    show("without", alone)
    show("during", beside)
    packed = folder / "backup.jsonl.gz"
    print(
        f"backup of {messages:,} messages: {seconds:.0f} s with its check; {megabytes(packed)} from {megabytes(filled)}"
    )
    ratio = statistics.mean(each.p95_ms for each in beside) / statistics.mean(each.p95_ms for each in alone)
    print(f"p95 of turns during the backup, as a multiple of that without: {ratio:.2f}")


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 2**20:,.0f} MiB"


def show(name: str, outcomes: list[Outcome]) -> None:
    rate = sum(each.requests for each in outcomes) / sum(each.seconds for each in outcomes)
    p50, p95 = (statistics.mean(getattr(each, name) for each in outcomes) for name in ("p50_ms", "p95_ms"))
    print(f"{name:8} {rate:6.1f} turns/s, p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MANY)
    messages = parser.parse_args().messages
    filled = asyncio.run(made(messages))
    with tempfile.TemporaryDirectory(dir=ROOT / ".bench") as folder:
        measure(Path(folder), filled, messages)


if __name__ == "__main__":
    main()
