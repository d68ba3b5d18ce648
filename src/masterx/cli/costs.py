"""`masterx costs`: what was spent, on what and by whom; and whether the books agree."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from masterx.api.csv_files import exact_dollars, lines
from masterx.cli.output import AsJson, dollars, err, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.costs.dashboard import CostDashboard, check_of, span_of
from masterx.records.audits import Audit
from masterx.records.costs import CostGrouping, CostPeriod, CostSum
from masterx.records.money import to_dollars
from masterx.settings import Settings
from masterx.store.opening import open_store

app = typer.Typer(help="See what was spent, and check the books.")

Sums = Mapping[str, Sequence[CostSum]]
"""By what they are grouped by; "total" is one sum over everything."""


@app.callback(invoke_without_command=True)
def costs(
    context: typer.Context,
    period: Annotated[
        CostPeriod,
        typer.Option(help="This hour, today, this week (from Monday), this month, or the last twelve months, in UTC."),
    ] = CostPeriod.TODAY,
    by: Annotated[CostGrouping | None, typer.Option(help="Only this table.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
) -> None:
    """Show what was spent: by provider, model, category and user."""
    if context.invoked_subcommand is not None:
        return
    tables = asyncio.run(_sums(settings_for_command(), period, tuple(CostGrouping) if by is None else (by,)))
    if as_json:
        rows = {name: [_row(each) for each in sums] for name, sums in tables.items()}
        print_json({"period": period.value, **rows})
    elif as_csv:
        _print_csv(period, tables)
    else:
        for name, sums in tables.items():
            _print(f"{period}" if name == "total" else f"by {name}", sums)


@app.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Prove that the books agree to the nano-dollar, for each UTC day, session and message.

    Exit status 1 when they do not, with each place.
    """
    audit = asyncio.run(_audit(settings_for_command()))
    if as_json:
        print_json({"agree": audit.is_true, **asdict(audit)})
    else:
        _print_audit(audit)
    if not audit.is_true:
        raise typer.Exit(1)


async def _sums(settings: Settings, period: CostPeriod, groupings: Sequence[CostGrouping]) -> Sums:
    clock = SystemClock()
    store = await open_store(settings.store, clock)
    try:
        span = span_of(period, clock.now())
        tables = {"total": await store.cost_sums(span.since, span.until)}
        for by in groupings:
            if by is CostGrouping.USER:
                people = await CostDashboard(store, clock).users(span)
                tables[by.value] = [replace(one.total, name=one.email or "erased, or none") for one in people]
            else:
                tables[by.value] = await store.cost_sums(span.since, span.until, by)
        return tables
    finally:
        await store.close()


async def _audit(settings: Settings) -> Audit:
    """With a bar at a terminal; what came of it is noted for the operator's page."""
    clock = SystemClock()
    store = await open_store(settings.store, clock)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("comparing", total=1.0)
            began = clock.now()
            audit = await store.audit(lambda done: progress.update(task, completed=done))
        await store.note_books_check(check_of(audit, began))
        return audit
    finally:
        await store.close()


def _row(each: CostSum) -> dict[str, object]:
    return {**asdict(each), "cost": to_dollars(each.cost)}


def _print_csv(period: CostPeriod, tables: Sums) -> None:
    """Names are people's and vendors' words: one that a spreadsheet would take for a formula is quoted."""
    rows: list[Sequence[object]] = [("period", "by", "name", "requests", "failed", "tokens", "cost_usd", "unpriced")]
    for by, sums in tables.items():
        for each in sums:
            figures = (each.requests, each.failed, each.tokens, exact_dollars(each.cost), each.unpriced)
            rows.append((period.value, by, each.name, *figures))
    sys.stdout.write(lines(rows))


def _print(heading: str, sums: Sequence[CostSum]) -> None:
    table = Table(box=None, pad_edge=False, title=heading, title_justify="left")
    table.add_column("")
    for column in ("requests", "failed", "tokens", "cost"):
        table.add_column(column, justify="right")
    for each in sums:
        unpriced = f" + {each.unpriced} unpriced" if each.unpriced else ""
        figures = (f"{each.requests:,}", f"{each.failed:,}", f"{each.tokens:,}")
        table.add_row(each.name or "everything", *figures, dollars(each.cost) + unpriced)
    out.print(table)


def _print_audit(audit: Audit) -> None:
    def exact(nanos: int) -> str:
        return f"${nanos // 10**9}.{nanos % 10**9:09}"

    for words, amount in (
        (f"ledger, {audit.calls:,} calls", audit.cost),
        ("… of lessons", audit.chat_cost),
        ("lessons that are there", audit.lesson_cost),
        ("lessons erased or never begun", audit.erased_cost),
    ):
        out.print(f"{words:32} {exact(amount):>24}", markup=False)
    if audit.is_true:
        out.print("The ledger, the daily sums, sessions, messages and budgets agree to the nano-dollar.")
    for mismatch in audit.mismatches:
        err.print(
            f"{mismatch.book}, {mismatch.place}: {mismatch.figure} {mismatch.found}, by the ledger {mismatch.ledger}",
            markup=False,
        )
