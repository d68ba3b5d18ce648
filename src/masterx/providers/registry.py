"""Which models can answer: found in the operator's variables, each client built once and closed at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import structlog
from dotenv import dotenv_values
from pydantic import SecretStr

from masterx.errors import ConfigurationError, ProviderError
from masterx.providers.anthropic import Anthropic
from masterx.providers.base import Provider, ProviderInfo
from masterx.providers.catalog import Vendor, vendors
from masterx.providers.discovery import ConfiguredProvider, Finding, ProviderStatus, discover
from masterx.providers.gemini import Gemini
from masterx.providers.local import LOCAL, LocalModel, local_model_entry
from masterx.providers.local_servers import PROBE_SECONDS, find_local_servers
from masterx.providers.openai_compatible import OpenAICompatible
from masterx.providers.remote import Connection
from masterx.settings import ENV_FILE, LocalModelSettings

logger = structlog.get_logger()

ORDER_VARIABLE = "MASTERX_PROVIDER_ORDER"


class WarmProvider(Provider, Protocol):
    async def warm_up(self) -> None: ...

    async def retire(self) -> bool:
        """Close as soon as no call runs on it; whether that is now."""
        ...


SPEAKERS: Mapping[str, Callable[[ProviderInfo, Connection], WarmProvider]] = {
    "openai": OpenAICompatible,
    "anthropic": Anthropic,
    "gemini": Gemini,
}
"""Who speaks which dialect of `catalog.DIALECTS`."""


class ProviderRegistry:
    """`providers` lists what was asked for, `ready()` what can be called.

    Without arguments it reads the process environment over `.env` in the working directory, and the settings of the
    built-in model from the same places.

    The built-in model stands in only while no other provider is configured, never for one that fails: it makes
    things up, and a learner is better served by "no model could answer, try again" than by a wrong lesson.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        local_model: LocalModelSettings | None = None,
        catalog: Mapping[str, Vendor] | None = None,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        """Raises `ConfigurationError` when `.env` cannot be read."""
        self._probe_seconds = probe_seconds
        self._read = _reader(environ)
        env_file = ENV_FILE if environ is None else None
        self._local_settings = local_model or LocalModelSettings(_env_file=env_file)
        self._catalog = vendors() if catalog is None else catalog
        self._found: dict[str, str] = {}
        self._clients: dict[str, WarmProvider] = {}
        self._retired: list[WarmProvider] = []
        self._findings: dict[str, Finding] = {}
        self.providers: Mapping[str, ConfiguredProvider] = {}
        self.refresh()

    def __repr__(self) -> str:
        states = ", ".join(f"{entry.name}: {entry.status}" for entry in self.providers.values())
        return f"ProviderRegistry({states})"

    async def look_again(self) -> tuple[str, ...]:
        """`refresh`, after looking for model servers on this machine; takes a third of a second at most.

        Raises `ConfigurationError` as `refresh` does.
        """
        if self._local_settings.find_local_servers:
            self._found = await find_local_servers(self._catalog, self._probe_seconds)
        return self.refresh()

    async def reload(self) -> tuple[str, ...]:
        """`look_again` while the server runs: new clients are made ready, old ones closed when their answers are over.

        Raises `ConfigurationError` as `refresh` does; everything is then as it was.
        """
        changed = await self.look_again()
        self._retired = [client for client in self._retired if not await client.retire()]
        await self.warm_up()
        return changed

    def refresh(self) -> tuple[str, ...]:
        """Read the variables again, and say which providers are new, changed or gone.

        What did not change keeps its connections; answers that run are not cut off.
        Raises `ConfigurationError` when `.env` cannot be read.
        """
        variables = self._read()
        found = {name: model for name, model in self._found.items() if not _is_configured(name, variables)}
        named = {f"{name.upper()}_MODEL_NAME": model for name, model in found.items()}
        findings = discover({**variables, **named}, self._catalog)
        former = self._findings
        changed = tuple(name for name in sorted({*former, *findings}) if findings.get(name) != former.get(name))
        for name in changed:
            if name in self._clients:
                self._retired.append(self._clients.pop(name))
        self._findings = findings
        entries = {name: finding.entry for name, finding in findings.items()}
        if self._local_settings.local_model:
            entries[LOCAL] = local_model_entry(self._local_settings)
        order = variables.get(ORDER_VARIABLE, "")
        self.providers = MappingProxyType(_ordered(entries, order, last=frozenset(found)))
        return changed

    def ready(self) -> tuple[Provider, ...]:
        """What can be called, in the order of MASTERX_PROVIDER_ORDER (names by comma), the rest by name.

        A server that was found without being configured comes after those that the operator asked for.
        The built-in model is there only when nothing else is.
        """
        return self._ready()

    async def warm_up(self) -> None:
        """Do the slow first steps of every ready provider (imports, certificates, loading the built-in model).

        One that fails is logged; its first call will say what is wrong to whoever asked.
        """
        for provider in self._ready():
            try:
                await provider.warm_up()
            except ProviderError as error:
                logger.warning("provider_not_warmed_up", provider=provider.name, error=error.code, **error.details)

    def has_real_model(self) -> bool:
        """Whether anything but the built-in demo model can be called."""
        return any(entry.status is ProviderStatus.READY and not entry.info.demo for entry in self.providers.values())

    def keys(self) -> Mapping[str, SecretStr]:
        """Of the providers that can be called and need one."""
        return {
            name: finding.connection.key
            for name, finding in self._findings.items()
            if finding.connection is not None and not finding.entry.info.free
        }

    async def aclose(self) -> None:
        """Close every client. Safe to call twice."""
        closing = [*self._clients.values(), *self._retired]
        self._clients.clear()
        self._retired.clear()
        for provider in closing:
            await provider.aclose()

    def _ready(self) -> tuple[WarmProvider, ...]:
        names = [name for name, entry in self.providers.items() if entry.status is ProviderStatus.READY]
        others = [name for name in names if name != LOCAL]
        return tuple(self._client(name) for name in others or names)

    def _client(self, name: str) -> WarmProvider:
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self._build(name)
        return client

    def _build(self, name: str) -> WarmProvider:
        entry = self.providers[name]
        if name == LOCAL:
            return LocalModel(entry.info, self._local_settings)
        connection = self._findings[name].connection
        if connection is None:
            raise ConfigurationError(f"{name} is not ready: {entry.problem}")
        return SPEAKERS[entry.info.dialect](entry.info, connection)


def _reader(environ: Mapping[str, str] | None) -> Callable[[], Mapping[str, str]]:
    """Reads the variables anew at each call. A closure, because they hold keys and attributes get printed."""

    def read() -> Mapping[str, str]:
        return {**_env_file(ENV_FILE), **os.environ} if environ is None else environ

    return read


def _env_file(path: Path) -> dict[str, str]:
    """Values are taken as they are written: a key may hold a dollar sign."""
    try:
        values = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read.") from error
    return {name: value for name, value in values.items() if value is not None}


def _is_configured(name: str, variables: Mapping[str, str]) -> bool:
    """Whether the operator said which model of it to use, or that it is somewhere else."""
    return any(variables.get(f"{name.upper()}_{suffix}", "").strip() for suffix in ("MODEL_NAME", "BASE_URL"))


def _ordered(
    entries: dict[str, ConfiguredProvider], order: str, *, last: frozenset[str]
) -> dict[str, ConfiguredProvider]:
    wanted = [name.strip().lower() for name in order.split(",")]
    rank = {name: place for place, name in reversed(list(enumerate(wanted)))}

    def place(name: str) -> tuple[int, bool, str]:
        return rank.get(name, len(wanted)), name in last, name

    return {name: entries[name] for name in sorted(entries, key=place)}
