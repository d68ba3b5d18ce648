"""The pairs that were written before the grader: none may be accepted wrongly, almost none refused wrongly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.lines import grade_line

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "answer_pairs.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Algebra() as algebra:
        yield Grader(algebra)


def test_the_pairs_are_decided_as_people_decided(grader: Grader) -> None:
    assert len(PAIRS) >= 500
    wrong: Counter[tuple[str, str]] = Counter()
    for pair in PAIRS:
        expected = pair["verdict"]
        given = {key: value for key, value in pair.items() if key != "verdict"}
        found = grade_line(json.dumps(given), grader)
        assert found["id"] == pair["id"]
        wrong[expected, found["verdict"]] += found["verdict"] != expected
    accepted_wrongly = sum(count for (_, found), count in wrong.items() if found == "accept")
    refused_wrongly = sum(count for (expected, _), count in wrong.items() if expected == "accept")
    assert accepted_wrongly == 0
    assert refused_wrongly <= 0.01 * len(PAIRS)
    assert wrong.total() <= 0.01 * len(PAIRS)
