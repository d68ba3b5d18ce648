"""A simulated month of routing: `python -m benchmarks.routing_month`, from the repository's root.

The router and the score as they are, on months whose truth is known; `masterx.routing.simulation.World` says what is
assumed. The bars: nine of ten turns to the provider with the highest true objective, a change found within 200 turns,
at most 70 % of what always asking the strongest costs at 97 % or more of its quality.

No constant of the router was fitted on these seeds. `--sweep` goes through the dial's positions, `--unfriendly` through
worlds in which less is as it should be: minutes of one core each.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from math import sqrt

from masterx.routing.simulation import Month, World, simulate

FIRST_SEED, SEEDS = 2_001, 20
STUDENT_95 = {5: 2.776, 10: 2.262, 20: 2.093}
"""Of Student's t with one degree less; between them, the next smaller."""
WITHIN = 200
DIALS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.0)


def mean_and_interval(values: Sequence[float]) -> dict[str, float]:
    """With half of the 95 % interval of the mean over months."""
    factor = next((STUDENT_95[most] for most in sorted(STUDENT_95, reverse=True) if len(values) >= most), 4.303)
    half = factor * statistics.stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return {
        "mean": round(statistics.mean(values), 4),
        "within": round(half, 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }


def summary(months: Sequence[Month]) -> dict[str, object]:
    rows = [asdict(month) for month in months]
    found: dict[str, object] = {
        name: mean_and_interval([row[name] for row in rows]) for name in rows[0] if name != "found_after"
    }
    turns = [month.found_after for month in months]
    known = [each for each in turns if each is not None]
    found["found_after"] = {
        "median": statistics.median(known) if known else None,
        "most": max(known, default=None),
        "within_200": sum(each <= WITHIN for each in known),
        "not_found": turns.count(None),
    }
    return found


def worlds(world: World, *, sweep: bool, unfriendly: bool) -> Iterator[tuple[str, World]]:
    if sweep:
        yield from ((f"dial {dial:g}", replace(world, dial=dial)) for dial in DIALS)
    if unfriendly:
        yield "nobody is drawn to explore", replace(world, exploring=False)
        yield "suites off by 1 point", replace(world, own_spread=5.0)
        yield "suites off by 2 points", replace(world, own_spread=10.0)
        yield "suites off by 5 points", replace(world, own_spread=25.0)
        yield "the strongest gets worse", replace(world, worse="strong")
        yield "worse by 8 points", replace(world, worse_by=8.0)
        yield "worse by 5 points", replace(world, worse_by=5.0)
        yield (
            "tested once, at the start; the strongest gets worse",
            replace(world, worse="strong", benchmark_hours=24.0 * world.days),
        )
    if not sweep and not unfriendly:
        yield "as it is", world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--own-spread", type=float, default=World().own_spread, help="of a provider on a test, points")
    parser.add_argument("--dial", type=float, default=World().dial)
    parser.add_argument("--sweep", action="store_true", help="all positions of the dial")
    parser.add_argument("--unfriendly", action="store_true", help="worlds in which less is as it should be")
    options = parser.parse_args()
    base = World(own_spread=options.own_spread, dial=options.dial)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for name, world in worlds(base, sweep=options.sweep, unfriendly=options.unfriendly):
        months = [simulate(seed, world) for seed in seeds]
        print(json.dumps({"world": name, "seeds": options.seeds, **summary(months)}, indent=2), flush=True)


if __name__ == "__main__":
    main()
