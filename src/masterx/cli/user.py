"""`masterx user`: accounts from the terminal."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from masterx.cli.output import AsJson, out, print_json, settings_for_command
from masterx.settings import Settings
from masterx.wiring import open_services

app = typer.Typer(help="Make and find accounts.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Make and find accounts."""


@app.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Option(help="What they sign in with.", prompt=True)],
    name: Annotated[str, typer.Option(help="What they are called.", prompt=True)],
    password: Annotated[
        str,
        typer.Option(
            help="10 characters or more; asked for when left out, which keeps it out of the shell's history.",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="MASTERX_ADMIN_PASSWORD",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Make an administrator who signs in with a password."""
    settings = settings_for_command()
    user = asyncio.run(_create_admin(settings, email, name, password))
    if as_json:
        print_json(user)
    else:
        out.print(f"{user['name']} is an administrator now and signs in as {user['email']}.", markup=False)


async def _create_admin(settings: Settings, email: str, name: str, password: str) -> dict[str, object]:
    async with open_services(settings) as services:
        user = await services.accounts.create_admin(email=email, name=name, password=password)
        return {"id": user.id, "email": user.email, "name": user.name, "role": user.role.value}
