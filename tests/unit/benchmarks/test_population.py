from __future__ import annotations

import itertools
import random
import statistics

import pytest
from benchmarks.population import Kind, Population
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(), st.floats(1, 50), st.floats(0.1, 100))
def test_a_lesson_opens_with_the_page_and_a_question_and_takes_its_time(seed: int, turns: float, pace: float) -> None:
    population = Population(turns=turns, pace=pace)
    steps = list(population.lesson(random.Random(seed)))
    assert steps[0].kind is Kind.OPEN
    assert steps[1].kind in {Kind.ASK, Kind.STOP}
    assert all(step.after_seconds > 0 for step in steps[1:])
    assert steps == list(population.lesson(random.Random(seed)))
    for former, rating in itertools.pairwise(steps):
        assert rating.kind is not Kind.RATE or former.kind in {Kind.ASK, Kind.RETRY}


def test_there_are_as_many_turns_thoughts_and_learners_as_it_says() -> None:
    population, chance = Population(), random.Random(1)
    lessons = [list(population.lesson(chance)) for _ in range(2_000)]
    turns = [[step for step in lesson if step.kind not in {Kind.OPEN, Kind.RATE}] for lesson in lessons]
    thoughts = [step.after_seconds for lesson in turns for step in lesson]
    assert statistics.fmean(map(len, turns)) == pytest.approx(population.turns, rel=0.1)
    assert statistics.median(thoughts) == pytest.approx(population.think_seconds, rel=0.1)
    assert statistics.fmean(thoughts) == pytest.approx(population.mean_thinking(), rel=0.1)

    pauses = list(itertools.islice(population.arrivals(chance, 100, 5), 5_000))
    stay = population.turns * (population.mean_thinking() + 5)
    assert stay / statistics.fmean(pauses) == pytest.approx(100, rel=0.1)
