"""`masterx`: the command and its subcommands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from masterx import __version__
from masterx.cli import (
    alerts,
    backup,
    benchmark,
    benchmark_runs,
    budget,
    chat,
    costs,
    doctor,
    encoder,
    init,
    items,
    key,
    learner,
    operations,
    prices,
    providers,
    route,
    routing,
    serve,
    user,
)
from masterx.errors import MasterXError

EPILOG = "Settings come from MASTERX_* variables or a .env file in this directory; docs/settings.md lists them."

app = typer.Typer(
    name="masterx",
    help="A self-hosted tutor that reads the mood, picks the model and remembers what you know.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("init")(init.init)
app.command("chat")(chat.chat)
app.command("doctor")(doctor.doctor)
app.command("health")(operations.health)
app.command("reload")(providers.reload)
app.command("route")(route.route)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("migrate")(backup.migrate)
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.add_typer(items.app, name="items")
app.add_typer(alerts.app, name="alerts")
benchmark.app.command("run")(benchmark_runs.run)
benchmark.app.command("show")(benchmark_runs.show)
benchmark.app.command("schedule")(benchmark_runs.schedule)
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(budget.app, name="budget")
app.add_typer(costs.app, name="costs")
app.add_typer(prices.app, name="prices")
app.add_typer(encoder.app, name="encoder")
app.add_typer(providers.app, name="providers")
app.add_typer(learner.app, name="learner")
app.add_typer(routing.app, name="routing")


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
