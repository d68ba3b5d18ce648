"""A new clone with an empty home, one command, and how long until the demo model answers.

    make bench-fresh

`make run` does all of it: environment, database, server, sign-in link. The link is then followed as a browser would
do it, and a question is asked. Packages come over the network, so the figure depends on it.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.servers import ROOT, Server, free_port

PATIENCE_SECONDS = 300
PASSED_ON = re.compile(r"PATH|LANG|PIP_.*|UV_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy", re.IGNORECASE)
"""What a machine needs to reach its package index."""


def wait_for_link(server: Server) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if "secret=" in server.output.rpartition("\n")[0]:
            return server.sign_in_link
        time.sleep(0.05)
    raise SystemExit(f"make run did not get as far as the sign-in link:\n{server.output[-4000:]}")


def ask(server: Server, link: str) -> Iterator[str]:
    """The names of the answer's events as they arrive."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    opener.open(link, timeout=30).close()
    request = urllib.request.Request(
        f"{server.url}/api/v1/chat",
        json.dumps({"message": "What is a prime number?"}).encode(),
        {"Content-Type": "application/json", "Accept": "text/event-stream", "Origin": server.url},
    )
    with opener.open(request, timeout=120) as response:
        for line in response:
            if line.startswith(b"event: "):
                yield line.removeprefix(b"event: ").strip().decode()


def main() -> None:
    environment = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        home, clone, log = Path(folder) / "home", Path(folder) / "clone", Path(folder) / "log"
        home.mkdir()
        started = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["make", "run"],
                cwd=clone,
                env=environment | {"HOME": str(home), "MASTERX_PORT": str(port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(process=process, port=port, log=log)
        try:
            link = wait_for_link(server)
            linked = time.perf_counter()
            server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
            times = {name: time.perf_counter() for name in ask(server, link)}
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
    if "done" not in times:
        raise SystemExit(f"there was no answer, only {list(times)}")
    print(
        f"link_seconds={linked - started:.1f} first_word_seconds={times['meta'] - started:.1f} "
        f"answer_seconds={times['done'] - started:.1f}"
    )


if __name__ == "__main__":
    main()
