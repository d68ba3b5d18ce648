from __future__ import annotations

from dataclasses import replace

from masterx.routing.simulation import World, simulate

SHORT = replace(World(), days=6, worse_on_day=3, turns_a_day=200, look_turns=20)


def test_the_same_seed_makes_the_same_month() -> None:
    assert simulate(3, SHORT) == simulate(3, SHORT)


def test_a_router_that_knows_the_truth_is_nearly_always_right() -> None:
    """What remains is exploring, and the days until a benchmark sees the change."""
    sure = replace(SHORT, test_spread=0.1, run_spread=0.1, rated_share=0.0)
    month = simulate(1, sure)
    assert month.best_share > 0.9
    assert month.explored_regret <= month.regret
    assert 0 < month.quality_share <= 1
    assert month.cost_share < 0.8


def test_quality_alone_goes_to_the_strongest() -> None:
    month = simulate(1, replace(SHORT, dial=1.0, worse_by=0.0, test_spread=0.1, run_spread=0.1, rated_share=0.0))
    assert month.best_share > 0.95
    assert month.cost_share > 0.95
