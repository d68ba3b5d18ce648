from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from masterx.backup.files import content_reader, content_writer, new_file, passphrase_in
from masterx.errors import BackupError

PASSPHRASE = "correct horse battery staple"


def write(path: Path, content: bytes, passphrase: str | None = None, *, overwrite: bool = False) -> None:
    with new_file(path, overwrite=overwrite) as (file, _), content_writer(file, passphrase, work_factor=1) as writer:
        writer.write(content)


def read(path: Path, passphrase: str | None = None) -> bytes:
    with content_reader(path, passphrase) as (content, _):
        return content.read()


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_written_and_read_and_nobody_elses_to_read(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "backup"
    write(path, b"content" * 100_000, passphrase)
    assert read(path, passphrase) == b"content" * 100_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["backup"]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_every_cut_is_noticed(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "backup"
    write(path, b"content" * 50, passphrase)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(BackupError):
            read(path, passphrase)


def test_an_encrypted_one_needs_its_passphrase(tmp_path: Path) -> None:
    write(tmp_path / "backup", b"content", PASSPHRASE)
    with pytest.raises(BackupError, match="MASTERX_BACKUP_PASSPHRASE"):
        read(tmp_path / "backup")
    with pytest.raises(BackupError, match="does not open"):
        read(tmp_path / "backup", PASSPHRASE + "r")


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(b"yesterday's")
    with pytest.raises(BackupError, match="exists"):
        write(path, b"today's")
    with pytest.raises(ZeroDivisionError), new_file(path, overwrite=True) as (file, _):
        file.write(bytes(1 // 0))
    assert path.read_bytes() == b"yesterday's"
    assert [entry.name for entry in tmp_path.iterdir()] == ["backup"]
    write(path, b"today's", overwrite=True)
    assert read(path) == b"today's"


def test_folders_and_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(BackupError, match="--keep"):
        write(tmp_path, b"")
    for place in (tmp_path / "nowhere" / "backup", tmp_path / "a file" / "backup", Path("/proc/backup")):
        with pytest.raises(BackupError, match="cannot be written to"):
            write(place, b"")
    with pytest.raises(BackupError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(BackupError, match="cannot be read"):
        read(tmp_path / "nowhere")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(BackupError, match="no backup"):
        read(tmp_path / "text")


@pytest.fixture
def small_files() -> Iterator[None]:
    """As on a full disk, a file cannot grow beyond 64 KiB."""
    former_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    former_action = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, former_limit[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former_limit)
    signal.signal(signal.SIGXFSZ, former_action)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="disk is full"), new_file(tmp_path / "backup", overwrite=False) as (file, _):
        file.write(bytes(1_000_000))
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\nand more\n")
    assert passphrase_in(file) == PASSPHRASE
    for content in (b"", b"short\n", b"\xff\xfe" * 20):
        file.write_bytes(content)
        with pytest.raises(BackupError):
            passphrase_in(file)
    with pytest.raises(BackupError, match="cannot be read"):
        passphrase_in(tmp_path)
