"""`masterx key`: keys with which programs use the compatible API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.table import Table

from masterx.accounts.api_keys import ApiKeys
from masterx.cli.output import AsJson, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.records.api_keys import ALL_SCOPES, ApiKey, KeyScope
from masterx.settings import Settings
from masterx.store.opening import open_store

app = typer.Typer(help="Make, list and revoke keys for programs.", no_args_is_help=True)


@app.command("create")
def create(
    owner: Annotated[str, typer.Argument(metavar="USER", help="Address or id of whose limits and budgets hold.")],
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[
        list[KeyScope] | None, typer.Option(help="What it may ask; several times for several. All when left out.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="After so many days it ends; never when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once; only its hash is kept."""
    key, secret = asyncio.run(_create(settings_for_command(), owner, name, tuple(scope or ALL_SCOPES), days))
    if as_json:
        print_json({**_facts(key), "key": secret})
        return
    out.print(secret, markup=False)
    out.print("Keep it now: it is not shown again.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show each key: whose, for what, last used, and whether it still holds."""
    keys = asyncio.run(_all(settings_for_command()))
    if as_json:
        print_json([_facts(key) for key in keys])
    elif not keys:
        out.print("There is no key. Make one: masterx key create ada@example.org --name 'Open WebUI'")
    else:
        _print(keys)


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `masterx key list` shows it.")],
) -> None:
    """End a key. Servers that run refuse it within five seconds."""
    key = asyncio.run(_revoke(settings_for_command(), key_id))
    out.print(f"{key.name} ({key.hint}…) is refused from now on.", markup=False)


async def _create(
    settings: Settings, owner: str, name: str, scopes: Sequence[KeyScope], days: int | None
) -> tuple[ApiKey, str]:
    async with _keys(settings) as keys:
        return await keys.make(owner, name=name, scopes=scopes, days=days)


async def _all(settings: Settings) -> Sequence[ApiKey]:
    async with _keys(settings) as keys:
        return await keys.all()


async def _revoke(settings: Settings, key_id: str) -> ApiKey:
    async with _keys(settings) as keys:
        return await keys.revoke(key_id)


@asynccontextmanager
async def _keys(settings: Settings) -> AsyncIterator[ApiKeys]:
    clock = SystemClock()
    store = await open_store(settings.store, clock)
    try:
        yield ApiKeys(store, clock)
    finally:
        await store.close()


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "user_id": key.user_id,
        "name": key.name,
        "hint": key.hint,
        "scopes": [scope.value for scope in key.scopes],
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at and key.last_used_at.isoformat(),
        "expires_at": key.expires_at and key.expires_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def _print(keys: Sequence[ApiKey]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "begins", "user", "may ask", "last used (UTC)", "ends (UTC)"):
        table.add_column(heading)
    for key in keys:
        end = "revoked" if key.revoked_at else f"{key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "never"
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        table.add_row(key.id, key.name, key.hint, key.user_id, " ".join(key.scopes), used, end)
    out.print(table)
