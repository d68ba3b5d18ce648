"""Backup, restore and moving on real files: what is read back, what is refused, and what a kill leaves."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest
from benchmarks.servers import Server
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn, make_user

from masterx.backup.filling import compare_stores, fill_from_backup, fill_from_store
from masterx.backup.progress import Progress
from masterx.backup.taking import Backup, check_backup, take_backup
from masterx.clock import SystemClock
from masterx.errors import BackupError, DatabaseUnavailable
from masterx.settings import StoreSettings
from masterx.store.copies import row_source, row_target
from masterx.store.opening import open_store
from masterx.store.schema import SCHEMA_VERSION

TURNS = 30
CLOCK = SystemClock()


def place(tmp_path: Path, name: str) -> StoreSettings:
    return StoreSettings(_env_file=None, data_dir=tmp_path / name, busy_seconds=0.2)


async def add_lessons(settings: StoreSettings, clock: FrozenClock, count: int = TURNS) -> None:
    store = await open_store(settings, clock)
    user = make_user()
    await store.add_user(user)
    for _ in range(count):
        await store.record_turn(make_turn(make_session(user), opens_session=True))
    await store.close()


@pytest.fixture
async def lessons(tmp_path: Path, clock: FrozenClock) -> StoreSettings:
    settings = place(tmp_path, "lessons")
    await add_lessons(settings, clock)
    return settings


async def taken(settings: StoreSettings, path: Path, clock: FrozenClock, **options: object) -> Backup:
    async with row_source(settings, CLOCK) as source:
        return await take_backup(source, path, program="1", created_at=clock.now(), **options)  # type: ignore[arg-type]


async def restored(
    backup: Backup, settings: StoreSettings, clock: FrozenClock, *, replace: bool = False
) -> Mapping[str, int]:
    async with row_target(settings, backup.head.schema_version, clock, replace=replace) as target:
        await fill_from_backup(target, backup, None, now=clock.now())
    return await counts(settings)


async def counts(settings: StoreSettings) -> Mapping[str, int]:
    async with row_source(settings, CLOCK) as source:
        return await source.counts()


async def require_same(one: StoreSettings, other: StoreSettings) -> None:
    async with row_source(one, CLOCK) as source, row_source(other, CLOCK) as copy:
        await compare_stores(source, copy, of_rows=0, now=CLOCK.now())


class TestRestoring:
    async def test_every_row_comes_back(self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        assert backup.totals.rows["messages"] == 2 * TURNS
        assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
        copy = place(tmp_path, "copy")
        assert await restored(backup, copy, clock) == await counts(lessons)
        await require_same(lessons, copy)
        again = await taken(copy, tmp_path / "again", clock)
        own = {"messages": "their places are numbered anew"}
        assert {**again.totals.sha256, **own} == {**backup.totals.sha256, **own}
        await add_lessons(copy, clock, 1)

    async def test_rows_are_not_overwritten_unless_asked(
        self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock
    ) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        copy = place(tmp_path, "copy")
        await add_lessons(copy, clock, 1)
        before = await counts(copy)
        with pytest.raises(BackupError, match="--replace"):
            await restored(backup, copy, clock)
        assert await counts(copy) == before
        await restored(backup, copy, clock, replace=True)
        await require_same(lessons, copy)
        kept = [entry for entry in copy.data_dir.iterdir() if "replaced" in entry.name]
        former = copy.model_copy(update={"database_url": f"sqlite:///{kept[0]}"})
        assert await counts(former) == before
        assert len(list(copy.data_dir.iterdir())) == 2

    async def test_a_damaged_database_is_kept_too(
        self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock
    ) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        copy = place(tmp_path, "copy")
        copy.data_dir.mkdir()
        (copy.data_dir / "masterx.sqlite3").write_bytes(b"not a database at all" * 1_000)
        with pytest.raises(BackupError, match="--replace"):
            await restored(backup, copy, clock)
        await restored(backup, copy, clock, replace=True)
        await require_same(lessons, copy)

    async def test_an_error_on_the_way_leaves_nothing(
        self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock
    ) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        copy = place(tmp_path, "copy")
        await add_lessons(copy, clock, 1)
        before = await counts(copy)

        def fail_when_comparing(progress: Progress) -> None:
            if progress.step == "compare":
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            async with row_target(copy, SCHEMA_VERSION, clock, replace=True) as target:
                await fill_from_backup(target, backup, None, now=clock.now(), watch=fail_when_comparing)
        assert [entry.name for entry in copy.data_dir.iterdir()] == ["masterx.sqlite3"]
        assert await counts(copy) == before

    async def test_two_at_once(self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        copy = place(tmp_path, "copy")
        async with row_target(copy, SCHEMA_VERSION, clock) as target:
            with pytest.raises(BackupError, match="Another restore"):
                await restored(backup, copy, clock)
            await fill_from_backup(target, backup, None, now=clock.now())
        await require_same(lessons, copy)

    async def test_no_secrets_without_a_passphrase(
        self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock
    ) -> None:
        secrets = {"secret.key": "the key"}
        with pytest.raises(BackupError, match="encrypted backup only"):
            await taken(lessons, tmp_path / "backup", clock, secret_files=secrets)
        await taken(lessons, tmp_path / "backup", clock, secret_files=secrets, passphrase="a long passphrase")
        found = check_backup(tmp_path / "backup", "a long passphrase")
        assert found.secret_files == secrets
        assert "the key" not in repr(found)


class TestMoving:
    async def moved(self, source: StoreSettings, target: StoreSettings, clock: FrozenClock, **options: object) -> None:
        async with (
            row_source(source, CLOCK, closed_to_writers=True) as rows,
            row_target(target, SCHEMA_VERSION, clock, resume=True) as there,
        ):
            await fill_from_store(there, rows, now=clock.now(), **options)  # type: ignore[arg-type]

    async def test_goes_on_where_it_was(self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock) -> None:
        target = place(tmp_path, "target")

        def stop_at_sessions(progress: Progress) -> None:
            if progress.collection == "messages":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await self.moved(lessons, target, clock, watch=stop_at_sessions)
        assert not (target.data_dir / "masterx.sqlite3").exists()
        copied: list[Progress] = []
        await self.moved(lessons, target, clock, watch=copied.append)
        assert "users" not in {progress.collection for progress in copied if progress.step == "copy"}
        await require_same(lessons, target)

    async def test_nobody_writes_meanwhile(self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock) -> None:
        async with row_source(lessons, CLOCK, closed_to_writers=True):
            with pytest.raises(DatabaseUnavailable):
                await add_lessons(lessons, clock, 1)

    async def test_a_difference_is_found_and_named(
        self, lessons: StoreSettings, tmp_path: Path, clock: FrozenClock
    ) -> None:
        backup = await taken(lessons, tmp_path / "backup", clock)
        for statement, named in (
            (
                "UPDATE messages SET content = content || '.' WHERE position = 7",
                "'messages' differs .* at [0-9a-f-]{36}\\.",
            ),
            ("DELETE FROM messages WHERE position = 9", "'messages' differs .* at [0-9a-f-]{36}\\."),
            ("UPDATE messages SET id = 'z' WHERE position = 60", "'messages' differs .* at [0-9a-f-]{36}, z\\."),
            ("UPDATE messages SET position = 100000 WHERE position = 60", None),
        ):
            copy = place(tmp_path, "copy")
            await restored(backup, copy, clock, replace=True)
            with sqlite3.connect(copy.data_dir / "masterx.sqlite3") as connection:
                connection.execute(statement)
            connection.close()
            if named is None:
                await require_same(lessons, copy)
                continue
            with pytest.raises(BackupError, match=named):
                await require_same(lessons, copy)


@pytest.fixture(scope="module")
def run(masterx: Server) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Commands on the data of the server that runs."""
    directory = masterx.log.parent
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "masterx", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=directory,
            env=passed_on | {"MASTERX_DATA_DIR": str(directory / "data")} | changes,
            timeout=300,
        )

    return run


class TestBesideAServer:
    """One test after the other, on one server: each command takes seconds to start."""

    def test_taken_while_it_serves_and_restored_elsewhere(
        self, run: Callable[..., subprocess.CompletedProcess[str]], learner: httpx.Client, tmp_path: Path
    ) -> None:
        learner.post("/api/v1/chat", json={"message": "What is a ring?"}, headers={"Accept": "application/json"})
        (tmp_path / "passphrase").write_text("correct horse battery staple\n")
        sealed_by = ("--passphrase-file", str(tmp_path / "passphrase"))
        (tmp_path / "kept").mkdir()
        made = run("backup", str(tmp_path / "kept"), "--keep", "1", "--with-secrets", "--json", *sealed_by)
        assert made.returncode == 0, made.stderr
        facts = json.loads(made.stdout)
        assert facts["encrypted"]
        assert facts["rows"]["messages"] >= 2
        assert facts["rows"]["secret_files"] == 1

        elsewhere = {"MASTERX_DATA_DIR": str(tmp_path / "elsewhere")}
        wrong = run("restore", facts["file"], MASTERX_BACKUP_PASSPHRASE="another long passphrase", **elsewhere)
        assert (wrong.returncode, wrong.stderr) == (1, "The passphrase does not open this backup.\n")
        assert not (tmp_path / "elsewhere").exists()
        restored = run("restore", facts["file"], "--with-secrets", *sealed_by, **elsewhere)
        assert restored.returncode == 0, restored.stderr
        key = (tmp_path / "elsewhere" / "secret.key").read_text()
        assert len(key) > 32
        assert "correct horse" not in made.stdout + made.stderr + restored.stdout + restored.stderr

    def test_a_damaged_one_is_refused_before_anything_is_touched(
        self, run: Callable[..., subprocess.CompletedProcess[str]], learner: httpx.Client, tmp_path: Path
    ) -> None:
        assert learner.get("/api/v1/users/me").status_code == 200
        whole, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
        assert run("backup", str(whole)).returncode == 0
        assert run("restore", str(whole), MASTERX_DATA_DIR=str(elsewhere)).returncode == 0
        before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
        content = bytearray(whole.read_bytes())
        content[-len(content) // 3] ^= 0x10
        whole.write_bytes(content)
        refused = run("restore", str(whole), "--replace", MASTERX_DATA_DIR=str(elsewhere))
        assert refused.returncode == 1
        assert "damaged" in refused.stderr
        assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before

    def test_nothing_is_restored_under_a_running_server(
        self, run: Callable[..., subprocess.CompletedProcess[str]], learner: httpx.Client, tmp_path: Path
    ) -> None:
        assert run("backup", str(tmp_path / "backup")).returncode == 0
        refused = run("restore", str(tmp_path / "backup"), "--replace")
        assert refused.returncode == 1
        assert "Stop it first" in refused.stderr
        assert learner.get("/api/v1/users/me").status_code == 200
