"""`masterx providers` and `masterx reload`: what each provider is and does, its switches, who answers what, and the
exchange of keys.

They read and write the database of this installation: a server that runs takes it up within two seconds, in every
worker. None of them but `probe` asks a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from masterx.cli.output import AsJson, dollars, out, print_json, settings_for_command
from masterx.records.money import to_dollars
from masterx.records.readings import CATEGORIES
from masterx.records.routing_rules import RoutingRule
from masterx.routing.probing import Probe
from masterx.routing.provider_table import ProviderRow
from masterx.settings import Settings
from masterx.wiring import Services, open_services

Name = Annotated[str, typer.Argument(help="As in <NAME>_API_KEY, such as groq.")]

Category = Annotated[str, typer.Argument(help=f"One of {', '.join(CATEGORIES)}.")]

app = typer.Typer(help="See every configured model, and switch it off and on.")


@app.callback(invoke_without_command=True)
def providers(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every configured model: whether it can be asked, how its last hour was, and what it cost today."""
    if context.invoked_subcommand is None:
        _list(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The same."""
    _list(as_json)


@app.command("disable")
def disable(name: Name) -> None:
    """Call it no more. Answers under way are finished."""
    asyncio.run(_switch(settings_for_command(), lambda services: services.switches.disable(name)))
    out.print(f"{name} is disabled; every worker knows within two seconds.", markup=False)


@app.command("enable")
def enable(name: Name) -> None:
    """Let it be called again."""
    asyncio.run(_switch(settings_for_command(), lambda services: services.switches.enable(name)))
    out.print(f"{name} is enabled; every worker knows within two seconds.", markup=False)


@app.command("reset")
def reset(name: Name) -> None:
    """Close its breaker: for whoever knows that it is well again."""
    asyncio.run(_switch(settings_for_command(), lambda services: services.switches.reset(name)))
    out.print(f"The breaker of {name} is closed; every worker knows within two seconds.", markup=False)


@app.command("pin")
def pin(name: Name, category: Category) -> None:
    """Ask it first for everything in a category, in the place of whoever was pinned there."""
    asyncio.run(_switch(settings_for_command(), lambda services: services.routing_rules.pin(category, name)))
    out.print(f"{name} is asked first for {category}; every worker knows within two seconds.", markup=False)


@app.command("forbid")
def forbid(name: Name, category: Category) -> None:
    """Do not ask it in a category."""
    asyncio.run(_switch(settings_for_command(), lambda services: services.routing_rules.forbid(category, name)))
    out.print(f"{name} is not asked for {category}; every worker knows within two seconds.", markup=False)


@app.command("unpin")
def unpin(name: Name, category: Category) -> None:
    """Take a pin or a ban away: scores decide again."""
    if not asyncio.run(_lift(settings_for_command(), name, category)):
        out.print(f"{name} was neither pinned nor forbidden for {category}.", markup=False)
        raise typer.Exit(1)
    out.print(f"Scores decide about {name} for {category} again; every worker knows within two seconds.", markup=False)


@app.command("rules")
def rules(as_json: AsJson = False) -> None:
    """Who is pinned or forbidden where."""
    found = asyncio.run(_rules(settings_for_command()))
    if as_json:
        print_json([asdict(rule) for rule in found])
        return
    for rule in found:
        out.print(
            f"{rule.category}: {rule.provider} {rule.kind} since {rule.changed_at:%Y-%m-%d %H:%M} UTC", markup=False
        )
    if not found:
        out.print("Nobody is pinned or forbidden: scores decide.")


@app.command("probe")
def probe(name: Name, as_json: AsJson = False) -> None:
    """Ask it for one word now; this costs a fraction of a cent. Exit status 1 when it does not answer."""
    found = asyncio.run(_probe(settings_for_command(), name))
    if as_json:
        print_json(asdict(found))
    elif found.answered:
        out.print(f"{name} answered in {found.duration_ms} ms.", markup=False)
    else:
        out.print(f"{name} did not answer: {found.code}: {found.message}", markup=False)
    if not found.answered:
        raise typer.Exit(1)


def reload(as_json: AsJson = False) -> None:
    """Have a server that runs read keys, models and addresses of providers anew, without a restart.

    They are to be in `.env`, in the directory that the server was started in: what is in the environment of its
    process cannot be changed from outside. Answers under way are finished with the former key.
    """
    ready = asyncio.run(_reload(settings_for_command()))
    if as_json:
        print_json({"ready": ready})
    else:
        names = ", ".join(ready) or "none but the demo model"
        out.print(f"Every worker reads the keys anew within two seconds. From here, ready are: {names}.", markup=False)


def _list(as_json: bool) -> None:
    rows = asyncio.run(_rows(settings_for_command()))
    if as_json:
        print_json([_facts(row) for row in rows])
    else:
        _print(rows)


async def _rows(settings: Settings) -> Sequence[ProviderRow]:
    async with open_services(settings) as services:
        return await services.provider_table.rows()


async def _switch(settings: Settings, act: Callable[[Services], Awaitable[object]]) -> None:
    async with open_services(settings) as services:
        await act(services)


async def _lift(settings: Settings, name: str, category: str) -> bool:
    async with open_services(settings) as services:
        return await services.routing_rules.lift(category, name)


async def _rules(settings: Settings) -> Sequence[RoutingRule]:
    async with open_services(settings) as services:
        return services.routing_rules.all()


async def _probe(settings: Settings, name: str) -> Probe:
    async with open_services(settings) as services:
        return await services.prober.probe(name)


async def _reload(settings: Settings) -> list[str]:
    async with open_services(settings) as services:
        await services.reloads.request()
        return [provider.name for provider in services.registry.ready()]


def _facts(row: ProviderRow) -> dict[str, object]:
    """As `masterx providers --json` always called them, and what came since."""
    return {
        "name": row.name,
        "model_name": row.model_name,
        "status": row.configured if row.status is None else row.status.value,
        "problem": row.problem,
        "enabled": row.enabled,
        "requests_last_hour": row.requests_last_hour,
        "errors_last_hour": row.errors_last_hour,
        "avg_response_time_ms": row.avg_ms,
        "p95_response_time_ms": row.p95_ms,
        "last_success": row.last_success,
        "last_failure": row.last_failure,
        "circuit_breaker_state": row.breaker.value,
        "spent_this_hour": to_dollars(row.spent_hour),
        "spent_today": to_dollars(row.spent_today),
        "key_age_days": row.key_age_days,
        "key_problem": row.key_problem,
    }


def _print(rows: Sequence[ProviderRow]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("provider", "model", "state", "last hour", "failed", "avg, p95", "today", "breaker", "key"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        state = row.configured if row.status is None else row.status.value
        table.add_row(
            row.name,
            row.model_name,
            f"{state}: {row.problem}" if row.problem else state if row.enabled else f"disabled, {state}",
            str(row.requests_last_hour),
            str(row.errors_last_hour),
            "" if row.avg_ms is None else f"{row.avg_ms:.0f}, {row.p95_ms} ms",
            dollars(row.spent_today),
            row.breaker.value,
            "" if row.key_age_days is None else f"{row.key_age_days} d",
        )
    out.print(table)
    for row in rows:
        if row.key_problem is not None:
            out.print(f"{row.name} {row.key_problem}", markup=False)
