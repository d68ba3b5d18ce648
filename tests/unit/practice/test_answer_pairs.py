"""Pairs written before the grader, and others written after it: none may be accepted wrongly, almost none refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.lines import grade_line

FILES = {"answer_pairs.jsonl": 500, "later_answer_pairs.jsonl": 300}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Algebra() as algebra:
        yield Grader(algebra)


@pytest.mark.parametrize(("file", "least"), FILES.items())
def test_the_pairs_are_decided_as_people_decided(grader: Grader, file: str, least: int) -> None:
    pairs = [json.loads(line) for line in (Path(__file__).parent / file).read_text("utf-8").splitlines()]
    assert len(pairs) >= least
    wrong: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        expected = pair["verdict"]
        given = {key: value for key, value in pair.items() if key != "verdict"}
        found = grade_line(json.dumps(given), grader)
        assert found["id"] == pair["id"]
        wrong[expected, found["verdict"]] += found["verdict"] != expected
    accepted_wrongly = sum(count for (_, found), count in wrong.items() if found == "accept")
    refused_wrongly = sum(count for (expected, _), count in wrong.items() if expected == "accept")
    assert accepted_wrongly == 0
    assert refused_wrongly <= 0.01 * len(pairs)
    assert wrong.total() <= 0.01 * len(pairs)
