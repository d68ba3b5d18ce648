"""`masterx init`: create or migrate the database."""

from __future__ import annotations

import asyncio

from masterx.cli.output import AsJson, out, print_json, settings_for_command
from masterx.settings import Settings
from masterx.wiring import open_services


def init(as_json: AsJson = False) -> None:
    """Create the database and the signing key, or bring them up to date. Safe to run again."""
    settings = settings_for_command()
    facts = asyncio.run(_init(settings))
    if as_json:
        print_json(facts)
    else:
        out.print(f"The database is ready, schema version {facts['schema_version']}.")


async def _init(settings: Settings) -> dict[str, object]:
    async with open_services(settings) as services:
        return {"status": "ready", "schema_version": await services.store.schema_version()}
