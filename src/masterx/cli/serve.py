"""`masterx serve`: the web server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from typing import Annotated

import typer
import uvicorn
import uvloop

from masterx.cli.output import err
from masterx.cli.stopping import StoppableServer
from masterx.cli.workers import Workers, tell_ready, when_orphaned
from masterx.errors import ConfigurationError
from masterx.logging_setup import set_up_logging
from masterx.settings import Settings, load_settings
from masterx.web.app import create_app
from masterx.wiring import METRICS_DIR, Services, open_services

BACKLOG = 2_048
"""Connections that wait to be taken; the kernel may allow fewer."""
COLLECT_AFTER = 50_000, 20, 50
"""New objects, and rounds of each generation, before Python looks for cycles among them: some 10 MB at the most."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else MASTERX_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; else MASTERX_PORT.", min=0, max=65535)] = None,
    sign_in_link: Annotated[
        bool | None,
        typer.Option(
            "--sign-in-link/--no-sign-in-link",
            help="Print a one-time link that signs the person at this machine in as administrator. "
            "Without this option: only until an administrator has a password.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes that answer, on one address and one database.", min=1, max=64)
    ] = 1,
    inherited: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
    ready: Annotated[int | None, typer.Option("--ready", hidden=True)] = None,
) -> None:
    """Start the tutor on one address until Ctrl-C.

    The database is created when it is not there. The page is at http://127.0.0.1:8001 unless set otherwise.
    With several workers SIGHUP exchanges them one after the other, without a request lost.
    """
    settings = load_settings()
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.with_server(**changes)
    set_up_logging(settings.logging)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how a server at a terminal ends; all is closed by then
        if inherited is not None:
            uvloop.run(_serve_as_worker(settings, inherited, ready))
        elif workers == 1:
            uvloop.run(_serve(settings, sign_in_link))
        else:
            uvloop.run(_serve_with_workers(settings, sign_in_link, workers))


async def _serve(settings: Settings, sign_in_link: bool | None) -> None:
    listener = _listen(settings)
    async with open_services(settings) as services:
        await _greet(services, listener, sign_in_link)
        await _server(services).serve(sockets=[listener])


async def _serve_with_workers(settings: Settings, sign_in_link: bool | None, count: int) -> None:
    """This process greets, once the database is there, and keeps the others alive."""
    listener = _listen(settings)
    listener.listen(BACKLOG)
    async with open_services(settings) as services:
        await _greet(services, listener, sign_in_link)
    options = ["--host", settings.server.host, "--port", str(settings.server.port)]
    with tempfile.TemporaryDirectory(prefix="masterx-metrics-") as shared:
        os.environ[METRICS_DIR] = shared  # Workers inherit it: each keeps its figures there, and shows all of them.
        stop_seconds = settings.server.drain_seconds + settings.server.shutdown_seconds
        await Workers(listener, options, stop_seconds=stop_seconds).run(count)


async def _serve_as_worker(settings: Settings, inherited: int, ready: int | None) -> None:
    with socket.socket(fileno=inherited) as listener:
        async with open_services(settings) as services:
            server = _server(services, None if ready is None else lambda: tell_ready(ready))

            def stop() -> None:
                server.should_exit = True

            when_orphaned(stop)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, server.retire)
            await server.serve(sockets=[listener])


def _server(services: Services, on_start: Callable[[], None] | None = None) -> StoppableServer:
    def started() -> None:
        _settle_memory()
        if on_start is not None:
            on_start()

    return StoppableServer(
        uvicorn.Config(
            create_app(services),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            lifespan="on",
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=math.ceil(services.settings.server.shutdown_seconds),
        ),
        drain_seconds=services.settings.server.drain_seconds,
        announce=services.instances.drain,
        on_start=started,
    )


def _settle_memory() -> None:
    """What is there when a server starts, stays. With Python's own thresholds, made for 700 new objects, looking
    through all of it took a sixth of the CPU of a pass-through.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _listen(settings: Settings) -> socket.socket:
    """Bound before anything else is built, so that a taken port is the first thing that is said."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only on sockets that carry it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {host}:{port} ({error.strerror}). Is another server running there? "
            "MASTERX_PORT or --port takes another port."
        ) from error
    return listener


async def _tell_of_benchmarks(services: Services) -> None:
    """Nobody is to learn from a bill that their server asks models by itself."""
    every, cap = services.settings.benchmarks.benchmark_every_hours, services.settings.benchmarks.benchmark_cost_cap
    next_run = await services.benchmark_schedule.next_run()
    if every is None or next_run is None:
        return
    minutes = max(0, round((next_run - services.clock.now()).total_seconds() / 60))
    err.print(
        f"Models are asked test questions every {every:g} hours, next in {minutes} min, for ${cap:.2f} at most each "
        "time. `masterx benchmark schedule --pause` or the page Benchmarks ends that."
    )


async def _greet(services: Services, listener: socket.socket, sign_in_link: bool | None) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    err.print(f"\n[bold]MasterX[/bold] is at [bold]{address}[/bold]   (Ctrl-C stops it)")
    if not services.registry.has_real_model():
        answers = any(entry.status == "ready" for entry in services.registry.providers.values())
        err.print(
            f"No model key found: {'a small demo model answers' if answers else 'no model answers yet'}. Put "
            "OPENAI_API_KEY and OPENAI_MODEL_NAME (or another vendor's) into .env for a real one; `masterx doctor` "
            "lists what was found."
        )
    await _tell_of_benchmarks(services)
    admin = await services.accounts.ensure_admin()
    if sign_in_link if sign_in_link is not None else admin.password_hash is None:
        secret = await services.accounts.issue_one_time_link(admin.id, loopback_only=True)
        err.print("\nSign in as administrator, once, from this machine:")
        # Plain print, unwrapped: the link must survive being copied.
        err.print(f"  {address}/sign-in/link?secret={secret}\n", markup=False)
