"""Backups as files: gzip, sealed with age where there is a passphrase; written whole or not at all.

The name says how to open one without MasterX: `zcat FILE.jsonl.gz`, `age -d FILE.jsonl.gz.age | zcat`.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from masterx.backup.age import SMALLEST_PASSPHRASE, WORK_FACTOR, AgeReader, AgeWriter, is_age
from masterx.errors import BackupError

COMPRESSION: Final = 4
"""Of gzip, 1 to 9: a server that runs beside it needs the processor more than the disk needs the room."""

DRAFT_SUFFIX: Final = ".part"

_GZIP_START = b"\x1f\x8b"
_LONGEST_PASSPHRASE_FILE = 4_096


def passphrase_in(file: Path) -> str:
    """Its first line. Raises `BackupError` where that is none."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_LONGEST_PASSPHRASE_FILE).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"The passphrase file {str(file)!r} cannot be read.") from error
    return checked_passphrase(text.splitlines()[0] if text else "")


def checked_passphrase(passphrase: str) -> str:
    """Raises `BackupError` for one that is soon guessed."""
    if len(passphrase) < SMALLEST_PASSPHRASE:
        raise BackupError(f"The passphrase for backups needs {SMALLEST_PASSPHRASE} characters or more.")
    return passphrase


@contextlib.contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[tuple[BinaryIO, Path]]:
    """A file that appears under its name, readable by its owner only, when the block ends well; else there is none.

    Until then it is at the path that comes with it.

    Raises `BackupError` for a place that cannot be written to and for a full disk.
    """
    if path.is_dir():
        raise BackupError(f"{str(path)!r} is a folder. Name a file, or keep dated ones in it with --keep.")
    if path.exists() and not overwrite:
        raise BackupError(f"{str(path)!r} exists already. Choose another name, or say --overwrite.")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}{DRAFT_SUFFIX}")
    try:
        file = open(draft, "xb", opener=_private)  # noqa: SIM115 (Path.open takes no opener; closed below)
    except OSError as error:
        raise BackupError(f"{str(path.parent)!r} cannot be written to: {error.strerror}.") from error
    try:
        with file:
            yield file, draft
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise BackupError("The disk is full. No backup was made; what was there before is as it was.") from error
        raise BackupError(f"The backup could not be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def content_writer(file: BinaryIO, passphrase: str | None, *, work_factor: int = WORK_FACTOR) -> Iterator[BinaryIO]:
    """What is written to it ends up compressed, and sealed where there is a passphrase."""
    sealed = None if passphrase is None else AgeWriter(file, passphrase, work_factor=work_factor)
    below = file if sealed is None else cast("BinaryIO", sealed)
    with gzip.GzipFile(fileobj=below, mode="wb", filename="", compresslevel=COMPRESSION, mtime=0) as content:
        yield cast("BinaryIO", content)
    if sealed is not None:
        sealed.close()


@contextlib.contextmanager
def content_reader(path: Path, passphrase: str | None) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The content, and the file below it, which tells how far it was read.

    Raises `BackupError` for what is no backup, for a missing or wrong passphrase and, in reading, for damage.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        what = "is a folder" if path.is_dir() else f"cannot be read: {error.strerror}"
        raise BackupError(f"{str(path)!r} {what}.") from error
    with file:
        start = file.read(64)
        file.seek(0)
        encrypted = is_age(start)
        if encrypted and passphrase is None:
            raise BackupError("The backup is encrypted: set MASTERX_BACKUP_PASSPHRASE or name a --passphrase-file.")
        below = cast("BinaryIO", AgeReader(file, passphrase)) if encrypted and passphrase is not None else file
        if not encrypted and not start.startswith(_GZIP_START):
            raise BackupError(f"{str(path)!r} is no backup of MasterX.")
        try:
            with gzip.GzipFile(fileobj=below, mode="rb") as content:
                yield cast("BinaryIO", content), file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BackupError("The backup is damaged or cut off.") from error
        except OSError as error:
            raise BackupError(f"The backup could not be read: {error.strerror}.") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
