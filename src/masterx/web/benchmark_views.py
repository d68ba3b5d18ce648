"""Benchmarks as the operator sees them: who leads in a category and how surely, over time, and a run from inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from math import hypot

from masterx.errors import InvalidInput
from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, BenchmarkRun, RunState, RunTrigger, StopReason
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars, from_dollars
from masterx.routing.benchmarks.running import can_go_on, is_live
from masterx.web.figures import duration, money
from masterx.web.plots import PLACES
from masterx.web.provider_views import PROBE_WORDS, State
from masterx.web.tables import Key

HISTORY = timedelta(days=30)
MOST_CAP = Decimal(10_000)
TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A line of the leaderboard."""

    result: BenchmarkResult
    place: int
    """Of its colour."""
    ties_with_best: bool
    in_use: bool

    @property
    def low(self) -> float:
        return max(0.0, self.result.final_score - (self.result.final_error or 0))

    @property
    def high(self) -> float:
        return min(100.0, self.result.final_score + (self.result.final_error or 0))

    @property
    def failed(self) -> str | None:
        code = self.result.error_code
        return None if code is None else PROBE_WORDS.get(code, "it failed")

    @property
    def price(self) -> str:
        match self.result.pricing:
            case Pricing.FREE:
                return "free"
            case Pricing.UNPRICED:
                return "no price"
            case None:
                return "–"
            case _:
                return money(self.result.avg_cost)

    @property
    def time(self) -> str:
        return "–" if self.result.error_code else duration(self.result.avg_response_time_ms)


SORTED_BY: Mapping[str, Key] = {
    "provider": lambda line: (line.result.provider, line.result.model_name),
    "score": lambda line: line.result.final_score,
    "quality": lambda line: line.result.quality_score,
    "passed": lambda line: line.result.tests_passed / max(1, line.result.tests_total),
    "cost": lambda line: None if line.result.pricing in {None, Pricing.UNPRICED} else line.result.avg_cost,
}


def standings(
    latest: Iterable[BenchmarkResult], category: str, order: Sequence[str], models: Mapping[str, str]
) -> list[Standing]:
    """Of one category, the best first. ``models``: who answers now, by provider."""
    found = sorted(
        (result for result in latest if result.category == category),
        key=lambda result: (-result.final_score, result.provider),
    )
    return [
        Standing(
            result=result,
            place=min(order.index(result.provider), PLACES),
            ties_with_best=result is not found[0] and _tied(found[0], result),
            in_use=models.get(result.provider) == result.model_name,
        )
        for result in found
    ]


def _tied(best: BenchmarkResult, other: BenchmarkResult) -> bool:
    """Whether the difference is within its own standard error."""
    if other.error_code is not None or best.final_error is None or other.final_error is None:
        return False
    return best.final_score - other.final_score <= hypot(best.final_error, other.final_error)


def in_words(lines: Sequence[Standing], category: str) -> str:
    if not lines:
        return ""
    best = lines[0].result
    if best.error_code is not None:
        return f"Nobody answered the tests of {category}."
    tied = [line.result.provider for line in lines if line.ties_with_best]
    if tied:
        return f"{best.provider} leads, and cannot be told apart from {_listed(tied)} by these tests."
    return f"{best.provider} leads with {best.final_score:.1f}." if len(lines) > 1 else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@dataclass(frozen=True, slots=True)
class HistoryLine:
    provider: str
    place: int
    points: tuple[BenchmarkResult, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class History:
    """A category's final scores over runs; results of other versions of the suite are left out."""

    lines: tuple[HistoryLine, ...]

    @property
    def results(self) -> list[BenchmarkResult]:
        """Newest first."""
        found = [result for line in self.lines for result in line.points]
        return sorted(found, key=lambda result: (result.timestamp, result.provider), reverse=True)

    @property
    def is_plot(self) -> bool:
        return any(len(line.points) > 1 for line in self.lines)

    def drawn(self) -> str:
        """For the script that draws it, in JSON that may stand in a script element."""
        times = sorted({result.timestamp for result in self.results})
        series = []
        for line in self.lines:
            scores = {result.timestamp: round(result.final_score, 2) for result in line.points}
            series.append(
                {"name": line.provider, "place": line.place, "values": [scores.get(moment) for moment in times]}
            )
        shown = {"at": [moment.timestamp() for moment in times], "series": series}
        return json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c")

    def sentence(self) -> str:
        parts = [
            f"{line.provider} from {line.points[0].final_score:.1f} to {line.points[-1].final_score:.1f}"
            for line in self.lines
            if len(line.points) > 1
        ]
        return f"Over {len({result.run_id for result in self.results})} runs: {', '.join(parts)}." if parts else ""


def history_of(results: Iterable[BenchmarkResult], order: Sequence[str]) -> History:
    """``results``: of one category, newest first."""
    found = [result for result in results if result.error_code is None]
    version = found[0].suite_version if found else None
    lines = []
    for provider in order:
        points = tuple(
            result for result in reversed(found) if result.provider == provider and result.suite_version == version
        )
        if points:
            lines.append(HistoryLine(provider, min(order.index(provider), PLACES), points))
    return History(tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    run: BenchmarkRun
    state: State
    live: bool
    can_go_on: bool
    what: str
    who: str
    """Began it."""
    took: str
    spent: str
    done: float
    """0 to 1."""
    note: str
    asking: str = ""


def run_view(run: BenchmarkRun, now: datetime, asking: Sequence[str] = ()) -> RunView:
    live = is_live(run, now)
    ended = run.ended_at or (now if live else run.seen_at)
    cap = "" if run.cost_cap is None else f" of {money(run.cost_cap)}"
    return RunView(
        run=run,
        state=_state(run, live=live),
        live=live,
        can_go_on=can_go_on(run, now),
        what=f"{_listed([suite.category for suite in run.suites])}: {_listed([one.provider for one in run.models])}",
        who=_WHO[run.trigger],
        took=duration((ended - run.started_at).total_seconds() * 1000) if not run.resumptions else "",
        spent=f"{money(run.cost)}{cap}",
        done=run.done / run.total if run.total else 1.0,
        note=_note(run, live=live),
        asking=", ".join(asking[:3]),
    )


_WHO = {RunTrigger.COMMAND: "by command", RunTrigger.OPERATOR: "by hand", RunTrigger.SCHEDULE: "on schedule"}
_WHY = {
    StopReason.ASKED: "Somebody stopped it.",
    StopReason.COST_CAP: "One more call could pass its cap.",
    StopReason.BUDGET: "A budget was used up.",
    StopReason.DISABLED: "A provider was switched off.",
    StopReason.SHUTDOWN: "Its process stopped; it goes on by itself.",
    StopReason.FAILED: "It failed; the log of the server says why.",
}


def _state(run: BenchmarkRun, *, live: bool) -> State:
    if live:
        return State("well", "refresh-cw", "Stopping" if run.stop_asked_at else "Running")
    if run.state is RunState.FINISHED:
        return State("well", "circle-check", "Finished")
    return State("pencil", "pause", "Cut off" if run.state is RunState.RUNNING else "Stopped")


def _note(run: BenchmarkRun, *, live: bool) -> str:
    if live or run.state is RunState.FINISHED:
        return ""
    return _WHY[run.reason] if run.reason else "Its process died. What was answered is kept."


@dataclass(frozen=True, slots=True)
class RunForm:
    """What somebody chose, as they typed it."""

    categories: tuple[str, ...]
    providers: tuple[str, ...]
    cap: str

    def cost_cap(self) -> NanoDollars:
        """Raises `InvalidInput`."""
        try:
            dollars = Decimal(self.cap.strip().removeprefix("$").replace(",", "."))
        except InvalidOperation:
            dollars = Decimal(0)
        if not dollars.is_finite() or not 0 < dollars <= MOST_CAP:
            raise InvalidInput("A number of dollars above 0, such as 0.25.")
        return from_dollars(dollars)


@dataclass(frozen=True, slots=True)
class AnswerView:
    answer: BenchmarkAnswer
    state: State
    prompt: str


def answer_views(answers: Iterable[BenchmarkAnswer], prompts: Mapping[str, str]) -> list[AnswerView]:
    """The poorest first. ``prompts`` by test; a test that is no more has none."""
    ordered = sorted(answers, key=lambda answer: (answer.quality, answer.category, answer.provider, answer.test_id))
    return [AnswerView(answer, _answer_state(answer), prompts.get(answer.test_id, "")) for answer in ordered]


def _answer_state(answer: BenchmarkAnswer) -> State:
    if answer.error_code is not None:
        return State("brick", "circle-x", "No answer")
    return State("well", "circle-check", "Passed") if answer.passed else State("pencil", "circle-dot", "Not passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Runs that begin by themselves."""

    words: str
    can_be_paused: bool = False
    is_paused: bool = False


def timetable(
    next_run: datetime | None,
    every: timedelta | None,
    *,
    cap: Decimal,
    paused_at: datetime | None,
    zone: tzinfo,
    now: datetime,
) -> Timetable:
    """``cap``: dollars that one run may cost."""
    if every is None:
        return Timetable(words="No run begins by itself: MASTERX_BENCHMARK_EVERY_HOURS is off.")
    if paused_at is not None:
        since = _moment(paused_at, zone, now)
        return Timetable(words=f"Paused since {since}: no run begins by itself.", is_paused=True)
    if next_run is None:
        return Timetable(words="Real models are asked by themselves; none is configured.")
    hours = every / timedelta(hours=1)
    often = "hour" if hours == 1 else f"{hours:g} hours"
    when = "now" if next_run <= now else _moment(next_run, zone, now)
    words = f"All real models are asked every {often}, for ${cap:.2f} at most each time. The next run: {when}."
    return Timetable(words=words, can_be_paused=True)


def _moment(moment: datetime, zone: tzinfo, now: datetime) -> str:
    then = moment.astimezone(zone)
    if then.date() == now.astimezone(zone).date():
        return f"{then:%H:%M}"
    return f"{then.day} {then:%B}, {then:%H:%M}"
