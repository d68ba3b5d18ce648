"""What a benchmark looks like in a terminal: a live table with a bar while it runs, plain lines where nobody looks."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from masterx.cli.output import dollars, err, out
from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, StopReason
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.progress import RunProgress, RunReport

REDRAWN_A_SECOND = 6
PIPED_WIDTH = 140
REASONS = {
    StopReason.ASKED: "somebody stopped it",
    StopReason.COST_CAP: "its cap is used up",
    StopReason.BUDGET: "a budget is used up",
    StopReason.DISABLED: "a provider was switched off",
    StopReason.SHUTDOWN: "its process stopped",
    StopReason.FAILED: "it failed",
}


class Display:
    """On standard error, so that results can be piped. ``quiet``: nothing but where it stands, a line a result."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._rows: dict[tuple[str, str], _Row] = {}
        self._live: Live | None = None
        self._cost = NanoDollars(0)
        self._asking = ""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            expand=True,
        )
        self._task = self._bar.add_task("asking", total=None)
        if err.is_terminal and not quiet:
            self._live = Live(console=err, refresh_per_second=REDRAWN_A_SECOND, get_renderable=self._drawn)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.transient = True
            self._live.stop()

    def note(self, progress: RunProgress) -> None:
        self._cost = progress.cost
        self._bar.update(self._task, completed=progress.done, total=progress.total)
        self._asking = ", ".join(f"{asking.provider} {asking.test_id}" for asking in progress.asking[:3])
        for asking in progress.asking:
            self._rows.setdefault((asking.category, asking.provider), _Row())
        if progress.answer is not None:
            answer = progress.answer
            self._rows.setdefault((answer.category, answer.provider), _Row()).note(answer)
        if progress.result is not None and self._live is None:
            err.print(
                f"{progress.done}/{progress.total} {line_of(progress.result)}, {dollars(progress.cost)} so far",
                markup=False,
            )

    def _drawn(self) -> Group:
        table = Table(box=None, pad_edge=False)
        for heading in ("category", "provider"):
            table.add_column(heading)
        for heading in ("asked", "passed", "failed", "quality", "seconds", "cost"):
            table.add_column(heading, justify="right")
        for (category, provider), row in self._rows.items():
            table.add_row(category, provider, *row.cells())
        self._bar.update(self._task, description=dollars(self._cost))
        return Group(table, self._bar, Text(self._asking, style="dim", no_wrap=True, overflow="ellipsis"))


class _Row:
    """One model in one category, as far as it was asked."""

    def __init__(self) -> None:
        self.answers: list[BenchmarkAnswer] = []

    def note(self, answer: BenchmarkAnswer) -> None:
        self.answers.append(answer)

    def cells(self) -> tuple[str, ...]:
        answers = self.answers
        if not answers:
            return ("0", "", "", "", "", "")
        good = [answer for answer in answers if answer.error_code is None]
        seconds = sum(answer.time_ms for answer in good) / len(good) / 1000 if good else None
        failed = len(answers) - len(good)
        return (
            str(len(answers)),
            str(sum(answer.passed for answer in answers)),
            f"[red]{failed}[/red]" if failed else "0",
            f"{sum(answer.quality for answer in answers) / len(answers):.1f}",
            "" if seconds is None else f"{seconds:.1f}",
            dollars(NanoDollars(sum(answer.cost for answer in answers))),
        )


def print_report(report: RunReport) -> None:
    run = report.run
    print_standing([result for found in report.values() for result in found.values()])
    spent = f"{run.done} of {run.total} tests, {dollars(run.cost)}"
    if run.reason is None:
        out.print(f"Finished: {spent}.", markup=False)
    else:
        why = REASONS[run.reason]
        out.print(f"Stopped at {spent}: {why}. Go on with: masterx benchmark run --resume", markup=False)


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
    _print(table)


def print_history(results: Sequence[BenchmarkResult]) -> None:
    table = _table("when (UTC)", "category")
    for result in results:
        table.add_row(f"{result.timestamp:%Y-%m-%d %H:%M}", result.category, *_cells(result))
    _print(table)


def _print(table: Table) -> None:
    """Somebody's terminal is as wide as it is; what is piped is not cut."""
    (out if out.is_terminal else Console(highlight=False, width=PIPED_WIDTH)).print(table)


def line_of(result: BenchmarkResult) -> str:
    said = f"{result.category} {result.provider}: {result.final_score:.1f}"
    if result.error_code is not None:
        return f"{said}, no answer ({result.error_code})"
    return f"{said}, quality {result.quality_score:.1f}, {result.tests_passed} of {result.tests_total} passed"


def _table(*first: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in first:
        table.add_column(heading, no_wrap=True)
    table.add_column("provider", overflow="fold", min_width=14)
    for heading in ("final", "quality", "speed", "cost", "passed", "s", "a call"):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(result: BenchmarkResult) -> tuple[str, ...]:
    model = f"{result.provider} [dim]{result.model_name}[/dim]"
    passed = f"{result.tests_passed}/{result.tests_total}"
    if result.error_code is not None:
        return f"{model}\n[red]no answer: {result.error_code}[/red]", "0.0", "0.0", "", "", passed, "", ""
    error = "" if result.final_error is None else f" ± {result.final_error:.1f}"
    return (
        model,
        f"[bold]{result.final_score:.1f}[/bold]{error}",
        f"{result.quality_score:.1f}",
        f"{result.speed_score:.1f}",
        f"{result.cost_score:.1f}",
        passed,
        f"{result.avg_response_time_ms / 1000:.1f}",
        _price(result),
    )


def _price(result: BenchmarkResult) -> str:
    match result.pricing:
        case Pricing.FREE:
            return "free"
        case Pricing.UNPRICED:
            return "no price"
        case _:
            return dollars(result.avg_cost)
