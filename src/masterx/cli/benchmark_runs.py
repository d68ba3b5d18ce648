"""`masterx benchmark run` and `show`: ask every model every test, and look at what came out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, cast

import typer

from masterx.cli.benchmark_display import Display
from masterx.cli.benchmark_tables import print_history, print_report, print_standing
from masterx.cli.output import AsJson, err, out, print_json, settings_for_command
from masterx.errors import InvalidInput
from masterx.records.benchmarks import BenchmarkResult, BenchmarkRun, RunTrigger
from masterx.records.money import NanoDollars, from_dollars, to_dollars
from masterx.routing.benchmarks.progress import RunReport
from masterx.routing.benchmarks.running import RUNS_LOOKED_AT, can_go_on
from masterx.settings import Settings
from masterx.wiring import Services, open_services

LOOKED_BACK = timedelta(days=365)
SHOWN_RESULTS = 200

Categories = Annotated[
    list[str] | None,
    typer.Option("--category", "-c", help="Such as math; may be given more than once. Left out: all."),
]


def run(
    categories: Categories = None,
    providers: Annotated[
        list[str] | None,
        typer.Option("--provider", "-p", help="Such as groq; may be given more than once. Left out: all in use."),
    ] = None,
    cost_cap: Annotated[
        float | None,
        typer.Option(min=0, help="The most dollars that it may cost; left out: MASTERX_BENCHMARK_COST_CAP."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest run that was stopped or cut off.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask each model each test, grade the answers, and keep the scores. Ctrl+C stops it; --resume goes on.

    A model that fails is a result. Exit status 1 when the run came to no end: its cap or a budget was used up.
    """
    if resume and (categories or providers):
        raise InvalidInput("--resume goes on with what the run began with; name no category and no provider.")
    cap = None if cost_cap is None else from_dollars(Decimal(str(cost_cap)))
    settings = settings_for_command()
    try:
        with Display(quiet=as_json) as display:
            report = asyncio.run(_run(settings, categories, providers, cap, display, resume=resume))
    except (KeyboardInterrupt, asyncio.CancelledError):
        err.print("Stopped. What was answered is kept: masterx benchmark run --resume")
        raise typer.Exit(130) from None
    if as_json:
        print_json(report_facts(report))
    else:
        print_report(report, display.unpriced)
    if report.run.reason is not None:
        raise typer.Exit(1)


def show(
    category: Annotated[str | None, typer.Option("--category", "-c", help="Only this one.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Every run, not only the latest of each model.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the scores of each model in each category, the best first, with their standard errors."""
    results, runs = asyncio.run(_results(settings_for_command(), category, history=history))
    if as_json:
        print_json({"results": [result_facts(result) for result in results], "runs": [run_facts(one) for one in runs]})
        return
    if not results:
        out.print("No model was benchmarked yet: masterx benchmark run")
    elif history:
        print_history(results)
    else:
        print_standing(results)
    unfinished = next((one for one in runs if one.reason is not None), None)
    if unfinished is not None and unfinished is runs[0]:
        err.print(f"The newest run stopped at {unfinished.done} of {unfinished.total} ({unfinished.reason}).")


def schedule(
    pause: Annotated[
        bool | None, typer.Option("--pause/--resume", help="Have no run begin by itself, or have them begin again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show when models are asked next by themselves and what that may cost; pause it. Servers that run hear of it."""
    facts = asyncio.run(_schedule(settings_for_command(), pause))
    if as_json:
        print_json(facts)
    elif facts["every_hours"] is None:
        out.print("No run begins by itself: MASTERX_BENCHMARK_EVERY_HOURS is off.")
    elif facts["paused_at"] is not None:
        out.print(f"Paused since {facts['paused_at']:%Y-%m-%d %H:%M} UTC: no run begins by itself.")
    elif not facts["asked"]:
        out.print("Real models are asked by themselves; none is configured.")
    else:
        names, next_run = ", ".join(facts["asked"]), facts["next_run"]
        when = "an hour after a server starts" if next_run is None else f"{next_run:%Y-%m-%d %H:%M} UTC"
        often = f"every {facts['every_hours']:g} hours, for ${facts['cost_cap']:.2f} at most each time"
        out.print(f"Asked {often}: {names}. The next run: {when}.", markup=False)


async def _schedule(settings: Settings, pause: bool | None) -> dict[str, Any]:
    """``next_run`` None: no run began by itself yet, so that it is the server that knows."""
    async with open_services(settings) as services:
        timetable = services.benchmark_schedule
        if pause is not None:
            await (timetable.pause() if pause else timetable.unpause())
        runs = await services.store.benchmark_runs(limit=RUNS_LOOKED_AT)
        began = any(run.trigger is RunTrigger.SCHEDULE for run in runs)
        return {
            "every_hours": settings.benchmarks.benchmark_every_hours,
            "cost_cap": settings.benchmarks.benchmark_cost_cap,
            "paused_at": await timetable.paused_at(),
            "asked": [one.name for one in services.benchmarks.providers() if not one.info.demo],
            "next_run": await timetable.next_run() if began else None,
        }


async def _run(
    settings: Settings,
    categories: Sequence[str] | None,
    providers: Sequence[str] | None,
    cost_cap: NanoDollars | None,
    display: Display,
    *,
    resume: bool,
) -> RunReport:
    _stop_as_by_hand()
    async with open_services(settings) as services:
        await services.encoder.settled()
        benchmarks = services.benchmarks
        if resume:
            return await benchmarks.resume(cost_cap=cost_cap, watch=display.note)
        return await benchmarks.run_benchmarks(
            categories or None, providers or None, cost_cap=cost_cap, watch=display.note
        )


def _stop_as_by_hand() -> None:
    """A supervisor's word and a lost connection end the run as Ctrl+C does, so that it can go on at once."""
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _results(
    settings: Settings, category: str | None, *, history: bool
) -> tuple[Sequence[BenchmarkResult], Sequence[BenchmarkRun]]:
    async with open_services(settings) as services:
        if category is not None and category not in services.benchmarks.suites():
            known = ", ".join(services.benchmarks.suites())
            raise InvalidInput(f"There is no category {category!r}. There are: {known}.")
        return await _found(services, category, history=history), await _unfinished(services)


async def _found(services: Services, category: str | None, *, history: bool) -> Sequence[BenchmarkResult]:
    if history:
        return await services.store.benchmark_results(category=category, limit=SHOWN_RESULTS)
    latest = await services.store.latest_benchmark_results(services.clock.now() - LOOKED_BACK)
    return [result for result in latest if category in {None, result.category}]


async def _unfinished(services: Services) -> Sequence[BenchmarkRun]:
    now = services.clock.now()
    return [run for run in await services.store.benchmark_runs(limit=5) if can_go_on(run, now)]


def report_facts(report: RunReport) -> dict[str, Any]:
    results = {
        category: {provider: result_facts(result) for provider, result in found.items()}
        for category, found in report.items()
    }
    return {"run": run_facts(report.run), "results": results}


def run_facts(run: BenchmarkRun) -> dict[str, Any]:
    cap = None if run.cost_cap is None else to_dollars(run.cost_cap)
    return {**asdict(run), "total": run.total, "cost": to_dollars(run.cost), "cost_cap": cap}


def result_facts(result: BenchmarkResult) -> dict[str, Any]:
    return {**asdict(result), "avg_cost": to_dollars(result.avg_cost)}
