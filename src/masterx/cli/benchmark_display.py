"""A benchmark run in a terminal: a live table with a bar while it goes on, plain lines where nobody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from masterx.cli.benchmark_tables import line_of
from masterx.cli.output import dollars, err
from masterx.records.benchmarks import BenchmarkAnswer
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.progress import RunProgress

REDRAWN_A_SECOND = 6
FIRST_ANSWERS = 2
"""Connections and models that load make the first ones slow."""
WIDE = 78
"""Columns of a terminal that shows every figure."""
OTHER_LINES = 5
"""Of the live picture beside its rows: heading, what is not shown, bar, what is asked, and the shell's own."""


class Display:
    """On standard error, so that results can be piped. ``quiet``: nothing but where it stands, a line a result."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._rows: dict[tuple[str, str], _Row] = {}
        self._live: Live | None = None
        self._progress: RunProgress | None = None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            expand=True,
        )
        self._task = self._bar.add_task("starting", total=None)
        if err.is_terminal and not quiet:
            self._live = Live(console=err, refresh_per_second=REDRAWN_A_SECOND, get_renderable=self._drawn)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """At a run's own end its report takes the place of the table; whoever stops it keeps what stands there."""
        if self._live is not None:
            self._live.transient = kind is None or not self._rows
            self._live.stop()

    @property
    def unpriced(self) -> list[str]:
        """Providers whose calls count with a ceiling, as nobody knows their price."""
        return sorted({provider for (_, provider), row in self._rows.items() if row.is_unpriced})

    def note(self, progress: RunProgress) -> None:
        if self._progress is None:
            self._begin(progress)
        self._progress = progress
        self._bar.update(self._task, completed=progress.done)
        for asking in progress.asking:
            self._rows.setdefault((asking.category, asking.provider), _Row())
        if progress.answer is not None:
            answer = progress.answer
            self._rows.setdefault((answer.category, answer.provider), _Row()).note(answer)
        if progress.result is not None and self._live is None:
            said = f"{progress.done}/{progress.total} {line_of(progress.result)}, {dollars(progress.cost)} so far"
            err.print(said, markup=False)

    def _begin(self, progress: RunProgress) -> None:
        self._bar.reset(self._task, total=progress.total, completed=progress.done)
        if self._live is None:
            done = f"{progress.done} of them answered before" if progress.done else "Ctrl+C stops, --resume goes on"
            err.print(f"{progress.total} tests to ask; {done}.", markup=False)

    def _drawn(self) -> Group:
        if self._progress is None:
            return Group(self._bar)
        self._bar.update(self._task, description=dollars(self._progress.cost))
        answered = Counter[str]()
        for (_, provider), row in self._rows.items():
            answered[provider] += len(row.answers)
        left = seconds_left(self._progress.left, answered, self._bar.tasks[0].elapsed or 0)
        asking = ", ".join(f"{asking.provider} {asking.test_id}" for asking in self._progress.asking[:3])
        below = Text(f"{_time_left(left)}{asking}", style="dim", no_wrap=True, overflow="ellipsis")
        table, hidden = self._table(self._progress)
        more = [Text(f"and {hidden} more, which the report shows", style="dim")] if hidden else []
        return Group(table, *more, self._bar, below)

    def _table(self, progress: RunProgress) -> tuple[Table, int]:
        """As many rows as the terminal has room for, and how many more there are: the newest, and whoever is asked."""
        wide = err.width >= WIDE
        table = Table(box=None, pad_edge=False)
        for heading in ("category", "provider"):
            table.add_column(heading, no_wrap=True)
        for heading in ("asked", "passed", "failed", "quality", *(("seconds", "cost") if wide else ())):
            table.add_column(heading, justify="right", no_wrap=True)
        room = max(1, err.height - OTHER_LINES)
        asked = {(asking.category, asking.provider) for asking in progress.asking}
        by_need = sorted(enumerate(self._rows), key=lambda place: (place[1] in asked, place[0]), reverse=True)
        shown = sorted(pair for _, pair in by_need[:room])
        for category, provider in shown:
            table.add_row(category, provider, *self._rows[category, provider].cells(wide=wide))
        return table, len(self._rows) - len(shown)


def seconds_left(left: Mapping[str, int], answered: Counter[str], elapsed: float) -> float | None:
    """Until the slowest provider is through, if each goes on at its pace; None: nobody can tell yet.

    ``answered`` within the ``elapsed`` seconds. A provider that has two answers or fewer has no pace.
    """
    waited_for = [provider for provider, count in left.items() if count]
    if any(answered[provider] <= FIRST_ANSWERS for provider in waited_for):
        return None
    return max((left[provider] * elapsed / answered[provider] for provider in waited_for), default=None)


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"about {seconds / 60:.0f} min left: " if seconds >= 90 else "about a minute left: "


class _Row:
    """One model in one category, as far as it was asked."""

    def __init__(self) -> None:
        self.answers: list[BenchmarkAnswer] = []

    @property
    def is_unpriced(self) -> bool:
        return any(answer.pricing is Pricing.UNPRICED for answer in self.answers)

    def note(self, answer: BenchmarkAnswer) -> None:
        self.answers.append(answer)

    def cells(self, *, wide: bool) -> tuple[str, ...]:
        answers = self.answers
        if not answers:
            return ("0",)
        good = [answer for answer in answers if answer.error_code is None]
        seconds = sum(answer.time_ms for answer in good) / len(good) / 1000 if good else None
        failed = len(answers) - len(good)
        figures = (
            str(len(answers)),
            str(sum(answer.passed for answer in answers)),
            f"[red]{failed}[/red]" if failed else "0",
            f"{sum(answer.quality for answer in answers) / len(answers):.1f}",
        )
        if not wide:
            return figures
        cost = dollars(NanoDollars(sum(answer.cost for answer in answers)))
        return (*figures, "" if seconds is None else f"{seconds:.1f}", cost)
