"""A used database moved from SQLite to MongoDB and back: `python -m benchmarks.moving`, from the repository's root.

A file of `--messages` messages, to which learners then add lessons, ratings, moods and practice through a server, is
copied to MongoDB by `masterx migrate`, which is killed by kill -9 in the middle and started again; from there in the
same way into another file. After each move the two are compared row by row, and a server is started on the copy, where
a learner signs in, finds their lesson and goes on with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from benchmarks.databases import TEST_SERVER, database
from benchmarks.filled_database import fill
from benchmarks.servers import (
    Server,
    free_port,
    get,
    post,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)
from masterx.clock import SystemClock

LEARNERS = 5
PATIENCE_SECONDS = 120
RETRY_SECONDS = 10
MOVED_BYTES = 4 * 1024 * 1024
"""Of a file that is being filled: there is more to come."""


def use(server: Server) -> None:
    """What learners leave behind."""
    for number in range(LEARNERS):
        headers = {"Authorization": f"Bearer {register_learner(server, f'learner{number}@example.org')}"}
        api = f"{server.url}/api/v1"
        session: dict[str, Any] = {}
        for question in ("Why is the sky blue?", "I do not get it at all.", "Ah! And at dusk?"):
            turn = post(f"{api}/chat", {"message": question, **session}, headers)
            session = {"session_id": turn["session_id"]}
        rated = {"quality_rating": 5, "helpful": True, "feedback_text": "Ah!"}
        post(f"{api}/messages/{turn['message_id']}/feedback", rated, headers)
        put(f"{api}/messages/{turn['question_id']}/mood", {"state": "curiosity"}, headers)
        for _ in range(3):
            question_id = post(f"{api}/practice/next", {"subject": "mathematics"}, headers)["question"]["id"]
            post(f"{api}/practice/answer", {"question_id": question_id, "answer": "3"}, headers)


def put(url: str, body: dict[str, Any], headers: dict[str, str]) -> None:
    as_json = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, json.dumps(body).encode(), as_json, method="PUT")
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status in {200, 204}


def masterx(*arguments: str, data: Path) -> subprocess.Popen[str]:
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = passed_on | {"MASTERX_DATA_DIR": str(data), "COLUMNS": "200"}
    command = [sys.executable, "-m", "masterx", *arguments]
    return subprocess.Popen(
        command, env=environment, cwd=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def told(*arguments: str, data: Path) -> str:
    process = masterx(*arguments, data=data)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output.strip()


def move(source: str, target: str, data: Path, is_under_way: Callable[[], bool]) -> None:
    """Killed as soon as rows arrive, then started again until it is done, and compared once more."""
    began = time.monotonic()
    first = masterx("migrate", source, target, data=data)
    while not is_under_way():
        assert first.poll() is None, first.communicate()[0]
        time.sleep(0.02)
    first.kill()
    first.communicate()
    print(f"killed after {time.monotonic() - began:.1f} s", flush=True)
    while True:
        again = masterx("migrate", source, target, data=data)
        output, _ = again.communicate()
        if again.returncode == 0:
            break
        print(output.strip().splitlines()[-1], flush=True)
        assert "less than a minute ago" in output, output
        time.sleep(RETRY_SECONDS)
    print(output.strip())
    print(told("migrate", source, target, "--compare", data=data), flush=True)


def go_on(folder: Path, upstream: str, settings: dict[str, str]) -> None:
    """A learner of before signs in and asks once more."""
    environment = upstream_settings(upstream) | settings
    with running(
        start_masterx(folder, port=free_port(), environment=environment), "/api/v1/health", PATIENCE_SECONDS
    ) as server:
        person = {"email": "learner0@example.org", "password": "a long enough passphrase 42"}
        token = post(f"{server.url}/api/v1/auth/login", person)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        (session, *_) = get(f"{server.url}/api/v1/sessions", headers)["sessions"]
        turn = post(f"{server.url}/api/v1/chat", {"message": "Go on.", "session_id": session["id"]}, headers)
        assert turn["session_id"] == session["id"]
        print(f"a server on it goes on with a lesson of {session['total_messages']} messages", flush=True)


def measure(folder: Path, messages: int, where: str) -> None:
    data = folder / "data"
    data.mkdir()
    asyncio.run(fill(data / "masterx.sqlite3", messages, SystemClock()))
    upstream = start_canned_upstream(folder)
    with running(upstream, "/journal", PATIENCE_SECONDS), database(where) as settings:
        environment = upstream_settings(upstream.url)
        server = start_masterx(folder, port=free_port(), environment=environment)
        with running(server, "/api/v1/health", PATIENCE_SECONDS):
            use(server)
        file, url = f"sqlite:///{data / 'masterx.sqlite3'}", settings["MASTERX_DATABASE_URL"]
        with MongoClient[Any](url) as client:
            rows = client.get_default_database()["messages"]
            print("SQLite to MongoDB")
            move(file, url, data, lambda: rows.find_one({}) is not None)
        go_on(folder, upstream.url, settings)
        back = folder / "back"
        back.mkdir()
        print("MongoDB to SQLite")
        move(
            url,
            f"sqlite:///{back / 'masterx.sqlite3'}",
            data,
            lambda: any(path.stat().st_size > MOVED_BYTES for path in back.iterdir()),
        )
        go_on(folder, upstream.url, {"MASTERX_DATA_DIR": str(back)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000, help="that were there before; whole lessons of 20")
    parser.add_argument("--database", metavar="SERVER", default=TEST_SERVER, help="a URL such as mongodb://…")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options.messages, options.database)
    print(json.dumps({"moved": "both ways, every row alike"}))


if __name__ == "__main__":
    main()
