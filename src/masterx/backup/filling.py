"""Filling a store from a backup or from another store, and proving that it holds the same rows."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

from masterx.backup.archive import ArchiveReader, row_line
from masterx.backup.files import content_reader
from masterx.backup.progress import Progress, Watch, unwatched
from masterx.backup.taking import SECRET_FILES, Backup
from masterx.errors import BackupError
from masterx.store.rows import EXPIRES, Fields, Key, Kind, Row, RowSource, RowTarget, place_of

SHOWN_DIFFERENCES = 5
SOON = timedelta(hours=6)
"""Longer than copying takes: what expires within it is not compared."""


async def fill_from_backup(
    target: RowTarget, backup: Backup, passphrase: str | None, *, now: datetime, watch: Watch = unwatched
) -> None:
    """All rows, read back and compared; ``backup`` was checked before.

    Raises `BackupError` or `DatabaseError`; the target is then not finished.
    """
    of_rows, rows = backup.totals.row_count, 0
    sums: dict[str, _Sum] = {}
    with content_reader(backup.path, passphrase) as (content, file):
        archive = ArchiveReader(content)
        for section in archive.sections():
            if section.collection == SECRET_FILES:
                continue
            if section.rows:
                await target.add(section.collection, section.fields, section.rows)
            sums.setdefault(section.collection, _Sum(section.collection, section.fields, now)).add(section.rows)
            rows += len(section.rows)
            place = file.tell()
            watch(Progress(step="restore", collection=section.collection, rows=rows, of_rows=of_rows, file_bytes=place))
        if archive.totals != backup.totals:
            raise BackupError("The backup changed while it was read.")
    await _compare_sums(target, sums, of_rows, watch)


class _Sum:
    """Of the rows of a collection in the order of their keys, as they are compared."""

    def __init__(self, collection: str, fields: Fields, now: datetime) -> None:
        self.fields = fields
        self.rows = 0
        self._compared = _Compared(collection, fields, now)
        self._digest = hashlib.sha256()

    def add(self, rows: Sequence[Row]) -> None:
        kept = [row for row in rows if self._compared.lasts(row)]
        self._digest.update(b"".join(map(self._compared.line, kept)))
        self.rows += len(kept)

    def beside(self) -> _Sum:
        """An empty one of the same collection."""
        other = copy.copy(self)
        other.rows, other._digest = 0, hashlib.sha256()
        return other

    @property
    def value(self) -> tuple[int, bytes]:
        return self.rows, self._digest.digest()


async def _compare_sums(target: RowTarget, sums: Mapping[str, _Sum], of_rows: int, watch: Watch) -> None:
    """Reads every row back."""
    written = await target.written()
    rows = 0
    for collection, in_backup in sums.items():
        found = in_backup.beside()
        async for batch in _in_order(written, collection, in_backup.fields):
            found.add(batch)
            watch(Progress(step="compare", collection=collection, rows=rows + found.rows, of_rows=of_rows))
        rows += found.rows
        if found.value != in_backup.value:
            raise BackupError(
                f"{collection!r} was not restored as it is in the backup: {found.rows} rows were read back, "
                f"{in_backup.rows} are in it."
            )


async def fill_from_store(
    target: RowTarget, source: RowSource, *, now: datetime, watch: Watch = unwatched
) -> Mapping[str, int]:
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
    await compare_stores(source, await target.written(), of_rows=of_rows, now=now, watch=watch)
    return counts


async def compare_stores(
    source: RowSource, other: RowSource, *, of_rows: int, now: datetime, watch: Watch = unwatched
) -> None:
    """Row by row, in the order of their keys. Raises `BackupError`."""
    rows = 0
    for collection, fields in source.fields.items():
        differing: list[str] = []
        async for key, same in _paired(source, other, collection, fields, now):
            if not same:
                differing.append("/".join(str(part) for part in key))
                if len(differing) == SHOWN_DIFFERENCES:
                    break
            rows += 1
            if rows % 1_000 == 0:
                watch(Progress(step="compare", collection=collection, rows=rows, of_rows=of_rows))
        if differing:
            raise BackupError(f"{collection!r} differs between the two stores, at {', '.join(differing)}.")
    watch(Progress(step="compare", collection="", rows=rows, of_rows=max(rows, of_rows)))


async def _paired(
    source: RowSource, other: RowSource, collection: str, fields: Fields, now: datetime
) -> AsyncIterator[tuple[Key, bool]]:
    """Each key of either, and whether both have the same row with it."""
    names = list(fields)
    places = [names.index(name) for name in source.keys[collection]]
    compared = _Compared(collection, fields, now)
    ours = _lines(source.batches(collection), compared, places)
    theirs = _lines(_in_order(other, collection, fields), compared, places)
    here, there = await anext(ours, None), await anext(theirs, None)
    while here is not None and there is not None:
        (key, line), (other_key, other_line) = here, there
        first, second = place_of(key), place_of(other_key)
        if first == second:
            yield key, line == other_line
        else:
            yield min((first, key), (second, other_key), key=lambda each: each[0])[1], False
        here = await anext(ours, None) if first <= second else here
        there = await anext(theirs, None) if second <= first else there
    while here is not None:
        yield here[0], False
        here = await anext(ours, None)
    while there is not None:
        yield there[0], False
        there = await anext(theirs, None)


async def _lines(
    batches: AsyncIterator[Sequence[Row]], compared: _Compared, places: Sequence[int]
) -> AsyncIterator[tuple[Key, bytes]]:
    """Rows as they are compared, by their keys."""
    async for batch in batches:
        for row in batch:
            if compared.lasts(row):
                yield tuple(row[place] for place in places), compared.line(row)


class _Compared:
    """What is compared of a collection: not what a store gives its own, nor rows that it may drop by itself."""

    def __init__(self, collection: str, fields: Fields, now: datetime) -> None:
        names = list(fields)
        self._own = {place for place, kind in enumerate(fields.values()) if kind is Kind.LOCAL}
        self._time = None
        if collection in EXPIRES:
            field, after = EXPIRES[collection]
            self._time = names.index(field)
            self._dropped_before = f"{now + SOON - after:%Y-%m-%dT%H:%M:%S.%fZ}"

    def lasts(self, row: Row) -> bool:
        return self._time is None or row[self._time] > self._dropped_before

    def line(self, row: Row) -> bytes:
        return row_line([value for place, value in enumerate(row) if place not in self._own] if self._own else row)


async def _in_order(source: RowSource, collection: str, fields: Fields) -> AsyncIterator[Sequence[Row]]:
    """Its rows with their values in the order of these fields. Raises `BackupError` where it has others."""
    own = list(source.fields.get(collection, ()))
    if set(own) != set(fields):
        raise BackupError(f"{collection!r} has other fields there than here.")
    places = [own.index(name) for name in fields]
    same = places == list(range(len(places)))
    async for batch in source.batches(collection):
        yield batch if same else [[row[place] for place in places] for row in batch]
