"""A whole learner's turn against the bare pass-through of LiteLLM's proxy, side by side on this machine.

    make bench-gateway                          (ARGS="--rounds 2" for a first look)

LiteLLM gets an environment of its own (.bench/litellm) and its documented production settings, without a database,
logging or callbacks. MasterX does all of a turn as it ships: authorise, read the message, recall, assess, generate,
check, and record durably in a fresh SQLite file, in lessons of ten turns. No message comes twice. Both run one worker
and call the same canned model server without streaming. Rounds alternate between the two, and the medians count.

Answers are read for memory and search when fewer ask. After each of its measurements it is waited until that is done,
so that it does not weigh on the other's, and what it took is printed too: it is part of what a turn costs.

The load comes from a process of its own. Its share of one core is printed, and so is what it reaches against the canned
server alone: both have to be far from what is measured, or the figures would be about the load.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.canned_upstream import MODEL
from benchmarks.load import Outcome, Plan
from benchmarks.questions import questions
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

LITELLM_VERSION = "1.106.2"
MASTER_KEY = "sk-" + secrets.token_hex(32)
"""LiteLLM does not start without one."""
LITELLM_PACKAGES = (f"litellm[proxy]=={LITELLM_VERSION}", "httptools==0.9.0")
"""httptools is what uvicorn reads HTTP with when it is there; MasterX has it too."""
LITELLM = ROOT / ".bench" / "litellm"
ROUNDS = 5
SECONDS = 4.0
"""Of each measurement: two for each system in each round."""
WARM_UP_SECONDS = 3.0
IN_FLIGHT = 32
SETTLING_SECONDS = 600.0

LITELLM_CONFIG = """\
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_key: sk-canned-000000000000000000000000
      api_base: http://127.0.0.1:{upstream_port}/v1
litellm_settings:
  set_verbose: false
  json_logs: true
  request_timeout: 600
  drop_params: true
general_settings:
  disable_error_logs: true
"""
LITELLM_ENVIRONMENT = {
    "LITELLM_MASTER_KEY": MASTER_KEY,
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DONT_SHOW_FEEDBACK_BOX": "True",
}


@dataclass(frozen=True, kw_only=True)
class Round:
    cpu_ms: float
    """Of the server's processes per request, one request at a time."""
    crowded_cpu_ms: float
    """The same with many in flight: on a machine that others use too, it varies less than requests/s."""
    later_cpu_ms: float
    """What was left to do afterwards, per request of both; with what an idle server does meanwhile."""
    alone: Outcome
    crowded: Outcome

    @property
    def rps(self) -> float:
        return self.crowded.requests / self.crowded.seconds


@dataclass(kw_only=True)
class System:
    name: str
    server: Server
    path: str
    token: str
    bodies: Sequence[str]
    lesson: int = 1
    settle: Callable[[], None] | None = None
    """Waits until nothing is left to do of what was asked."""
    sent: int = 0

    def load(self, connections: int, seconds: float) -> Outcome:
        """With messages that were not sent before, as long as there are such."""
        outcome = load(self.plan(connections, seconds))
        self.sent = (self.sent + outcome.requests) % len(self.bodies)
        return outcome

    def plan(self, connections: int, seconds: float) -> Plan:
        return Plan(
            port=self.server.port,
            path=self.path,
            token=self.token,
            bodies=[*self.bodies[self.sent :], *self.bodies[: self.sent]],
            connections=connections,
            seconds=seconds,
            lesson=self.lesson,
        )

    def measure(self) -> Round:
        before = self.server.cpu_seconds()
        alone = self.load(1, SECONDS)
        between = self.server.cpu_seconds()
        crowded = self.load(IN_FLIGHT, SECONDS)
        after = self.server.cpu_seconds()
        if self.settle is not None:
            self.settle()
        later = self.server.cpu_seconds() - after
        return Round(
            cpu_ms=1000 * (between - before) / max(alone.requests, 1),
            crowded_cpu_ms=1000 * (after - between) / max(crowded.requests, 1),
            later_cpu_ms=1000 * later / max(alone.requests + crowded.requests, 1),
            alone=alone,
            crowded=crowded,
        )


def load(plan: Plan) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    outcome = Outcome(**json.loads(done.stdout))
    if outcome.failures:
        raise SystemExit(f"{outcome.failures} requests failed, such as: {outcome.first_failure}")
    return outcome


def install_litellm() -> None:
    stamp = LITELLM / f"installed-{LITELLM_VERSION}"
    if stamp.exists():
        return
    print(f"Installing LiteLLM {LITELLM_VERSION} into {LITELLM.relative_to(ROOT)}", flush=True)
    venv.create(LITELLM, with_pip=True, clear=True)
    subprocess.run([LITELLM / "bin" / "pip", "install", "--quiet", *LITELLM_PACKAGES], check=True)
    stamp.touch()


@contextmanager
def litellm(directory: Path, upstream: Server) -> Iterator[System]:
    config = directory / "litellm.yaml"
    config.write_text(LITELLM_CONFIG.format(model=MODEL, upstream_port=upstream.port))
    port = free_port()
    command: list[str | Path] = [
        LITELLM / "bin" / "litellm",
        "--config",
        config,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--num_workers", "1", "--telemetry", "False"]
    started = start(command, directory / "litellm.log", port=port, environment=LITELLM_ENVIRONMENT)
    with running(started, "/health/liveliness", patience=90) as server:
        yield System(
            name="LiteLLM", server=server, path="/v1/chat/completions", token=MASTER_KEY, bodies=chat_bodies(MODEL)
        )


@contextmanager
def masterx_turns(directory: Path, upstream: Server) -> Iterator[System]:
    started = start_masterx(directory, port=free_port(), environment=upstream_settings(upstream.url))
    with running(started, "/api/v1/health", patience=30) as server:
        yield System(
            name="MasterX",
            server=server,
            path="/api/v1/chat",
            token=register_learner(server),
            bodies=[json.dumps({"message": question}) for question in questions()],
            lesson=10,
            settle=partial(wait_until_read, directory / "data" / "masterx.sqlite3"),
        )


def chat_bodies(model: str) -> list[str]:
    return [
        json.dumps({"model": model, "messages": [{"role": "user", "content": question}]}) for question in questions()
    ]


def wait_until_read(database: Path) -> None:
    """Until every message has its embedding."""
    deadline = time.monotonic() + SETTLING_SECONDS
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        while connection.execute("SELECT 1 FROM messages WHERE embedding IS NULL LIMIT 1").fetchone():
            if time.monotonic() > deadline:
                raise SystemExit(f"messages are still unread after {SETTLING_SECONDS:.0f} s")
            time.sleep(0.2)


def measure_load_alone(upstream: Server) -> float:
    """Requests per second of the load against the canned server, with nothing between them."""
    outcome = load(
        Plan(
            port=upstream.port,
            path="/v1/chat/completions",
            token="none",
            bodies=chat_bodies(MODEL),
            connections=IN_FLIGHT,
            seconds=2,
        )
    )
    return outcome.requests / outcome.seconds


def report(name: str, rounds: list[Round]) -> None:
    print(
        f"{name:<10}"
        f"{median(one.cpu_ms for one in rounds):>12.2f}"
        f"{median(one.alone.p50_ms for one in rounds):>10.1f}"
        f"{median(one.alone.p95_ms for one in rounds):>8.1f}"
        f"{median(one.rps for one in rounds):>12.0f}"
        f"{median(one.crowded.p50_ms for one in rounds):>10.1f}"
        f"{median(one.crowded.p95_ms for one in rounds):>8.1f}"
        f"{100 * median(one.crowded.cpu_seconds / one.crowded.seconds for one in rounds):>11.0f}%"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="fewer are enough for a first look")
    count = parser.parse_args().rounds
    install_litellm()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(start_canned_upstream(Path(folder)), "/journal", patience=10) as upstream,
        litellm(Path(folder), upstream) as theirs,
        masterx_turns(Path(folder), upstream) as ours,
    ):
        rounds: dict[str, list[Round]] = {theirs.name: [], ours.name: []}
        for system in (theirs, ours):
            system.load(IN_FLIGHT, WARM_UP_SECONDS)
            if system.settle is not None:
                system.settle()
        for number in range(count):
            for system in (theirs, ours):
                rounds[system.name].append(system.measure())
            print(f"round {number + 1} of {count}", flush=True)
        ceiling = measure_load_alone(upstream)
    print(f"\n{'':<10}{'one at a time':>30}{f'{IN_FLIGHT} in flight':>30}")
    print(f"{'':<10}{'CPU ms':>12}{'p50 ms':>10}{'p95':>8}{'requests/s':>12}{'p50 ms':>10}{'p95':>8}{'load CPU':>12}")
    for name, measured in rounds.items():
        report(name, measured)
    print(f"the load alone reaches {ceiling:.0f} requests/s; medians of {count} rounds of {SECONDS:.0f} s")
    # Within a round both met the same machine, so the ratios are taken there.
    pairs = list(zip(*rounds.values(), strict=True))
    cpu_ratio = median(ours.cpu_ms / theirs.cpu_ms for theirs, ours in pairs)
    rps_ratio = median(ours.rps / theirs.rps for theirs, ours in pairs)
    with_later = median((ours.cpu_ms + ours.later_cpu_ms) / theirs.cpu_ms for theirs, ours in pairs)
    later = median(one.later_cpu_ms for one in rounds[ours.name])
    print(f"answers are read when fewer ask: {later:.2f} ms CPU a turn more")
    print(f"cpu_ratio={cpu_ratio:.2f} rps_ratio={rps_ratio:.2f} cpu_ratio_with_later={with_later:.2f}")


if __name__ == "__main__":
    main()
