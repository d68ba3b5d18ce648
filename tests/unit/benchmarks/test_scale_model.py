"""The laws that a model of queues keeps, whatever its inputs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.scale_model import (
    Capacities,
    Costs,
    Load,
    Prices,
    Sizes,
    cpu_seconds,
    dollars_table,
    erlang_c,
    mean_wait,
    monthly_dollars,
    parts_for,
    parts_table,
    simulate,
    sizes_table,
    storage_gib,
    turn_rate,
    wait_percentile,
    workers_for,
)
from hypothesis import given
from hypothesis import strategies as st

SMALL = Load(learners=400, thinking_seconds=10.0, answering_seconds=1.0)
rates = st.floats(0.01, 500)
services = st.floats(0.001, 0.5)


def test_one_server_is_the_textbooks() -> None:
    """M/M/1: the probability to wait is the utilisation u, the mean wait u / (1 - u) services."""
    for used in (0.1, 0.5, 0.9):
        assert erlang_c(1, used) == pytest.approx(used)
        assert mean_wait(1, used, 1.0) == pytest.approx(used / (1 - used))


def test_two_servers_are_the_textbooks() -> None:
    """M/M/2: the probability to wait is 2u² / (1 + u)."""
    for used in (0.1, 0.5, 0.9):
        assert erlang_c(2, 2 * used) == pytest.approx(2 * used**2 / (1 + used))


@given(servers=st.integers(1, 60), share=st.floats(0.01, 0.99))
def test_a_probability_that_falls_with_servers(servers: int, share: float) -> None:
    offered = servers * share
    assert 0 <= erlang_c(servers + 1, offered) <= erlang_c(servers, offered) <= 1


@given(servers=st.integers(1, 40), rate=rates, service=services)
def test_more_load_waits_longer_and_more_servers_shorter(servers: int, rate: float, service: float) -> None:
    assert mean_wait(servers, rate, service) <= mean_wait(servers, rate * 1.1, service)
    assert mean_wait(servers + 1, rate, service) <= mean_wait(servers, rate, service)
    assert wait_percentile(servers, rate, service, 0.5) <= wait_percentile(servers, rate, service, 0.95)
    assert math.isinf(mean_wait(servers, 1.01 * servers / service, service))


@given(rate=rates, service=services, utilisation=st.floats(0.2, 0.9))
def test_the_workers_are_enough_and_one_less_is_not(rate: float, service: float, utilisation: float) -> None:
    workers = workers_for(rate, service, utilisation)
    assert rate * service <= workers * utilisation * (1 + 1e-9)
    assert workers == 1 or rate * service > (workers - 1) * utilisation * (1 - 1e-9)


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_littles_law(workers: int) -> None:
    """What is under way is the rate times how long it takes."""
    found = simulate(SMALL, workers=workers, service=0.04, seconds=400.0)
    assert found.in_flight == pytest.approx(found.turns_a_second * found.response_seconds, rel=0.03)


def test_the_utilisation_law_and_the_interactive_one() -> None:
    found = simulate(SMALL, workers=3, service=0.04, seconds=600.0)
    assert found.utilisation == pytest.approx(found.turns_a_second * 0.04 / 3, rel=0.03)
    rounds = SMALL.thinking_seconds + found.response_seconds
    assert found.turns_a_second == pytest.approx(SMALL.learners / rounds, rel=0.03)


def test_too_few_workers_are_the_limit() -> None:
    found = simulate(SMALL, workers=1, service=0.04, seconds=300.0)
    assert found.utilisation > 0.99
    assert found.turns_a_second == pytest.approx(1 / 0.04, rel=0.03)
    assert found.p95_wait > simulate(SMALL, workers=3, service=0.04, seconds=300.0).p95_wait


def test_the_same_seed_is_the_same_run() -> None:
    runs = [simulate(SMALL, workers=2, service=0.02, seconds=60.0, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


@given(learners=st.integers(1, 1_000_000))
def test_more_learners_need_no_less_of_anything(learners: int) -> None:
    fewer, more = (
        {part.name: part.units for part in parts_for(Load(learners=count), Costs(), Capacities())}
        for count in (learners, 2 * learners)
    )
    assert all(fewer[name] <= more[name] for name in fewer)
    for part in parts_for(Load(learners=learners), Costs(), Capacities()):
        assert part.utilisation(turn_rate(Load(learners=learners))) <= 1 + 1e-9


def test_what_saturates_first_comes_first() -> None:
    limits = [part.turns_a_second for part in parts_for(Load(), Costs(), Capacities())]
    assert limits == sorted(limits)


def test_storage_and_models_grow_in_proportion() -> None:
    assert storage_gib(2_000, 5) == pytest.approx(2 * storage_gib(1_000, 5))
    once = monthly_dollars(Load(), Prices(), cores=8, messages=1_000, sizes=Sizes())
    twice = monthly_dollars(replace(Load(), learners=20_000), Prices(), cores=8, messages=2_000, sizes=Sizes())
    assert twice["models"] == pytest.approx(2 * once["models"])
    assert twice["storage"] == pytest.approx(2 * once["storage"])
    assert twice["cores"] == once["cores"]


def test_the_document_quotes_the_model() -> None:
    """What takes seconds to simulate is not made anew."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "scale.md").read_text()
    workers = workers_for(turn_rate(Load()), cpu_seconds(Costs()), Capacities().worker_utilisation)
    for each in (parts_table(Load()), sizes_table(Sizes()), dollars_table(Load(), workers)):
        assert each in page, f"docs/scale.md is out of date: make scale-model\n{each}"
