"""docs/benchmarks.md: its example is a sound suite, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from masterx.routing.benchmarks.grading.empathy import POINTS
from masterx.routing.benchmarks.grading.grader import GRADERS
from masterx.routing.benchmarks.linting import lint
from masterx.routing.benchmarks.suite_files import read_suites

PAGE = Path(__file__).parents[4] / "docs" / "benchmarks.md"


async def test_the_example_is_sound() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found, mistakes = read_suites([("example.toml", text)])
    assert mistakes == []
    assert await lint(found, {"example.toml": text}) == []


def test_every_kind_of_check_is_described() -> None:
    described = re.findall(r"^\| `(\w+)` \|.*\|.*\|$", PAGE.read_text(), re.MULTILINE)
    assert set(described) >= {*GRADERS, "empathy"}


def test_the_points_of_the_rubric_are_published() -> None:
    rubric = PAGE.read_text().partition("## The empathy rubric")[2].partition("## Tests of your own")[0]
    points = [int(number) for number in re.findall(r"^\| (\d+) \|", rubric, re.MULTILINE)]
    assert points == list(POINTS.values())
    assert sum(points) == 100
