"""`masterx health`: how it goes, from the database of this installation. It asks no model."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Any

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


async def _health(settings: Settings) -> dict[str, Any]:
    async with open_services(settings) as services:
        await services.encoder.settled()
        report = await services.health.report()
        checks = {name: dict(check) for name, check in report.checks.items() if name != "jobs"}
        good = all(check["status"] in {"healthy", "not installed"} for check in checks.values())
        return {
            "status": "healthy" if good else "degraded",
            "version": __version__,
            "checks": checks,
            "open_alerts": [asdict(alert) for alert in await services.store.open_alerts()],
        }
