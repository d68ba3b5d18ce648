"""What every command has in common: settings, quiet logs, JSON for programs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console

from masterx.logging_setup import set_up_logging
from masterx.records.money import NANOS_PER_DOLLAR, NanoDollars
from masterx.settings import LoggingSettings, Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def settings_for_command() -> Settings:
    """Settings, with the log turned down to errors: a person reads this terminal."""
    settings = load_settings()
    set_up_logging(LoggingSettings(log_level="ERROR", log_format=settings.logging.log_format))
    return settings


def dollars(amount: NanoDollars) -> str:
    """Whole cents, or two digits of a small amount: `$12.50`, `$0.00034`."""
    value = amount / NANOS_PER_DOLLAR
    return f"${value:,.2f}" if amount == 0 or value >= 0.1 else f"${Decimal(f'{value:.2g}'):f}"


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
