"""The commands of `masterx`; the module of each is imported once it is called, as all of them take seconds."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup


class Place(NamedTuple):
    module: str
    """In this package."""
    attribute: str
    """A function, or a `typer.Typer` of several."""
    line: str
    """What `masterx --help` says of it; its own help begins with the same."""


COMMANDS: Final = {
    "serve": Place("serve", "serve", "Start the tutor on one address until Ctrl-C."),
    "init": Place(
        "init",
        "init",
        "Create the database and the signing key, or bring them up to date. Safe to run again, and from two hosts.",
    ),
    "chat": Place("chat", "chat", "Ask the tutor from the terminal. Ctrl-C stops an answer; what was written is kept."),
    "doctor": Place("doctor", "doctor", "Check this installation: settings, database, models. Keys are never printed."),
    "health": Place(
        "operations",
        "health",
        "Database, disk, providers, alerts that are open. Exit status 1 when something is not healthy.",
    ),
    "reload": Place(
        "providers",
        "reload",
        "Have a server that runs read keys, models and addresses of providers anew, without a restart.",
    ),
    "route": Place(
        "route",
        "route",
        "Show who would be asked to answer a message, with scores, prices and reasons. No model is called.",
    ),
    "backup": Place(
        "backup", "backup", "Copy everything that is stored to one file, as of one moment, while servers go on."
    ),
    "restore": Place(
        "backup", "restore", "Fill the database that the settings name from a backup of either kind of store."
    ),
    "migrate": Place(
        "backup",
        "migrate",
        "Copy everything from one store to another, such as from SQLite to MongoDB, then compare row by row.",
    ),
    "user": Place("user", "app", "Make and find accounts."),
    "key": Place("key", "app", "Make, list and revoke keys for programs."),
    "items": Place("items", "app", "Check, import, count and grade practice items."),
    "alerts": Place("alerts", "app", "See whether alerts arrive."),
    "benchmark": Place("benchmark", "app", "Check suites of benchmark tests, run them, and show what came out."),
    "budget": Place("budget", "app", "Cap what may be spent."),
    "costs": Place("costs", "app", "See what was spent, and check the books."),
    "prices": Place("prices", "app", "Check what the models cost."),
    "encoder": Place("encoder", "app", "Read texts with the built-in encoder; judge and time it."),
    "providers": Place("providers", "app", "See every configured model, and switch it off and on."),
    "learner": Place("learner", "app", "Check the learner model."),
    "routing": Place("routing", "app", "Check the router."),
}


class Commands(TyperGroup):
    """Lists `COMMANDS` by their lines, and turns to the real one when it is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else loaded(name), rest


def list_commands(app: typer.Typer) -> None:
    for name, place in COMMANDS.items():
        app.command(name, help=place.line)(_stand_in)


def _stand_in() -> None:
    """Never called: `Commands` resolves to the real one."""


def loaded(name: str) -> Any:
    """The command itself, of whatever class typer makes of it. Imports its module."""
    place = COMMANDS[name]
    found = getattr(import_module(f"masterx.cli.{place.module}"), place.attribute)
    alone = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return typer.main.get_group(alone).commands[name]
