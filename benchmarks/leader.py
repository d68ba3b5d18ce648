"""How long nobody leads the background jobs after the leader was killed: `python -m benchmarks.leader`.

`masterx serve --workers 3`; the list of processes says which of them leads. It is killed by kill -9, again and again.
Printed: the longest time until the list names another leader. It has to be 30 s at most.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.databases import add_options, shared_settings
from benchmarks.servers import ROOT, Server, free_port, get, post, running, start_masterx

WORKERS = 3
MOST_SECONDS = 30.0
PATIENCE_SECONDS = 60
EMAIL, PASSWORD = "root@example.org", "a long enough passphrase 42"


def administrator(server: Server, folder: Path, settings: dict[str, str]) -> dict[str, str]:
    """Made beside the server, as an operator does."""
    command = [sys.executable, "-m", "masterx", "user", "create-admin", "--email", EMAIL, "--name", "Root"]
    environment = {"PATH": "", "PYTHONPATH": str(ROOT / "src"), "MASTERX_DATA_DIR": str(folder / "data")}
    made = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environment | settings | {"MASTERX_ADMIN_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    told = post(f"{server.url}/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
    return {"Authorization": f"Bearer {told['access_token']}"}


def leader(server: Server, headers: dict[str, str], killed: set[str]) -> dict[str, Any]:
    """As soon as there is one; those that were killed are listed for a while."""
    deadline = time.monotonic() + 2 * MOST_SECONDS
    while time.monotonic() < deadline:
        try:
            listed = get(f"{server.url}/api/v1/admin/instances", headers)["instances"]
        except OSError:
            listed = []  # asked the one that was killed
        for one in listed:
            if one["leads"] and one["state"] == "serving" and one["id"] not in killed:
                return dict(one)
        time.sleep(0.1)
    raise AssertionError("nobody leads")


def measure(folder: Path, settings: dict[str, str], kills: int) -> list[float]:
    """Seconds without a leader, for each kill."""
    server = start_masterx(folder, "--workers", str(WORKERS), port=free_port(), environment=settings)
    with running(server, "/api/v1/health/ready", PATIENCE_SECONDS):
        headers = administrator(server, folder, settings)
        without: list[float] = []
        killed: set[str] = set()
        for _ in range(kills):
            leading = leader(server, headers, killed)
            began = time.monotonic()
            os.kill(leading["process_id"], signal.SIGKILL)
            killed.add(leading["id"])
            leader(server, headers, killed)
            without.append(time.monotonic() - began)
    return without


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=5)
    add_options(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, shared_settings(options) as shared:
        without = measure(Path(name), {"MASTERX_LOCAL_MODEL": "false"} | shared, options.kills)
    print(f"without a leader for {', '.join(f'{seconds:.1f}' for seconds in without)} s; at most {max(without):.1f} s")
    sys.exit(max(without) > MOST_SECONDS)


if __name__ == "__main__":
    main()
