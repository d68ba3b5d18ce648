"""`masterx doctor`: what is set up, what is missing, what to do about it."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from masterx import __version__
from masterx.accounts.signing_key import load_signing_key
from masterx.cli.output import AsJson, out, print_json
from masterx.clock import SystemClock
from masterx.errors import MasterXError
from masterx.logging_setup import set_up_logging
from masterx.providers.base import Deadlines, GenerationRequest, PromptMessage
from masterx.providers.keys import ProviderKeys, key_problem
from masterx.providers.registry import ProviderRegistry
from masterx.settings import LoggingSettings, Settings, load_settings
from masterx.store.opening import open_store

LOW_DISK_BYTES = 500 * 1024 * 1024

Verdict = Literal["ok", "warning", "problem"]
_MARKS: dict[Verdict, str] = {
    "ok": "[green]ok     [/green]",
    "warning": "[yellow]look at[/yellow]",
    "problem": "[red]problem[/red]",
}


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    verdict: Verdict
    says: str


def doctor(
    as_json: AsJson = False,
    call: Annotated[
        bool, typer.Option("--call", help="Also ask each model for one word; this costs a fraction of a cent.")
    ] = False,
) -> None:
    """Check this installation: settings, database, models. Keys are never printed.

    Exit status 1 when something is a problem.
    """
    set_up_logging(LoggingSettings(log_level="ERROR"))
    findings = asyncio.run(_examine(call))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(f"{_MARKS[finding.verdict]}  [bold]{finding.about}[/bold]  ", end="")
            out.print(finding.says, markup=False)
    sys.exit(any(finding.verdict == "problem" for finding in findings))


async def _examine(call: bool) -> list[Finding]:
    findings = [
        Finding(
            "masterx", "ok", f"{__version__} on Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
        )
    ]
    try:
        settings = load_settings()
    except MasterXError as error:
        return [*findings, Finding("settings", "problem", error.message)]
    findings += [_data_directory(settings), await _database(settings)]
    registry = ProviderRegistry(local_model=settings.local_model)
    try:
        await registry.look_again()
        findings += _models(registry)
        findings += await _keys(registry, settings)
        if call:
            findings += [await _called(registry, settings, name) for name in sorted(registry.providers)]
    finally:
        await registry.aclose()
    return findings


def _data_directory(settings: Settings) -> Finding:
    directory = settings.store.data_dir.absolute()
    existing = next(parent for parent in (directory, *directory.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding("data directory", "problem", f"{directory} cannot be written. Change it or MASTERX_DATA_DIR.")
    free = shutil.disk_usage(existing).free
    if free < LOW_DISK_BYTES:
        return Finding("data directory", "warning", f"{directory} has {free // 2**20} MiB left.")
    if directory.exists() and _open_to_others(directory):
        return Finding("data directory", "warning", f"{directory} can be read by other users: chmod 700 it.")
    return Finding("data directory", "ok", f"{directory}, {free // 2**30} GiB free")


def _open_to_others(directory: Path) -> bool:
    return os.name == "posix" and bool(directory.stat().st_mode & 0o077)


async def _database(settings: Settings) -> Finding:
    try:
        store = await open_store(settings.store, SystemClock())
    except MasterXError as error:
        return Finding("database", "problem", error.message)
    try:
        await store.ping()
        return Finding("database", "ok", f"answers, schema version {await store.schema_version()}")
    except MasterXError as error:
        return Finding("database", "problem", error.message)
    finally:
        await store.close()


def _models(registry: ProviderRegistry) -> list[Finding]:
    findings = [
        Finding(
            f"model {entry.name}",
            "ok" if entry.status == "ready" else "problem",
            f"{entry.model_name}, {entry.problem or 'ready'}",
        )
        for entry in registry.providers.values()
    ]
    if not registry.has_real_model():
        findings.append(
            Finding(
                "models",
                "warning",
                "only the demo model answers. Put <NAME>_API_KEY and <NAME>_MODEL_NAME into .env, "
                "such as OPENAI_API_KEY and OPENAI_MODEL_NAME.",
            )
        )
    return findings


async def _keys(registry: ProviderRegistry, settings: Settings) -> list[Finding]:
    """Form and age, by the provider's name. Without a database the age is not known."""
    try:
        secret = load_signing_key(settings.accounts, settings.store.data_dir)
        store = await open_store(settings.store, SystemClock())
    except MasterXError:
        problems = {name: key_problem(key, timedelta(0)) for name, key in registry.keys().items()}
    else:
        try:
            reports = await ProviderKeys(registry, store, SystemClock(), secret).reports()
            problems = {name: report.problem for name, report in reports.items()}
        finally:
            await store.close()
    return [
        Finding(f"key of {name}", "warning", f"{name} {problem}")
        for name, problem in problems.items()
        if problem is not None
    ]


async def _called(registry: ProviderRegistry, settings: Settings, name: str) -> Finding:
    about = f"call to {name}"
    provider = next((provider for provider in registry.ready() if provider.name == name), None)
    if provider is None:
        return Finding(about, "warning", "not called: it is not ready")
    request = GenerationRequest(messages=(PromptMessage("user", "Say: ready"),), max_output_tokens=16)
    deadlines = Deadlines(
        first_token=settings.turn.first_token_seconds,
        stall=settings.turn.stall_seconds,
        total=settings.turn.first_token_seconds,
    )
    clock = SystemClock()
    started = clock.monotonic()
    try:
        await provider.complete(request, deadlines)
    except MasterXError as error:
        return Finding(about, "problem", f"{error.code}: {error.message}")
    return Finding(about, "ok", f"answered in {clock.monotonic() - started:.1f} s")
