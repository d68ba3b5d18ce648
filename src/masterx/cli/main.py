"""`masterx`: the command and its subcommands."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from masterx import __version__
from masterx.cli.commands import Commands, list_commands
from masterx.errors import MasterXError

EPILOG = "Settings come from MASTERX_* variables or a .env file in this directory; docs/settings.md lists them."

app = typer.Typer(
    name="masterx",
    cls=Commands,
    help="A self-hosted tutor that reads the mood, picks the model and remembers what you know.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
list_commands(app)

# Before anything imports numpy: its threads wait for more work by spinning, which on a machine with free cores took
# longer than all the rest of a turn. What we multiply is small.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"masterx {__version__}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before a command."""


def run() -> None:
    """Errors of ours are one readable sentence and exit status 1; anything else is a defect and shows itself."""
    try:
        app()
    except MasterXError as error:
        Console(stderr=True, highlight=False).print(f"[red]{error.message}[/red]", soft_wrap=True)
        sys.exit(1)
