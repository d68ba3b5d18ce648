"""A simulated month of routing: `python -m benchmarks.routing_month`, from the repository's root.

The router and the score as they are, on 20 months whose truth is known; `masterx.routing.simulation.World` says what is
assumed. The bars: nine of ten turns to the provider with the highest true objective, a change found within 200 turns,
at most 70 % of what always asking the strongest costs at 97 % or more of its quality.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import asdict

from masterx.routing.simulation import Month, World, simulate


def mean_and_range(values: list[float]) -> dict[str, float]:
    return {
        "mean": round(statistics.mean(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }


def summary(months: list[Month]) -> dict[str, object]:
    rows = [asdict(month) for month in months]
    found: dict[str, object] = {
        name: mean_and_range([row[name] for row in rows]) for name in rows[0] if name != "found_after"
    }
    turns = [month.found_after for month in months]
    known = [each for each in turns if each is not None]
    found["found_after"] = {
        "median": statistics.median(known),
        "most": max(known),
        "within_200": sum(each <= 200 for each in known),
        "not_found": turns.count(None),
    }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--own-spread", type=float, default=World().own_spread, help="of a provider on a test, points")
    parser.add_argument("--dial", type=float, default=World().dial)
    options = parser.parse_args()
    world = World(own_spread=options.own_spread, dial=options.dial)
    months = [simulate(seed, world) for seed in range(1, options.seeds + 1)]
    print(json.dumps({"seeds": options.seeds, **summary(months)}, indent=2))


if __name__ == "__main__":
    main()
