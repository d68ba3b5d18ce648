from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider
from tests.fakes.records import make_benchmark_result

from masterx.costs.prices import Prices
from masterx.providers.base import Provider
from masterx.records.benchmarks import BenchmarkResult
from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.routing.breakers import Breakers
from masterx.routing.scoreboard import Scoreboard
from masterx.routing.selecting import Asked, Selector, draw_of
from masterx.settings import RoutingSettings

STRONG = FakeProvider(name="strong", model_name="gpt-4o", price_id="openai")
WEAK = FakeProvider(name="weak", model_name="gpt-4o-mini", price_id="openai")
ASKED = Asked(text="Why is the sky blue, and not violet?", seed="a", category="math")


class Ready:
    def __init__(self, *providers: FakeProvider) -> None:
        self.providers = providers

    def ready(self) -> Sequence[Provider]:
        return self.providers


class Forbidden:
    def pinned(self, _category: str) -> str | None:
        return None

    def forbidden(self, category: str) -> frozenset[str]:
        return frozenset({"strong"}) if category == "math" else frozenset()


class Kept:
    """What a store would say."""

    def __init__(self, **scores: float) -> None:
        self.results = [
            make_benchmark_result(
                name, score, model_name="gpt-4o" if name == "strong" else "gpt-4o-mini", avg_response_time_ms=500.0
            )
            for name, score in scores.items()
        ]

    async def benchmark_results(self, **_options: object) -> Sequence[BenchmarkResult]:
        return self.results

    async def feedback_standing(self, since: object, until: object) -> Sequence[FeedbackStanding]:
        return ()

    async def feedback_days(self, since: object, until: object) -> Sequence[FeedbackDay]:
        return ()


async def opened(kept: Kept, **options: object) -> Selector:
    ready = Ready(STRONG, WEAK)
    board = Scoreboard(kept, FrozenClock(), Prices(), lambda: [one.info for one in ready.ready()])
    await board.refresh()
    settings = RoutingSettings(_env_file=None, routing_dial_free=1.0, **options.pop("settings", {}))  # type: ignore[arg-type]  # by name
    return Selector(ready, Breakers(FrozenClock()), scores=board, settings=settings, **options)  # type: ignore[arg-type]  # by name


async def order(selector: Selector, asked: Asked) -> list[str]:
    return [each.provider.name for each in (await selector.select(asked)).candidates]


async def test_the_better_one_is_asked_first_with_score_price_and_reason() -> None:
    selector = await opened(Kept(strong=70.0, weak=90.0))
    found = await selector.select(ASKED)
    first = found.candidates[0].weighed()
    assert (first.provider, found.grounds.category, found.grounds.dial) == ("weak", "math", 1.0)
    assert first.score is not None
    assert first.score > 85
    assert first.price
    assert first.reason.startswith("best for math at its price")


async def test_where_nobody_was_benchmarked_the_operators_order_stands() -> None:
    selector = await opened(Kept(weak=90.0))
    assert await order(selector, replace(ASKED, category="coding")) == ["strong", "weak"]
    found = await selector.select(replace(ASKED, category="coding"))
    assert found.candidates[0].weighed().score is None


async def test_an_operator_can_keep_to_the_order() -> None:
    selector = await opened(Kept(strong=70.0, weak=90.0), settings={"routing": "order"})
    assert await order(selector, ASKED) == ["strong", "weak"]
    assert not selector.has_choice


async def test_a_former_models_results_say_nothing_of_the_present_one() -> None:
    kept = Kept(strong=70.0, weak=90.0)
    kept.results[1] = replace(kept.results[1], model_name="another")
    found = await (await opened(kept)).select(ASKED)
    assert "not benchmarked yet" in next(each.reason for each in found.candidates if each.provider.name == "weak")


async def test_a_model_that_answered_no_test_was_tried_all_the_same() -> None:
    kept = Kept(strong=70.0, weak=0.0)
    failed = replace(kept.results[1], error_code="provider_timeout", tests_total=12, tests_passed=0)
    kept.results[1:] = [failed, replace(failed, id="older", timestamp=failed.timestamp - timedelta(days=2))]

    async def said() -> str:
        found = await (await opened(kept)).select(ASKED)
        return next(each.reason for each in found.candidates if each.provider.name == "weak")

    assert f"tried on {failed.timestamp:%Y-%m-%d}, answered none of 12 tests" in await said()
    kept.results[2] = replace(kept.results[2], error_code=None, final_score=90.0)
    assert "tried" not in await said()


async def test_that_a_model_became_worse_is_said_beside_it() -> None:
    kept = Kept(strong=80.0, weak=75.0)
    newest = kept.results[0]
    kept.results += [
        replace(newest, id=str(day), final_score=96.0, timestamp=START - timedelta(days=day)) for day in range(1, 5)
    ]
    found = await (await opened(kept)).select(ASKED)
    strong = next(each for each in found.candidates if each.provider.name == "strong")
    assert f"its tests fell by 16 points on {START:%Y-%m-%d}" in strong.reason


async def test_a_new_result_counts_from_the_next_look_on() -> None:
    kept, ready = Kept(strong=80.0, weak=75.0), Ready(STRONG, WEAK)
    board = Scoreboard(kept, FrozenClock(), Prices(), lambda: [one.info for one in ready.ready()])
    await board.refresh()
    before = board.score(WEAK.info, "math").value
    await board.refresh()
    assert board.score(WEAK.info, "math").value == before
    kept.results = [*kept.results, replace(kept.results[1], id="newer", final_score=79.0)]
    await board.refresh()
    assert board.score(WEAK.info, "math").value > before


async def test_whom_an_operator_forbade_is_not_called() -> None:
    selector = await opened(Kept(strong=95.0, weak=60.0), rules=Forbidden())
    found = await selector.select(ASKED)
    assert [each.provider.name for each in found.candidates] == ["weak", "strong"]
    assert found.candidates[1].reason == "forbidden for math by the operator"
    assert (found.may_call("weak"), found.may_call("strong")) == (True, False)


async def test_a_lesson_that_turns_to_something_else_is_asked_anew() -> None:
    """Of the same category, but nothing like the message before."""
    selector = await opened(Kept(strong=82.0, weak=81.5))
    one, other = np.zeros(384, dtype=np.float32), np.zeros(384, dtype=np.float32)
    one[0] = other[1] = 1
    text = "Now something else altogether: how do I fold a paper crane?"
    lesson = replace(ASKED, text=text, lesson="l", assigned="weak", former_category="math", embedding=one)
    assert await order(selector, lesson) == ["weak", "strong"]
    assert await order(selector, lesson) == ["weak", "strong"]
    assert await order(selector, replace(lesson, embedding=other)) == ["strong", "weak"]
    assert await order(selector, replace(lesson, embedding=one, text="and why?")) == ["weak", "strong"]
    assert await order(selector, replace(lesson, former_category="coding")) == ["strong", "weak"]


def test_a_draw_is_even_and_always_the_same() -> None:
    drawn = [draw_of(str(number)) for number in range(2_000)]
    assert drawn == [draw_of(str(number)) for number in range(2_000)]
    assert all(0 <= each < 1 for each in drawn)
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.03)
