"""Each number that a suite holds for right, found again by another way: by sympy where it applies, else by counting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any

import pytest
import sympy

from masterx.routing.benchmarks.grading.checks import NumberCheck
from masterx.routing.benchmarks.suite import BenchmarkTest
from masterx.routing.benchmarks.suite_files import own_suites

x, y, t = sympy.symbols("x y t", real=True)


def _two_heads() -> Any:
    start, after_one = sympy.symbols("s a")
    solved = sympy.solve([start - 1 - (start + after_one) / 2, after_one - 1 - start / 2], [start, after_one])
    return solved[start]


def _committees() -> int:
    people = "WWWWWWWMMMMM"
    chosen = (tuple(people[place] for place in places) for places in combinations(range(12), 4))
    return sum(set(some) == {"W", "M"} for some in chosen)


def _ladder() -> Any:
    foot = sympy.Function("foot")(t)
    top = sympy.sqrt(100 - foot**2)
    speed = sympy.diff(top, t).subs(sympy.Derivative(foot, t), sympy.Rational(3, 5)).subs(foot, 6)
    return -speed


def _jugs(large: int, small: int, wanted: int) -> int:
    """Breadth first."""
    queue, seen = deque([(0, 0, 0)]), {(0, 0)}
    while queue:
        one, two, moves = queue.popleft()
        if wanted in {one, two}:
            return moves
        down, up = min(one, small - two), min(two, large - one)
        following = [(large, two), (one, small), (0, two), (one, 0), (one - down, two + down), (one + up, two - up)]
        for state in following:
            if state not in seen:
                seen.add(state)
                queue.append((*state, moves + 1))
    raise AssertionError("out of reach")


def _fewest_coins(total: int, coins: tuple[int, ...]) -> int:
    fewest = [0] + [total] * total
    for amount in range(1, total + 1):
        fewest[amount] = 1 + min(fewest[amount - coin] for coin in coins if coin <= amount)
    return fewest[total]


def _age() -> Any:
    return 3 * sympy.solve(3 * x + 10 - 2 * (x + 10), x)[0]


def _bayes() -> Any:
    ill = sympy.Rational(1, 50)
    hit, false_alarm = ill * sympy.Rational(9, 10), (1 - ill) * sympy.Rational(1, 20)
    return 100 * hit / (hit + false_alarm)


def _deviation() -> Any:
    values = [3, 7, 7, 9, 14]
    mean = sympy.Rational(sum(values), len(values))
    return sympy.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


FOUND: dict[str, Callable[[], Any]] = {
    "math.two-pumps": lambda: sympy.solve(x / 6 + x / 3 - 1, x)[0],
    "math.coins-until-two-heads": _two_heads,
    "math.discount-twice": lambda: 250 * sympy.Rational(80, 100) * sympy.Rational(85, 100),
    "math.average-speed": lambda: 48 / (sympy.Rational(24, 12) + sympy.Rational(24, 36)),
    "math.power-remainder": lambda: pow(7, 222, 10),
    "math.committee": _committees,
    "math.quadratic-larger-root": lambda: max(sympy.solve(x**2 - 3 * x - 54, x)),
    "math.derivative-at-point": lambda: sympy.diff(x**3 * sympy.log(x), x).subs(x, sympy.E),
    "math.integral-parabola": lambda: sympy.integrate(2 * x + 3 - x**2, (x, -1, 3)),
    "math.medical-test": _bayes,
    "math.clock-angle": lambda: abs(sympy.Rational(8 * 60 + 20, 2) - 20 * 6),
    "math.telescoping": lambda: sum(sympy.Rational(1, n * (n + 1)) for n in range(5, 95)),
    "math.dice-sum": lambda: Fraction(sum(sum(dice) == 10 for dice in product(range(1, 7), repeat=3)), 216),
    "math.density-conversion": lambda: sympy.Rational(1620, 15 * 8 * 5),
    "math.determinant": lambda: sympy.Matrix([[2, -1, 4], [3, 0, 5], [1, 6, -2]]).det(),
    "math.age-riddle": _age,
    "math.divisors": lambda: sympy.divisor_count(720_720),
    "math.compound-interest": lambda: round(2000 * sympy.Rational(104, 100) ** 3, 2),
    "math.standard-deviation": _deviation,
    "math.letters-arranged": lambda: len(set(permutations("BANANAS"))),
    "math.limit": lambda: sympy.limit((1 - sympy.cos(3 * x)) / x**2, x, 0),
    "math.handshakes-without-own": lambda: sum(a // 2 != b // 2 for a, b in combinations(range(18), 2)),
    "math.chinese-remainders": lambda: next(n for n in range(1, 316) if (n % 5, n % 7, n % 9) == (2, 3, 4)),
    "math.ladder": _ladder,
    "math.base-seven": lambda: int("2345", 7),
    "research.passage-bees": lambda: 48 - 9 + 12 - 7,
    "research.sample-size-margin": lambda: 400 * (sympy.Rational(5) / sympy.Rational(5, 2)) ** 2,
    "research.half-life": lambda: 5730 * sympy.log(16, 2),
    "research.relative-risk": lambda: sympy.Rational(100_000, 8_000),
    "research.two-sources-conflict": lambda: 1929,
    "general.recipe-scaled": lambda: sympy.Rational(450, 6) * 10,
    "general.two-water-jugs": lambda: _jugs(7, 4, 6),
    "general.coins-change": lambda: _fewest_coins(63, (1, 7, 20, 25)),
}


def number_tests() -> list[tuple[BenchmarkTest, NumberCheck]]:
    tests = (test for suite in own_suites().suites.values() for test in suite.tests)
    return [(test, check) for test in tests for check in test.grading if isinstance(check, NumberCheck)]


def test_every_number_of_the_suites_is_found_again() -> None:
    assert {test.id for test, _ in number_tests()} == set(FOUND)


@pytest.mark.parametrize(("test", "check"), number_tests(), ids=lambda value: getattr(value, "id", ""))
def test_the_number_is_right(test: BenchmarkTest, check: NumberCheck) -> None:
    found = float(FOUND[test.id]())
    assert found == pytest.approx(float(check.exact), abs=max(check.tolerance / 2, 1e-9))


def test_who_sits_where() -> None:
    """general.odd-one-by-rule: one seating fits all clues."""
    seatings = [
        order
        for order in permutations("ABCD")
        if order.index("A") + 1 == order.index("B") and order.index("C") in {0, 3} and order[1] == "D"
    ]
    assert [order[0] for order in seatings] == ["C"]


def test_who_tells_the_truth() -> None:
    """general.truth-tellers: one pair of kinds fits both sentences."""
    fitting = [
        (rosa, tom) for rosa, tom in product((True, False), repeat=2) if rosa == (rosa != tom) and tom == (not rosa)
    ]
    assert fitting == [(True, False)]
