"""`masterx init` as an operator of MongoDB runs it: what is made once, and the sentence where it cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.servers import free_port
from pymongo import MongoClient
from tests.fakes.mongodb import MongoServer

from masterx.store.schema import SCHEMA_VERSION

NAME, SECRET = "masterx", "pa55word"
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of an empty database, for a user with a password."""
    first = MongoServer(free_port())
    try:
        first.wait_until_ready()
        with MongoClient[Any](first.address) as client:
            client[NAME].command("createUser", NAME, pwd=SECRET, roles=["readWrite"])
        first.stop()
        server = MongoServer(free_port(), folder=first.folder, password=True)
        try:
            server.wait_until_ready()
            yield f"mongodb://{NAME}:{SECRET}@127.0.0.1:{server.port}/{NAME}"
        finally:
            server.remove()
    finally:
        first.remove()


def init(directory: Path, url: str, *options: str) -> subprocess.Popen[str]:
    directory.mkdir(exist_ok=True)
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "masterx", "init", *options],
        env=passed_on | {"MASTERX_DATA_DIR": str(directory / "data"), "MASTERX_DATABASE_URL": url},
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(process: subprocess.Popen[str]) -> str:
    """The one sentence, or two, that the command ends with."""
    output, sentence = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, output) == (1, "")
    assert SECRET not in sentence
    assert "Traceback" not in sentence
    return " ".join(sentence.split())


def test_two_hosts_at_once_make_one_database_and_a_newer_one_is_refused(tmp_path: Path, url: str) -> None:
    hosts = [init(tmp_path / f"host{number}", url, "--json") for number in range(2)]
    for host in hosts:
        output, about = host.communicate(timeout=PATIENCE_SECONDS)
        assert host.returncode == 0, about
        assert json.loads(output) == {"status": "ready", "schema_version": SCHEMA_VERSION}
    with MongoClient[Any](url) as client:
        versions = client[NAME]["schema_version"]
        assert [row["_id"] for row in versions.find()] == [SCHEMA_VERSION]
        versions.insert_one({"_id": SCHEMA_VERSION + 1, "name": "of the future"})
    newer = refused(init(tmp_path / "host0", url))
    assert str(SCHEMA_VERSION) in newer
    assert str(SCHEMA_VERSION + 1) in newer


def test_whoever_cannot_come_in_is_told_which_setting_to_look_at(tmp_path: Path, url: str) -> None:
    wrong = init(tmp_path / "wrong", url.replace(SECRET, "another"))
    nobody = init(
        tmp_path / "nobody", f"mongodb://{NAME}:{SECRET}@127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=500"
    )
    told = refused(wrong)
    assert "user name and password" in told
    assert "another" not in told
    assert "MASTERX_DATABASE_URL" in told
    assert "database" in refused(nobody).lower()


def test_a_server_without_transactions_is_refused_with_what_to_do(tmp_path: Path) -> None:
    server = MongoServer(free_port(), standalone=True)
    try:
        server.wait_until_ready()
        told = refused(init(tmp_path, server.url()))
    finally:
        server.remove()
    assert "mongod --replSet rs0" in told
    assert "rs.initiate()" in told
