"""`masterx prices`: what the configured models cost, and where that is known from."""

from __future__ import annotations

from typing import Annotated

import typer

from masterx.cli.output import AsJson, dollars, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.costs.price_rows import load_price_rows
from masterx.costs.price_table import PriceFinding, check_price, table_version
from masterx.costs.prices import Prices
from masterx.providers.registry import ProviderRegistry
from masterx.records.money import from_dollars
from masterx.settings import Settings

app = typer.Typer(help="Check what the models cost.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Check what the models cost."""


@app.command("check")
def check(
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a price is stale or missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the configured models: which are priced, by what and as of when; which prices are stale or missing."""
    settings = settings_for_command()
    findings = _findings(settings)
    if as_json:
        print_json({"table": table_version(), "models": [finding.facts() for finding in findings]})
    else:
        _print(settings, findings)
    if strict and any(finding.status in {"stale", "unpriced"} for finding in findings):
        raise typer.Exit(1)


def _findings(settings: Settings) -> list[PriceFinding]:
    path = settings.costs.prices_file
    prices = Prices(() if path is None else load_price_rows(path))
    now = SystemClock().now()
    registry = ProviderRegistry(local_model=settings.local_model)
    return [
        check_price(prices, entry.name, entry.model_name or "", entry.info.price_id, free=entry.info.free, now=now)
        for entry in registry.providers.values()
    ]


def _print(settings: Settings, findings: list[PriceFinding]) -> None:
    out.print(f"Built-in table: {table_version()}", markup=False)
    for finding in findings:
        out.print(f"{finding.status:10} {finding.provider} {finding.model}: {finding.says}", markup=False)
    if any(finding.status == "unpriced" for finding in findings):
        ceiling = dollars(from_dollars(settings.costs.unpriced_call_ceiling))
        out.print(
            f"A call without a known price counts with {ceiling} against budgets (MASTERX_UNPRICED_CALL_CEILING). "
            "Add its price to the file that MASTERX_PRICES_FILE names; docs/costs.md shows how.",
            markup=False,
        )
