"""Filling a store from a backup or from another store, and proving that it holds the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence

from masterx.backup.archive import ArchiveReader, Totals, row_line
from masterx.backup.files import content_reader
from masterx.backup.progress import Progress, Watch, unwatched
from masterx.backup.taking import SECRET_FILES, Backup
from masterx.errors import BackupError
from masterx.store.rows import Fields, Row, RowSource, RowTarget

SHOWN_DIFFERENCES = 5


async def fill_from_backup(
    target: RowTarget, backup: Backup, passphrase: str | None, *, watch: Watch = unwatched
) -> None:
    """All rows; ``backup`` was checked. Raises `BackupError` or `DatabaseError`; the target is then not finished."""
    of_rows, rows = backup.totals.row_count, 0
    fields: dict[str, Fields] = {}
    with content_reader(backup.path, passphrase) as (content, file):
        archive = ArchiveReader(content)
        for section in archive.sections():
            if section.collection == SECRET_FILES:
                continue
            if section.rows:
                await target.add(section.collection, section.fields, section.rows)
            fields[section.collection] = section.fields
            rows += len(section.rows)
            place = file.tell()
            watch(Progress(step="restore", collection=section.collection, rows=rows, of_rows=of_rows, file_bytes=place))
        if archive.totals != backup.totals:
            raise BackupError("The backup changed while it was read.")
    await _compare_sums(target, fields, backup.totals, watch)


async def _compare_sums(target: RowTarget, fields: Mapping[str, Fields], totals: Totals, watch: Watch) -> None:
    """Reads every row back: it must have the written form that it has in the backup."""
    written = await target.written()
    rows = 0
    for collection, its_fields in fields.items():
        digest, count = hashlib.sha256(), 0
        async for batch in _in_order(written, collection, its_fields):
            digest.update(b"".join(map(row_line, batch)))
            count += len(batch)
            watch(Progress(step="compare", collection=collection, rows=rows + count, of_rows=totals.row_count))
        rows += count
        if (count, digest.hexdigest()) != (totals.rows[collection], totals.sha256[collection]):
            raise BackupError(f"{collection!r} was not restored as it is in the backup: {count} rows were read back.")


async def fill_from_store(target: RowTarget, source: RowSource, *, watch: Watch = unwatched) -> Mapping[str, int]:
    """Rows by collection. Goes on behind what an earlier attempt left, then compares row by row.

    Raises `BackupError` naming keys where the two differ; the target is then not finished.
    """
    counts = await source.counts()
    of_rows, rows = sum(counts.values()), 0
    for collection, fields in source.fields.items():
        after = await target.last_key(collection)
        passed = 0 if after is None else await target.count(collection)
        rows += passed
        async for batch in source.batches(collection, after=after):
            await target.add(collection, fields, batch)
            rows += len(batch)
            watch(Progress(step="copy", collection=collection, rows=rows, of_rows=of_rows))
    await compare_stores(source, await target.written(), of_rows=of_rows, watch=watch)
    return counts


async def compare_stores(source: RowSource, other: RowSource, *, of_rows: int, watch: Watch = unwatched) -> None:
    """Row by row, in the order of their keys. Raises `BackupError`."""
    rows = 0
    for collection, fields in source.fields.items():
        differing: list[str] = []
        ours = _rows(source.batches(collection))
        theirs = _rows(_in_order(other, collection, fields))
        places = [list(fields).index(name) for name in source.keys[collection]]
        here, there = await anext(ours, None), await anext(theirs, None)
        while (here is not None or there is not None) and len(differing) < SHOWN_DIFFERENCES:
            here_key, there_key = _key(here, places), _key(there, places)
            if here is None or (there is not None and there_key < here_key):
                differing.append(_shown(there_key))
                there = await anext(theirs, None)
                continue
            if there is None or here_key < there_key or row_line(here) != row_line(there):
                differing.append(_shown(here_key))
            if here_key == there_key:
                there = await anext(theirs, None)
            here = await anext(ours, None)
            rows += 1
            if rows % 1_000 == 0:
                watch(Progress(step="compare", collection=collection, rows=rows, of_rows=of_rows))
        if differing:
            raise BackupError(f"{collection!r} differs between the two stores, at {', '.join(differing)}.")
    watch(Progress(step="compare", collection="", rows=rows, of_rows=of_rows))


def _key(row: Row | None, places: Sequence[int]) -> tuple[object, ...]:
    return () if row is None else tuple(row[place] for place in places)


def _shown(key: tuple[object, ...]) -> str:
    return "/".join(str(part) for part in key)


async def _rows(batches: AsyncIterator[Sequence[Row]]) -> AsyncIterator[Row]:
    async for batch in batches:
        for row in batch:
            yield row


async def _in_order(source: RowSource, collection: str, fields: Fields) -> AsyncIterator[Sequence[Row]]:
    """Its rows with their values in the order of these fields. Raises `BackupError` where it has others."""
    own = list(source.fields[collection])
    if set(own) != set(fields):
        raise BackupError(f"{collection!r} has other fields there than here.")
    places = [own.index(name) for name in fields]
    same = places == list(range(len(places)))
    async for batch in source.batches(collection):
        yield batch if same else [[row[place] for place in places] for row in batch]
