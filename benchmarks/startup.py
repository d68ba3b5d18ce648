"""From the start of `masterx serve` to its first answer, and how much memory it then holds at rest.

    make bench

The canned model server stands in for a paid one: the demo model's weights are not counted. Each run has a fresh data
directory; the median of the runs counts.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.servers import (
    Server,
    free_port,
    post,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

RUNS = 5
TURNS_BEFORE_REST = 10
REST_SECONDS = 2.0
MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Run:
    healthy_seconds: float
    answer_seconds: float
    """To the end of the first turn, registering the learner included."""
    resident_bytes: int
    stop_seconds: float


def measure(directory: Path, upstream: Server) -> Run:
    started = time.perf_counter()
    process = start_masterx(directory, port=free_port(), environment=upstream_settings(upstream.url))
    with running(process, "/api/v1/health", patience=30) as server:
        healthy = time.perf_counter()
        headers = {"Authorization": f"Bearer {register_learner(server)}"}
        answer = post(f"{server.url}/api/v1/chat", {"message": "What is a limit?"}, headers)
        answered = time.perf_counter()
        for _ in range(TURNS_BEFORE_REST - 1):
            body = {"message": "And why?", "session_id": answer["session_id"]}
            post(f"{server.url}/api/v1/chat", body, headers)
        time.sleep(REST_SECONDS)
        resident = server.resident_bytes()
        stopping = time.perf_counter()
        server.stop()
        return Run(
            healthy_seconds=healthy - started,
            answer_seconds=answered - started,
            resident_bytes=resident,
            stop_seconds=time.perf_counter() - stopping,
        )


def main() -> None:
    runs = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(start_canned_upstream(Path(folder)), "/journal", patience=10) as upstream,
    ):
        for number in range(RUNS):
            directory = Path(folder) / str(number)
            directory.mkdir()
            runs.append(measure(directory, upstream))
    print(
        f"healthy_seconds={median(run.healthy_seconds for run in runs):.2f} "
        f"first_answer_seconds={median(run.answer_seconds for run in runs):.2f} "
        f"resident_mib={median(run.resident_bytes for run in runs) / MEBIBYTE:.0f} "
        f"stop_seconds={median(run.stop_seconds for run in runs):.2f}"
    )


if __name__ == "__main__":
    main()
