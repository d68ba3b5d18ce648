"""The vendors in `catalog.toml`, read once and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter

from masterx.providers.chat_completions import MaxTokensField

DIALECTS = frozenset({"openai", "anthropic", "gemini"})
"""What MasterX can speak to a server, as `<NAME>_DIALECT` spells it."""


class Vendor(BaseModel):
    """One table of the catalogue; its comment says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    base_url: str
    dialect: str = "openai"
    openai_base_url: str | None = None
    price_id: str | None = None
    keys_url: str | None = None
    local: bool = False
    context_tokens: int = 8_192
    max_tokens: MaxTokensField = "max_tokens"
    stream_usage: bool = True

    def address(self, dialect: str) -> str | None:
        """The base URL where it speaks that dialect; None where the catalogue knows of none."""
        if dialect == self.dialect:
            return self.base_url
        return self.openai_base_url if dialect == "openai" else None


@cache
def vendors() -> Mapping[str, Vendor]:
    """By name, in the order of the file."""
    text = files("masterx.providers").joinpath("catalog.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Vendor]).validate_python(tomllib.loads(text))
