"""Scores of benchmarks as tables in a terminal: the report of a run, what stands, and the history."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from masterx.cli.output import dollars, err, out
from masterx.records.benchmarks import BenchmarkResult, StopReason
from masterx.records.costs import Pricing
from masterx.routing.benchmarks.progress import RunReport

PIPED_WIDTH = 140
HEADINGS = ("final", "quality", "speed", "cost", "passed", "s", "a call")
NARROW_HEADINGS = ("final", "quality", "passed", "s")
WIDE = 90
"""Columns of a terminal that has room for all headings."""
REASONS = {
    StopReason.ASKED: "somebody stopped it",
    StopReason.COST_CAP: "one more call could pass its cap",
    StopReason.BUDGET: "a budget is used up",
    StopReason.DISABLED: "a provider was switched off",
    StopReason.SHUTDOWN: "its process stopped",
    StopReason.FAILED: "it failed",
}


def print_report(report: RunReport, unpriced: Sequence[str] = ()) -> None:
    """``unpriced``: providers without a known price, whose ceilings may be what used the cap up."""
    run = report.run
    print_standing([result for found in report.values() for result in found.values()])
    spent = f"{run.done} of {run.total} tests, {dollars(run.cost)}"
    if run.reason is None:
        out.print(f"Finished: {spent}.", markup=False)
    else:
        why = REASONS[run.reason]
        out.print(f"Stopped at {spent}: {why}. Go on with: masterx benchmark run --resume", markup=False)
    if unpriced and run.reason in {StopReason.COST_CAP, StopReason.BUDGET}:
        names = ", ".join(unpriced)
        err.print(f"No price is known of {names}, so each call counts with a ceiling: docs/costs.md, Add a price.")


def print_standing(results: Sequence[BenchmarkResult]) -> None:
    """By category, the best first."""
    if not results:
        return
    table = _table("category")
    former = ""
    for result in sorted(results, key=lambda result: (result.category, -result.final_score, result.provider)):
        name = "" if result.category == former else result.category
        former = result.category
        table.add_row(name, *_cells(result))
    _console().print(table)


def print_history(results: Sequence[BenchmarkResult]) -> None:
    table = _table("when (UTC)", "category")
    for result in results:
        table.add_row(f"{result.timestamp:%Y-%m-%d %H:%M}", result.category, *_cells(result))
    _console().print(table)


def line_of(result: BenchmarkResult) -> str:
    said = f"{result.category} {result.provider}: {result.final_score:.1f}"
    if result.error_code is not None:
        return f"{said}, no answer ({result.error_code})"
    return f"{said}, quality {result.quality_score:.1f}, {result.tests_passed} of {result.tests_total} passed"


def _console() -> Console:
    """Somebody's terminal is as wide as it is; what is piped is not cut."""
    return out if out.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


def _headings() -> tuple[str, ...]:
    return HEADINGS if _console().width >= WIDE else NARROW_HEADINGS


def _table(*first: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in first:
        table.add_column(heading, no_wrap=True)
    table.add_column("provider", overflow="fold", min_width=14)
    for heading in _headings():
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(result: BenchmarkResult) -> list[str]:
    model = f"{escape(result.provider)} [dim]{escape(result.model_name)}[/dim]"
    cells = {
        "final": "0.0",
        "quality": "0.0",
        "passed": f"{result.tests_passed}/{result.tests_total}",
    }
    if result.error_code is not None:
        model = f"{model}\n[red]no answer: {result.error_code}[/red]"
    else:
        error = "" if result.final_error is None else f" ± {result.final_error:.1f}"
        cells |= {
            "final": f"[bold]{result.final_score:.1f}[/bold]{error}",
            "quality": f"{result.quality_score:.1f}",
            "speed": f"{result.speed_score:.1f}",
            "cost": f"{result.cost_score:.1f}",
            "s": f"{result.avg_response_time_ms / 1000:.1f}",
            "a call": _price(result),
        }
    return [model, *(cells.get(heading, "") for heading in _headings())]


def _price(result: BenchmarkResult) -> str:
    match result.pricing:
        case Pricing.FREE:
            return "free"
        case Pricing.UNPRICED:
            return "no price"
        case _:
            return dollars(result.avg_cost)
