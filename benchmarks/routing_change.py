"""How often `routing.change` sees a change where there is none, and how soon where there is one.

    python -m benchmarks.routing_change

False alarms a year of one provider in one category, with two test runs a day or a few ratings a day, looked at whenever
something came in; and how many runs, or ratings of that provider, pass until a fall is seen after a quiet week (median,
and in nine of ten cases). The noise is a month's: 1.6 points a run, one star a rating. About a minute.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from masterx.records.feedback_standing import FeedbackDay
from masterx.routing.change import Reading, last_change
from masterx.routing.evidence import change_in_ratings

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN_ERROR = 1.6
QUALITY = 80.0
WEEK_OF_RUNS, WEEK = 14, 7
MOST_LOOKS = 400

Looks = Iterator[bool]
"""Whether a change is seen, at one look after another."""


def runs(rng: random.Random, fall: float, quiet: int) -> Looks:
    """`quiet` runs, then worse by `fall`."""
    kept: list[Reading] = []
    place = 0
    while True:
        quality = QUALITY - fall * (place >= quiet)
        at = START + timedelta(hours=12 * place)
        kept = [*kept[1 - WEEK_OF_RUNS :], Reading(at, rng.gauss(quality, RUN_ERROR), RUN_ERROR**2)]
        yield last_change(kept) is not None
        place += 1


def ratings(a_day: int, rng: random.Random, fall: float, quiet: int) -> Looks:
    """`quiet` ratings, then worse by `fall`."""
    kept: list[FeedbackDay] = []
    place = 0
    while True:
        stars = []
        for _ in range(a_day):
            quality = QUALITY - fall * (place >= quiet)
            stars.append(min(5, max(1, round(rng.gauss(quality / 20, 1.0)))))
            today = FeedbackDay(
                day=(START + timedelta(days=place // a_day)).date(),
                provider="a",
                category="math",
                ratings_count=len(stars),
                ratings_mean=sum(stars) / len(stars),
            )
            yield change_in_ratings([*kept, today], 20.0) is not None
            place += 1
        kept = [*kept[2 - WEEK :], today]


def false_alarms_a_year(looks_of: Callable[[random.Random, float, int], Looks], a_year: int, years: int) -> float:
    found = 0
    for seed in range(years):
        looks = looks_of(random.Random(seed), 0.0, 0)
        seen = [next(looks) for _ in range(a_year)]
        found += sum(now and not before for before, now in pairwise([False, *seen]))
    return found / years


def delay(looks_of: Callable[[random.Random, float, int], Looks], fall: float, quiet: int, tries: int) -> list[int]:
    """Looks until it is seen: the middle one of the tries, and that of nine in ten; `MOST_LOOKS` where it is not."""
    found = []
    for seed in range(tries):
        looks = looks_of(random.Random(1_000 + seed), fall, quiet)
        for _ in range(quiet):
            next(looks)
        found.append(next((number for number in range(1, MOST_LOOKS) if next(looks)), MOST_LOOKS))
    found.sort()
    return [found[len(found) // 2], found[9 * len(found) // 10]]


def rated(a_day: int) -> Callable[[random.Random, float, int], Looks]:
    return lambda rng, fall, quiet: ratings(a_day, rng, fall, quiet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--years", type=int, default=60)
    parser.add_argument("--tries", type=int, default=100)
    options = parser.parse_args()
    figures = {
        "false_alarms_a_year": {
            "runs, 2 a day": false_alarms_a_year(runs, 730, options.years),
            "ratings, 2 a day": false_alarms_a_year(rated(2), 730, options.years),
            "ratings, 10 a day": false_alarms_a_year(rated(10), 3_650, max(1, options.years // 5)),
        },
        "runs_until_seen": {fall: delay(runs, fall, WEEK_OF_RUNS, options.tries) for fall in (15.0, 8.0, 5.0)},
        "ratings_until_seen": {fall: delay(rated(20), fall, 140, options.tries) for fall in (15.0, 8.0)},
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
