"""Taking a backup and checking one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from masterx.backup.archive import ArchiveReader, ArchiveWriter, Head, Totals
from masterx.backup.files import content_reader, content_writer, new_file
from masterx.backup.progress import Progress, Watch, unwatched
from masterx.errors import BackupError
from masterx.store.rows import Kind, RowSource

SYNCED_BYTES: Final = 4 * 1024 * 1024
"""How much of the file may wait for the disk: the server's own commits stand in the same queue."""

SECRET_FILES: Final = "secret_files"
"""A section that is no collection of a store: the signing key and `.env`, where they were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What is known of a file that was written or checked."""

    path: Path
    file_bytes: int
    head: Head
    totals: Totals
    secret_files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Content by name."""


async def take_backup(
    source: RowSource,
    path: Path,
    *,
    program: str,
    created_at: datetime,
    passphrase: str | None = None,
    overwrite: bool = False,
    secret_files: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
) -> Backup:
    """Write all rows to a file, read it again, and only then give it its name.

    ``created_at`` is the moment that the source shows. Raises `BackupError` or `DatabaseError`; then there is no file,
    or the one that was there before. ``secret_files`` are taken with a passphrase only.
    """
    if secret_files and passphrase is None:
        raise BackupError("Secrets are put into an encrypted backup only: set MASTERX_BACKUP_PASSPHRASE.")
    head = Head(
        schema_version=source.schema_version,
        store=source.store,
        program=program,
        created_at=f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        rows=await source.counts(),
    )
    with new_file(path, overwrite=overwrite) as (file, draft):
        with content_writer(file, passphrase) as content:
            archive = ArchiveWriter(content, head)
            await _write_rows(source, archive, head, _Synced(file), watch)
            if secret_files:
                archive.begin(SECRET_FILES, {"name": Kind.PLAIN, "content": Kind.PLAIN})
                archive.add([[name, content] for name, content in secret_files.items()])
                archive.end(SECRET_FILES)
            written = archive.finish()
        file.flush()
        found = check_backup(draft, passphrase, watch=watch)
        if found.totals != written:
            raise BackupError("What was read from the new backup is not what was written. Is the disk failing?")
    return Backup(path=path, file_bytes=found.file_bytes, head=head, totals=written)


def check_backup(path: Path, passphrase: str | None, *, watch: Watch = unwatched) -> Backup:
    """Read all of it. Raises `BackupError` for what is no backup, damaged, cut off, or not opened by the passphrase."""
    with content_reader(path, passphrase) as (content, file):
        archive = ArchiveReader(content)
        of_rows, rows = sum(archive.head.rows.values()), 0
        secret_files: dict[str, str] = {}
        for section in archive.sections():
            rows += len(section.rows)
            if section.collection == SECRET_FILES:
                secret_files |= {str(name): str(text) for name, text in section.rows}
            place = file.tell()
            watch(Progress(step="check", collection=section.collection, rows=rows, of_rows=of_rows, file_bytes=place))
        return Backup(
            path=path,
            file_bytes=os.fstat(file.fileno()).st_size,
            head=archive.head,
            totals=archive.totals,
            secret_files=secret_files,
        )


async def _write_rows(source: RowSource, archive: ArchiveWriter, head: Head, file: _Synced, watch: Watch) -> None:
    of_rows, rows = sum(head.rows.values()), 0
    for collection, fields in source.fields.items():
        archive.begin(collection, fields)
        async for batch in source.batches(collection):
            archive.add(batch)
            rows += len(batch)
            place = file.grown()
            watch(Progress(step="write", collection=collection, rows=rows, of_rows=of_rows, file_bytes=place))
        archive.end(collection)


class _Synced:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._synced = 0

    def grown(self) -> int:
        """How long the file is now; from time to time the disk is waited for."""
        place = self._file.tell()
        if place - self._synced >= SYNCED_BYTES:
            self._file.flush()
            os.fdatasync(self._file.fileno())
            self._synced = place
        return place
