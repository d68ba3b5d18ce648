"""Where a measurement keeps its rows, and what several hosts share: made for it, and gone after it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from socket import create_connection

from tests.fakes.mongodb import MongoServer, dropped_after, fresh_name, on_server

from benchmarks.servers import free_port

TEST_SERVER = "mongodb"
PATIENCE_SECONDS = 30


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database",
        metavar="SERVER",
        help="`mongodb` starts a test server (SecantusDB) for the purpose; a URL such as mongodb://… names one,\n"
        "on which a database is made and dropped again; without it: SQLite files",
    )
    parser.add_argument("--redis", action="store_true", help="start one, and share limits through it")


@contextmanager
def shared_settings(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Environment that names an empty database, and a Redis where there is to be one."""
    with database(options.database) as settings, ExitStack() as stack:
        if options.redis:
            settings["MASTERX_REDIS_URL"] = stack.enter_context(_redis())
        yield settings


@contextmanager
def database(where: str | None) -> Iterator[dict[str, str]]:
    """Environment that names an empty one; nothing is said of a file in the data directory."""
    if where is None:
        yield {}
        return
    with ExitStack() as stack:
        if where == TEST_SERVER:
            server = MongoServer(free_port())
            stack.callback(server.remove)
            server.wait_until_ready()
            where = server.address
        url = on_server(where, fresh_name())
        stack.enter_context(dropped_after(url))
        yield {"MASTERX_DATABASE_URL": url}


@contextmanager
def _redis() -> Iterator[str]:
    program, port = shutil.which("redis-server"), free_port()
    assert program is not None, "there is no redis-server"
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()
