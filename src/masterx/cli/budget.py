"""`masterx budget`: how much may be spent, by whom, in which time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.table import Table

from masterx.cli.output import AsJson, dollars, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.costs.budget import parse_amount, parse_scope, parse_window
from masterx.costs.budget_book import BudgetBook, BudgetState
from masterx.providers.catalog import vendors
from masterx.providers.registry import ProviderRegistry
from masterx.records.money import to_dollars
from masterx.settings import Settings
from masterx.store.opening import open_store

Scope = Annotated[str, typer.Argument(help="system, provider:NAME, tier:free|pro|premium (together), or user:EMAIL.")]
Window = Annotated[str, typer.Argument(help="hour, day or month, by the UTC calendar.")]

app = typer.Typer(help="Cap what may be spent.", no_args_is_help=True)


@app.command("set", context_settings={"ignore_unknown_options": True})  # so that -1 is an amount
def set_(
    scope: Scope,
    window: Window,
    amount: Annotated[str, typer.Argument(help="US dollars, such as 2.50; 0 allows free models only.")],
    as_json: AsJson = False,
) -> None:
    """Set a cap, or replace the one of the same scope and window. It is never passed.

    A server that runs takes it up within a second. What was spent in the window before counts.
    """
    for parse, text in ((parse_scope, scope), (parse_window, window), (parse_amount, amount)):
        parse(text)  # before anything is opened
    state = asyncio.run(_set(settings_for_command(), scope, window, amount))
    if as_json:
        print_json({"scope": scope, "window": state.window.value, "amount": to_dollars(state.amount)})
        return
    out.print(f"{scope} may spend {dollars(state.amount)} in a {state.window}.", markup=False)
    if state.met_first is not None:
        out.print(f"A tighter cap wins as long as it has less room: {state.met_first}.", markup=False)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show each cap, how full it is and when it resets."""
    states = asyncio.run(_all(settings_for_command()))
    if as_json:
        print_json([_facts(state) for state in states])
    elif not states:
        out.print("No budget is set: whatever is asked is paid for. Set one: masterx budget set system day 5")
    else:
        _print(states)


@app.command("remove")
def remove(scope: Scope, window: Window) -> None:
    """Take a cap away."""
    span = parse_window(window)
    asyncio.run(_remove(settings_for_command(), scope, window))
    out.print(f"{scope} has no cap for the {span} any more.", markup=False)


async def _set(settings: Settings, scope: str, window: str, amount: str) -> BudgetState:
    async with _book(settings) as book:
        return await book.set(scope, window, amount)


async def _all(settings: Settings) -> Sequence[BudgetState]:
    async with _book(settings) as book:
        return await book.all()


async def _remove(settings: Settings, scope: str, window: str) -> None:
    async with _book(settings) as book:
        await book.remove(scope, window)


@asynccontextmanager
async def _book(settings: Settings) -> AsyncIterator[BudgetBook]:
    clock = SystemClock()
    store = await open_store(settings.store, clock)

    def known() -> set[str]:
        return {*ProviderRegistry(local_model=settings.local_model).providers, *vendors()}

    try:
        yield BudgetBook(store, clock, known)
    finally:
        await store.close()


def _facts(state: BudgetState) -> dict[str, object]:
    return {
        "scope": state.shown,
        "window": state.window.value,
        "amount": to_dollars(state.amount),
        "spent": to_dollars(state.spent),
        "reserved": to_dollars(state.reserved),
        "remaining": to_dollars(state.remaining),
        "resets_at": state.resets_at.isoformat().replace("+00:00", "Z"),
        "met_first": state.met_first,
    }


def _print(states: Sequence[BudgetState]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("scope", "window"):
        table.add_column(heading)
    for heading in ("cap", "spent", "held", "left", "resets (UTC)"):
        table.add_column(heading, justify="right")
    table.add_column("met first")
    for state in states:
        table.add_row(
            state.shown,
            state.window.value,
            *(dollars(amount) for amount in (state.amount, state.spent, state.reserved, state.remaining)),
            f"{state.resets_at:%Y-%m-%d %H:%M}",
            state.met_first or "",
        )
    out.print(table)
