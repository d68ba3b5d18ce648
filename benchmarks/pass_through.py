"""A pass-through of ours against LiteLLM's, side by side on this machine: the same request, the same canned model.

    make bench-pass-through

As benchmarks/gateway.py, which it measures with. Ours checks an API key, a rate limit and budgets, and writes the call
to the ledger durably before it answers; LiteLLM does neither of the last two here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.gateway import (
    IN_FLIGHT,
    ROUNDS,
    SECONDS,
    WARM_UP_SECONDS,
    Round,
    System,
    chat_bodies,
    install_litellm,
    litellm,
    measure_load_alone,
    report,
)
from benchmarks.servers import (
    Server,
    free_port,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

OWNER = "learner@example.org"


def make_key(server: Server) -> str:
    register_learner(server, OWNER)
    environment = {"PATH": os.environ["PATH"], "MASTERX_DATA_DIR": str(server.log.parent / "data")}
    command = [sys.executable, "-m", "masterx", "key", "create", OWNER, "--name", "benchmark", "--json"]
    done = subprocess.run(command, env=environment, cwd=server.log.parent, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["key"])


@contextmanager
def masterx_pass_through(directory: Path, upstream: Server) -> Iterator[System]:
    started = start_masterx(directory, port=free_port(), environment=upstream_settings(upstream.url))
    with running(started, "/api/v1/health", patience=60) as server:
        yield System(
            name="MasterX",
            server=server,
            path="/v1/chat/completions",
            token=make_key(server),
            bodies=chat_bodies("masterx/openai"),
        )


def main() -> None:
    install_litellm()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(start_canned_upstream(Path(folder)), "/journal", patience=10) as upstream,
        litellm(Path(folder), upstream) as theirs,
        masterx_pass_through(Path(folder), upstream) as ours,
    ):
        rounds: dict[str, list[Round]] = {theirs.name: [], ours.name: []}
        for system in (theirs, ours):
            system.load(IN_FLIGHT, WARM_UP_SECONDS)
        for _ in range(ROUNDS):
            for system in (theirs, ours):
                rounds[system.name].append(system.measure())
        ceiling = measure_load_alone(upstream)
    print(f"{'':<10}{'CPU ms':>12}{'p50 ms':>10}{'p95':>8}{'requests/s':>12}{'p50 ms':>10}{'p95':>8}{'load CPU':>12}")
    for name, measured in rounds.items():
        report(name, measured)
    print(f"the load alone reaches {ceiling:.0f} requests/s; medians of {ROUNDS} rounds of {SECONDS:.0f} s")
    pairs = list(zip(*rounds.values(), strict=True))
    for name, measured in rounds.items():
        cpu_ms = median(one.crowded_cpu_ms for one in measured)
        print(f"{name}: {cpu_ms:.2f} ms CPU a request with {IN_FLIGHT} in flight")
    cpu_ratio = median(theirs.crowded_cpu_ms / ours.crowded_cpu_ms for theirs, ours in pairs)
    print(f"cpu_ratio={cpu_ratio:.2f} rps_ratio={median(ours.rps / theirs.rps for theirs, ours in pairs):.2f}")


if __name__ == "__main__":
    main()
