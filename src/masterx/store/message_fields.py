"""The question below an answer and what calculation says of it, as they are kept: objects, the same in every store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from masterx.records.checks import AnswerCheck, CheckedFact, Contradiction
from masterx.records.lesson_items import LessonItem


def item_fields(item: LessonItem) -> dict[str, Any]:
    return asdict(item)


def item_of(kept: Mapping[str, Any]) -> LessonItem:
    return LessonItem(**kept)


def check_fields(check: AnswerCheck) -> dict[str, Any]:
    return {
        "facts": [asdict(fact) for fact in check.facts],
        "contradictions": [asdict(each) for each in check.contradictions],
    }


def check_of(kept: Mapping[str, Any]) -> AnswerCheck:
    return AnswerCheck(
        facts=tuple(
            CheckedFact(order=fact["order"], formula=fact["formula"], results=tuple(fact["results"]))
            for fact in kept["facts"]
        ),
        contradictions=tuple(Contradiction(**each) for each in kept["contradictions"]),
    )
