"""Tables as CSV files, streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from fastapi.responses import StreamingResponse

from masterx.records.money import NANOS_PER_DOLLAR, NanoDollars

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""

CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "A CSV file in UTF-8 with a line of headings.", "content": {"text/csv": {}}}
}


def exact_dollars(amount: NanoDollars) -> str:
    """With nine places, so that nothing is rounded."""
    return f"{amount // NANOS_PER_DOLLAR}.{amount % NANOS_PER_DOLLAR:09}"


def cell(value: object) -> str:
    """Text that would be taken for a formula is quoted; times are UTC, as in JSON; nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if not isinstance(value, str):
        return str(value)
    return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value


def lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_file(name: str, headings: Sequence[str], parts: AsyncIterator[Iterable[Sequence[object]]]) -> StreamingResponse:
    """Each part of the rows is written when it is there; the first one is to be read before, so that a failure is
    still a status.
    """

    async def written() -> AsyncIterator[str]:
        yield lines([headings])
        async for part in parts:
            yield lines(part)

    return StreamingResponse(
        written(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


async def whole(rows: Iterable[Sequence[object]]) -> AsyncIterator[Iterable[Sequence[object]]]:
    """All rows as one part."""
    yield rows
