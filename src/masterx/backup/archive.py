"""The content of a backup: lines of JSON, which `docs/backup.md` describes.

A head; for each collection a line with its fields, a line for each row, and a line with their number and SHA-256; a
last line with the number and SHA-256 of all before it. Nothing follows. So a part that is missing, changed or added is
noticed, and a program that knows nothing of MasterX can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from masterx.errors import BackupError
from masterx.store.rows import BATCH_ROWS, Fields, Kind, Row

FORMAT: Final = 1
LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes; the longest text that the server takes is far below it."""
_BUFFER_BYTES = 256 * 1024

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    schema_version: int
    store: str
    """`sqlite` or `mongodb`, which wrote it; either can read it."""
    program: str
    """The version of MasterX."""
    created_at: str
    """The moment that the rows are of, as `columns.time_text`."""
    rows: Mapping[str, int]
    """By collection, as counted before; the lines after each collection say how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was written or read."""

    rows: Mapping[str, int]
    sha256: Mapping[str, str]
    """By collection."""
    content_bytes: int
    """Before compression."""
    content_sha256: str
    """What `zcat FILE | sha256sum` says."""

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())


def row_line(row: Row) -> bytes:
    """A row in its one written form."""
    return _encode(row if isinstance(row, list) else list(row)).encode() + b"\n"


@dataclass(slots=True)
class _Sums:
    """Of everything and of the collection at hand."""

    whole: Any = field(default_factory=hashlib.sha256)
    section: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    section_rows: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        self.section, self.section_rows = hashlib.sha256(), 0

    def add(self, data: bytes) -> None:
        self.whole.update(data)
        self.size += len(data)

    def add_rows(self, data: bytes, count: int) -> None:
        self.section.update(data)
        self.section_rows += count
        self.add(data)

    def end(self, collection: str) -> dict[str, Any]:
        self.rows[collection], self.sha256[collection] = self.section_rows, self.section.hexdigest()
        return {"end": collection, "rows": self.section_rows, "sha256": self.sha256[collection]}

    def end_all(self) -> dict[str, Any]:
        return {"end": "backup", "rows": sum(self.rows.values()), "sha256": self.whole.hexdigest()}

    def totals(self) -> Totals:
        return Totals(
            rows=self.rows, sha256=self.sha256, content_bytes=self.size, content_sha256=self.whole.hexdigest()
        )


class ArchiveWriter:
    """Call `begin`, `add` and `end` for each collection, then `finish`."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self._file = file
        self._sums = _Sums()
        self._write(
            {
                "masterx_backup": FORMAT,
                "schema_version": head.schema_version,
                "store": head.store,
                "program": head.program,
                "created_at": head.created_at,
                "rows": dict(head.rows),
            }
        )

    def begin(self, collection: str, fields: Fields) -> None:
        self._write({"collection": collection, "fields": {name: kind.value for name, kind in fields.items()}})
        self._sums.begin()

    def add(self, rows: Sequence[Row]) -> None:
        data = b"".join(map(row_line, rows))
        self._sums.add_rows(data, len(rows))
        self._file.write(data)

    def end(self, collection: str) -> None:
        self._write(self._sums.end(collection))

    def finish(self) -> Totals:
        self._write(self._sums.end_all())
        return self._sums.totals()

    def _write(self, line: Mapping[str, Any]) -> None:
        data = _encode(line).encode() + b"\n"
        self._sums.add(data)
        self._file.write(data)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one collection, at most `BATCH_ROWS`."""

    collection: str
    fields: Fields
    rows: Sequence[Row]


class ArchiveReader:
    """Raises `BackupError` where the content is not what was written; `totals` only after the very last line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sums = _Sums()
        self._totals: Totals | None = None
        self.head = _head(self._object(self._line()))

    @property
    def totals(self) -> Totals:
        """Raises `BackupError` when the end was not reached."""
        if self._totals is None:
            raise _damaged("it does not come to its end")
        return self._totals

    def sections(self) -> Iterator[Section]:
        """Each collection in batches; an empty one is one empty batch."""
        while (opening := self._object(self._line())).get("end") != "backup":
            collection, fields = _opening(opening)
            if collection in self._sums.rows:
                raise _damaged(f"{collection!r} is there twice")
            yield from self._section(collection, fields)
        self._check(opening, self._ending)
        self._totals = self._sums.totals()
        if self._file.read(1):
            raise _damaged("something follows its end")

    def _section(self, collection: str, fields: Fields) -> Iterator[Section]:
        self._sums.begin()
        rows: list[Row] = []
        lines: list[bytes] = []
        ended = False
        while not ended:
            line = self._line()
            ended = line.startswith(b"{")
            if not ended:
                rows.append(_row(line, len(fields)))
                lines.append(line)
            if ended or len(rows) == BATCH_ROWS:
                self._sums.add_rows(b"".join(lines), len(rows))
                yield Section(collection, fields, rows)
                rows, lines = [], []
        self._check(self._object(line, counted=False), self._sums.end(collection))
        self._sums.add(line)

    def _line(self) -> bytes:
        line: bytes = self._file.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise _damaged("it is cut off" if len(line) < LONGEST_LINE else "a line is too long")
        return line

    def _object(self, line: bytes, *, counted: bool = True) -> dict[str, Any]:
        self._ending = self._sums.end_all()
        if counted:
            self._sums.add(line)
        value = _parsed(line)
        if not isinstance(value, dict):
            raise _damaged("a line is out of its place")
        return value

    def _check(self, said: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        if said != found:
            place = found["end"]
            raise _damaged("its whole" if place == "backup" else f"its part {place!r}", "does not have its checksum")


def _damaged(what: str, more: str = "") -> BackupError:
    return BackupError(f"The backup is damaged: {what}{' ' if more else ''}{more}.")


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged("a line is no JSON") from error


def _row(line: bytes, length: int) -> list[Any]:
    row = _parsed(line)
    if not isinstance(row, list) or len(row) != length:
        raise _damaged("a row does not have its fields")
    return row


def _head(line: Mapping[str, Any]) -> Head:
    version = line.get("masterx_backup")
    if version is None:
        raise BackupError("That file is no backup of MasterX.")
    if version != FORMAT:
        raise BackupError(f"The backup has format {version!r}; this program reads format {FORMAT}.")
    try:
        return Head(
            schema_version=int(line["schema_version"]),
            store=str(line["store"]),
            program=str(line["program"]),
            created_at=str(line["created_at"]),
            rows={str(name): int(count) for name, count in line["rows"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged("its head lacks something") from error


def _opening(line: Mapping[str, Any]) -> tuple[str, Fields]:
    try:
        return str(line["collection"]), {str(name): Kind(kind) for name, kind in line["fields"].items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise _damaged("a collection lacks its fields") from error
