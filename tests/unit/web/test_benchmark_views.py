from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.records import make_benchmark_result

from masterx.clock import new_id
from masterx.errors import InvalidInput
from masterx.records.benchmarks import (
    BenchmarkAnswer,
    BenchmarkedModel,
    BenchmarkedSuite,
    BenchmarkResult,
    BenchmarkRun,
    RunState,
    RunTrigger,
    StopReason,
)
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.web.benchmark_views import (
    RunForm,
    answer_views,
    history_of,
    in_words,
    run_view,
    standings,
    timetable,
)

DAY = timedelta(days=1)
ORDER = ["openai", "groq", "mistral"]


def result(provider: str, score: float, error: float | None = 2.0, **changes: Any) -> BenchmarkResult:
    models = {"model_name": f"{provider}-1", "run_id": "run", "quality_error": error, "final_error": error}
    return make_benchmark_result(provider, score, avg_cost=NanoDollars(1_600_000), **models | changes)


def run(**changes: Any) -> BenchmarkRun:
    made = BenchmarkRun(
        id=new_id(START),
        trigger=RunTrigger.OPERATOR,
        state=RunState.RUNNING,
        suites=(BenchmarkedSuite("math", "1", 25),),
        models=(BenchmarkedModel("openai", "o"), BenchmarkedModel("groq", "g")),
        cost_cap=NanoDollars(250_000_000),
        started_at=START,
        seen_at=START,
        done=10,
    )
    return replace(made, **changes)


def test_the_best_comes_first_and_ties_are_said() -> None:
    found = [result("groq", 81.2), result("openai", 83.0), result("mistral", 60.0), result("groq", 1, category="law")]
    lines = standings(found, "math", ORDER, {"openai": "openai-1", "groq": "newer"})
    assert [line.result.provider for line in lines] == ["openai", "groq", "mistral"]
    assert [line.ties_with_best for line in lines] == [False, True, False]
    assert [line.in_use for line in lines] == [True, False, False]
    assert [line.place for line in lines] == [0, 1, 2]
    assert (lines[0].low, lines[0].high) == (81.0, 85.0)
    assert "cannot be told apart from groq" in in_words(lines, "math")
    assert in_words([lines[0], lines[2]], "math") == "openai leads with 83.0."
    assert in_words([], "math") == ""


def test_who_never_answered_is_last_and_has_no_price() -> None:
    failed = result("mistral", 0, None, error_code="provider_auth", pricing=None)
    lines = standings([failed, result("openai", 50)], "math", ORDER, {})
    assert (lines[1].failed, lines[1].price, lines[1].time) == ("its key was not accepted", "–", "–")
    assert in_words(lines[1:], "math") == "Nobody answered the tests of math."


@pytest.mark.parametrize(
    ("pricing", "words"), [(Pricing.FREE, "free"), (Pricing.UNPRICED, "no price"), (Pricing.PRICED, "$0.0016")]
)
def test_a_price_is_said_as_it_is_known(pricing: Pricing, words: str) -> None:
    (line,) = standings([result("openai", 50, pricing=pricing)], "math", ORDER, {})
    assert line.price == words


def test_error_bars_stay_on_the_scale() -> None:
    (high,) = standings([result("openai", 99, 4)], "math", ORDER, {})
    (low,) = standings([result("openai", 1, 4)], "math", ORDER, {})
    assert (high.high, low.low) == (100.0, 0.0)


def test_history_is_of_one_version_and_of_answers() -> None:
    found = [
        result("openai", 80, timestamp=START + 2 * DAY, run_id="3"),
        result("groq", 70, timestamp=START + 2 * DAY, run_id="3"),
        result("groq", 0, timestamp=START + DAY, run_id="2", error_code="provider_timeout"),
        result("openai", 85, timestamp=START + DAY, run_id="2"),
        result("openai", 10, timestamp=START, run_id="1", suite_version="0"),
    ]
    history = history_of(found, ORDER)
    drawn = json.loads(history.drawn())
    assert [series["name"] for series in drawn["series"]] == ["openai", "groq"]
    assert [series["values"] for series in drawn["series"]] == [[85, 80], [None, 70]]
    assert history.is_plot
    assert history.sentence() == "Over 2 runs: openai from 85.0 to 80.0."
    assert [one.final_score for one in history.results] == [80, 70, 85]
    assert not history_of([], ORDER).is_plot


def test_a_name_cannot_end_the_script_that_holds_it() -> None:
    odd = "</script>"
    assert "<" not in history_of([result(odd, 5)], [odd]).drawn()


@pytest.mark.parametrize(
    ("changes", "word", "goes_on"),
    [
        ({}, "Running", False),
        ({"stop_asked_at": START}, "Stopping", False),
        ({"state": RunState.FINISHED}, "Finished", False),
        ({"state": RunState.STOPPED, "reason": StopReason.COST_CAP}, "Stopped", True),
        ({"seen_at": START - DAY}, "Cut off", True),
    ],
)
def test_the_state_of_a_run(changes: dict[str, Any], word: str, goes_on: bool) -> None:
    view = run_view(run(**changes), START)
    assert (view.state.word, view.can_go_on) == (word, goes_on)
    assert view.what == "math: openai and groq"
    assert view.spent == "$0.00 of $0.25"
    assert view.done == 0.2


@pytest.mark.parametrize(("typed", "nanos"), [("0.25", 250_000_000), (" $2 ", 2_000_000_000), ("0,5", 500_000_000)])
def test_dollars_are_read_as_people_write_them(typed: str, nanos: int) -> None:
    assert RunForm((), (), typed).cost_cap() == nanos


@pytest.mark.parametrize("typed", ["", "much", "0", "-1", "NaN", "inf", "1e9"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        RunForm((), (), typed).cost_cap()


def test_answers_come_poorest_first_with_their_question() -> None:
    answer = BenchmarkAnswer(
        run_id="run",
        category="math",
        provider="groq",
        model_name="g",
        test_id="math.one",
        answered_at=START,
        quality=80,
        passed=True,
        time_ms=5,
        cost=NanoDollars(0),
        pricing=Pricing.FREE,
        tokens=3,
        reasons=("Right.",),
    )
    poor = replace(answer, test_id="math.two", quality=0, passed=False)
    failed = replace(poor, test_id="math.three", error_code="provider_timeout")
    views = answer_views([answer, poor, failed], {"math.one": "1 + 1?"})
    assert [view.state.word for view in views] == ["No answer", "Not passed", "Passed"]
    assert [view.prompt for view in views] == ["", "", "1 + 1?"]


def test_when_the_next_run_comes() -> None:
    every = timedelta(hours=6)
    told = partial(timetable, cap=Decimal("0.25"), zone=UTC, now=START)
    words = told(START + every, every, paused_at=None).words
    assert words == "All real models are asked every 6 hours, for $0.25 at most each time. The next run: 21:09."
    assert "15 March, 15:09" in told(START + DAY, every, paused_at=None).words
    assert told(START, every, paused_at=None).can_be_paused
    assert "HOURS is off" in told(None, None, paused_at=None).words
    assert "none is configured" in told(None, every, paused_at=None).words
    paused = told(None, every, paused_at=START)
    assert (paused.is_paused, paused.can_be_paused) == (True, False)
    assert "Paused since 15:09" in paused.words
