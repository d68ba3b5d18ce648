"""The operator's own prices: a TOML file whose rows say where they come from and since when they hold."""

from __future__ import annotations

import datetime
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from masterx.errors import ConfigurationError
from masterx.records.usage import Usage

PER_MILLION = 1_000_000

Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(lambda name: name.strip().lower())]


class PriceRow(BaseModel):
    """Dollars for a million tokens, from a day (UTC) on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Name
    """As MasterX calls it: `openai` for OPENAI_API_KEY."""
    model: Name
    input: Dollars
    output: Dollars
    """For reasoning tokens too, which are part of the output."""
    cached_input: Dollars | None = None
    """Absent: as much as other input."""
    source: Annotated[str, Field(min_length=1)]
    """Where the price is published."""
    date: datetime.date
    """When somebody last looked there."""
    valid_from: datetime.date
    """Calls before that day are priced by an earlier row, or by the table."""

    def cost(self, usage: Usage) -> Decimal:
        """In dollars."""
        cached_price = self.input if self.cached_input is None else self.cached_input
        cached = min(usage.cached_input_tokens, usage.input_tokens)
        return (
            (usage.input_tokens - cached) * self.input + cached * cached_price + usage.output_tokens * self.output
        ) / PER_MILLION


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: tuple[PriceRow, ...] = ()


def load_price_rows(path: Path) -> tuple[PriceRow, ...]:
    """Raises `ConfigurationError` that names the row at fault, counted from 1."""
    try:
        # Decimals from the start: 0.1 is to be a tenth.
        rows = _PriceFile.model_validate(tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)).price
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"MASTERX_PRICES_FILE: {path} cannot be read.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"MASTERX_PRICES_FILE: {path} is no TOML: {error}.") from error
    except ValidationError as error:
        faults = (
            f"{_place(fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_context=False, include_url=False)
        )
        raise ConfigurationError(f"MASTERX_PRICES_FILE: {path} cannot be used:\n  " + "\n  ".join(faults)) from error
    seen: set[tuple[str, str, datetime.date]] = set()
    for row in rows:
        key = (row.provider, row.model, row.valid_from)
        if key in seen:
            raise ConfigurationError(
                f"MASTERX_PRICES_FILE: {path} has two rows for {row.provider} {row.model} from {row.valid_from}."
            )
        seen.add(key)
    return rows


def _place(location: tuple[int | str, ...]) -> str:
    match location:
        case ("price", int(number), *rest):
            return " ".join([f"row {number + 1}", *map(str, rest)])
        case _:
            return ".".join(map(str, location))
