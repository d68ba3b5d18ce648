"""Which models the operator's variables ask for. Pure: names and values in, findings out.

A provider is asked for by `<NAME>_MODEL_NAME` or, when the catalogue knows the name, by `<NAME>_API_KEY` alone; a
lone key of an unknown name belongs to some other program. `MASTERX_*` are this program's own settings, and `LOCAL_*`
would take the name of the built-in model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import SecretStr

from masterx.providers.base import ProviderInfo
from masterx.providers.catalog import DIALECTS, Vendor
from masterx.providers.remote import Connection

KEY_LENGTH = 20
"""Shorter keys are reported: no vendor hands any out."""

_VARIABLE = re.compile(r"([A-Z][A-Z0-9_]*?)_(API_KEY|MODEL_NAME)")
_RESERVED = re.compile(r"(MASTERX|LOCAL)(_|$)")
_TEXT_LIMIT = 500


class ProviderStatus(StrEnum):
    READY = "ready"
    NEEDS_API_KEY = "needs_api_key"
    NEEDS_MODEL_NAME = "needs_model_name"
    NEEDS_BASE_URL = "needs_base_url"
    INVALID = "invalid"
    """A value that cannot be used; the problem names the variable."""
    UNAVAILABLE = "unavailable"
    """The built-in model without its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredProvider:
    """What the operator asked for, callable or not. Holds no key."""

    info: ProviderInfo
    status: ProviderStatus
    problem: str | None = None
    """For the operator: what to set or change. None when ready."""

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def model_name(self) -> str:
        """Empty when the operator named none."""
        return self.info.model_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    entry: ConfiguredProvider
    connection: Connection | None
    """None unless ready."""


def discover(variables: Mapping[str, str], catalog: Mapping[str, Vendor]) -> dict[str, Finding]:
    """Everything asked for, by provider name in alphabetical order."""
    asked: set[str] = set()
    for variable, value in variables.items():
        match = _VARIABLE.fullmatch(variable)
        if match is None or not value.strip() or _RESERVED.match(match[1]):
            continue
        name = match[1].lower()
        if match[2] == "MODEL_NAME" or name in catalog:
            asked.add(name)
    return {name: _find(name, variables, catalog.get(name)) for name in sorted(asked)}


def _find(name: str, variables: Mapping[str, str], vendor: Vendor | None) -> Finding:
    prefix = name.upper()

    def value(suffix: str) -> str:
        return variables.get(f"{prefix}_{suffix}", "").strip()

    key, model, base_url = value("API_KEY"), value("MODEL_NAME"), value("BASE_URL")
    dialect = value("DIALECT").lower() or (vendor.dialect if vendor else "openai")
    base_url = base_url or (vendor and vendor.address(dialect)) or ""
    info = ProviderInfo(
        name=name,
        model_name=model if _is_plain(model) else "",
        label=vendor.label if vendor else name,
        dialect=dialect if dialect in DIALECTS else "unknown",
        price_id=vendor.price_id if vendor else None,
        free=vendor.local if vendor else False,
        context_tokens=vendor.context_tokens if vendor else 8_192,
    )
    fault = _fault(prefix, key, model, base_url, dialect, keyless=vendor is not None and vendor.local)
    if fault is not None:
        status, problem = fault
        return Finding(entry=ConfiguredProvider(info=info, status=status, problem=problem), connection=None)
    return Finding(
        entry=ConfiguredProvider(info=info, status=ProviderStatus.READY),
        connection=Connection(
            base_url=base_url,
            key=SecretStr(key or "none"),
            max_tokens_field=vendor.max_tokens if vendor else "max_tokens",
            stream_usage=vendor.stream_usage if vendor else True,
        ),
    )


def _fault(
    prefix: str, key: str, model: str, base_url: str, dialect: str, *, keyless: bool
) -> tuple[ProviderStatus, str] | None:
    """The first thing that is wrong, as a status and a sentence that names the variable and never its value."""
    if not model:
        return ProviderStatus.NEEDS_MODEL_NAME, f"needs {prefix}_MODEL_NAME"
    if not key and not keyless:
        return ProviderStatus.NEEDS_API_KEY, f"needs {prefix}_API_KEY"
    if not base_url and dialect in DIALECTS:
        return ProviderStatus.NEEDS_BASE_URL, f"needs {prefix}_BASE_URL"
    problem = None
    if dialect not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        problem = f"{prefix}_DIALECT names a dialect that this version does not speak; it speaks: {known}"
    elif not _is_plain(key) or " " in key or not key.isascii():
        problem = f"{prefix}_API_KEY has characters that no key has"
    elif not _is_plain(model):
        problem = f"{prefix}_MODEL_NAME is too long or has control characters"
    elif (reason := base_url_fault(base_url)) is not None:
        problem = f"{prefix}_BASE_URL {reason}"
    return (ProviderStatus.INVALID, problem) if problem is not None else None


def base_url_fault(url: str) -> str | None:
    """Why it cannot be a base URL, or None. Keys and questions are sent there, so nothing is guessed."""
    if not _is_plain(url) or " " in url or not url.isascii():
        return "has characters that no address has"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    faults = {
        "must begin with http:// or https://": parts.scheme not in {"http", "https"},
        "names no host": not host,
        "must not carry a name or a password": parts.username is not None or parts.password is not None,
        "must not carry a query or a fragment": bool(parts.query or parts.fragment),
    }
    return next((reason for reason, holds in faults.items() if holds), None)


def _is_plain(text: str) -> bool:
    return len(text) <= _TEXT_LIMIT and text.isprintable()
