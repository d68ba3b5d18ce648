"""`masterx health` and `masterx providers`: how it goes, from the database of this installation.

They read what the servers wrote and ask no model.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Any

from rich.table import Table

from masterx import __version__
from masterx.cli.output import AsJson, out, print_json, settings_for_command
from masterx.settings import Settings
from masterx.wiring import open_services

COLOURS = {"healthy": "green", "degraded": "yellow", "down": "red", "unknown": "red"}


def health(as_json: AsJson = False) -> None:
    """Database, disk, providers, alerts that are open. Exit status 1 when something is not healthy."""
    found = asyncio.run(_health(settings_for_command()))
    if as_json:
        print_json(found)
    else:
        for name, check in found["checks"].items():
            colour = COLOURS.get(check["status"], "dim")
            out.print(f"[{colour}]{check['status']:13}[/{colour}] [bold]{name}[/bold]  ", end="")
            out.print(", ".join(f"{key} {value}" for key, value in check.items() if key != "status"), markup=False)
        for alert in found["open_alerts"]:
            out.print(f"[yellow]alert[/yellow]         {alert['kind']} {alert['subject']}".rstrip())
    sys.exit(found["status"] != "healthy")


def providers(as_json: AsJson = False) -> None:
    """Every configured model: whether it can be asked, and how its last hour was."""
    found = asyncio.run(_providers(settings_for_command()))
    if as_json:
        print_json(found)
        return
    table = Table("provider", "model", "status", "last hour", "failed", "average", "p95", "breaker")
    for one in found:
        good = one["problem"] is None
        table.add_row(
            one["name"],
            one["model_name"],
            str(one["status"]) if good else f"{one['status']}: {one['problem']}",
            str(one["requests_last_hour"]),
            str(one["errors_last_hour"]),
            _milliseconds(one["avg_response_time_ms"]),
            _milliseconds(one["p95_response_time_ms"]),
            str(one["circuit_breaker_state"]),
        )
    out.print(table)


async def _health(settings: Settings) -> dict[str, Any]:
    async with open_services(settings) as services:
        report = await services.health.report()
        checks = {name: dict(check) for name, check in report.checks.items() if name != "jobs"}
        good = all(check["status"] in {"healthy", "not installed"} for check in checks.values())
        return {
            "status": "healthy" if good else "degraded",
            "version": __version__,
            "checks": checks,
            "open_alerts": [asdict(alert) for alert in await services.store.open_alerts()],
        }


async def _providers(settings: Settings) -> list[dict[str, Any]]:
    async with open_services(settings) as services:
        reports = {report.snapshot.provider: report for report in await services.health.providers()}
        found = []
        for name, entry in services.registry.providers.items():
            report = reports.get(name)
            snapshot = None if report is None else report.snapshot
            found.append(
                {
                    "name": name,
                    "model_name": entry.model_name,
                    "status": entry.status if snapshot is None else snapshot.status.value,
                    "problem": entry.problem,
                    "requests_last_hour": 0 if snapshot is None else snapshot.requests_last_hour,
                    "errors_last_hour": 0 if snapshot is None else snapshot.errors_last_hour,
                    "avg_response_time_ms": None if snapshot is None else snapshot.avg_response_time_ms,
                    "p95_response_time_ms": None if report is None else report.p95_response_time_ms,
                    "last_success": None if snapshot is None else snapshot.last_success,
                    "last_failure": None if snapshot is None else snapshot.last_failure,
                    "circuit_breaker_state": services.breakers.state(name).value,
                }
            )
        return found


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} ms"
