"""`masterx init`: create or migrate the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from masterx.accounts.signing_key import load_signing_key
from masterx.cli.output import AsJson, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.settings import Settings
from masterx.store.opening import initialise
from masterx.store.schema import SCHEMA_VERSION


def init(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look, and say what would be done. Makes nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create the database and the signing key, or bring them up to date. Safe to run again, and from two hosts."""
    settings = settings_for_command()
    changes = asyncio.run(_init(settings, dry_run=dry_run))
    if as_json:
        facts: dict[str, object] = {"status": "looked at" if dry_run else "ready", "schema_version": SCHEMA_VERSION}
        print_json(facts | ({"changes": list(changes)} if dry_run else {}))
        return
    for change in changes:
        out.print(f"would {change}" if dry_run else f"done: {change}", markup=False, highlight=False)
    if not dry_run:
        out.print(f"The database is ready, schema version {SCHEMA_VERSION}.")
    elif not changes:
        out.print(f"There is nothing to do: the database is at schema version {SCHEMA_VERSION}.")


async def _init(settings: Settings, *, dry_run: bool) -> Sequence[str]:
    changes = await initialise(settings.store, SystemClock(), dry_run=dry_run)
    if not dry_run:
        load_signing_key(settings.accounts, settings.store.data_dir)
    return changes
