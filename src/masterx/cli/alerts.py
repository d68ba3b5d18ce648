"""`masterx alerts`: whether alerts arrive where they are to go."""

from __future__ import annotations

import asyncio
import sys

import typer

from masterx.alerts.delivery import PROBLEMS
from masterx.alerts.trial import AlertTrial
from masterx.cli.output import out, settings_for_command
from masterx.clock import SystemClock
from masterx.wiring import open_sender

app = typer.Typer(help="See whether alerts arrive.", no_args_is_help=True)


@app.callback()
def alerts() -> None:
    """Options before a command."""


@app.command("test")
def test() -> None:
    """Send a message to each address in MASTERX_ALERT_URLS. Exit status 1 when one did not take it."""
    settings = settings_for_command()
    sent = asyncio.run(AlertTrial(SystemClock(), open_sender(settings.alerts)).send())
    for one in sent:
        said = "took it" if one.problem is None else PROBLEMS[one.problem]
        out.print(f"{one.place}. {one.service}: {said}", markup=False)
    sys.exit(any(one.problem for one in sent))
