"""One item out of its template: the same item id and seed give the same item, on every machine."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masterx.practice.grading.lines import LineFault, read_tolerance
from masterx.practice.grading.verdicts import AnswerKind, NamedError, Task
from masterx.practice.items import ItemTemplate
from masterx.practice.template_language import TemplateFault, evaluate, render

MAX_DRAWS = 400
"""Tries to meet the conditions of a template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a learner sees, and what the answer is held against."""

    id: str
    seed: int
    skill: str
    difficulty: float
    question: str
    program: str
    task: Task
    hints: tuple[str, ...]
    """Without the general idea, which is the skill's."""
    solution: str
    values: tuple[tuple[str, Any], ...] = ()
    """The parameters of this draw."""


def draw(template: ItemTemplate, seed: int) -> Item:
    """Raises `TemplateFault` when the template has a mistake or its conditions are hardly ever met."""
    source = random.Random(f"{template.id}:{seed}")  # noqa: S311 - the same for everybody who knows the seed
    for _ in range(MAX_DRAWS):
        values = {name: _drawn(name, given, source) for name, given in template.parameters.items()}
        names = dict(values)
        for name, text in template.let.items():
            names[name] = evaluate(text, names)
        if all(evaluate(condition, names) for condition in template.where):
            return _item(template, seed, names, values, source)
        if not template.parameters:
            break
    raise TemplateFault("The conditions in `where` are not met by any draw.")


def _drawn(name: str, given: str | list[int | float | str], source: random.Random) -> Any:
    if isinstance(given, list):
        if not given:
            raise TemplateFault(f"The parameter {name} has no values.")
        value = source.choice(given)
        return evaluate(repr(value), {}) if isinstance(value, float) else value
    bounds = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", given)
    if bounds is None or int(bounds[1]) > int(bounds[2]):
        raise TemplateFault(f"The parameter {name} is no range such as 2..9.")
    return source.randint(int(bounds[1]), int(bounds[2]))


def _item(
    template: ItemTemplate, seed: int, names: Mapping[str, Any], values: Mapping[str, Any], source: random.Random
) -> Item:
    def text(given: str) -> str:
        return render(given, names)

    is_output = template.kind is AnswerKind.OUTPUT
    answer = _plain(template.answer, names) if is_output else text(template.answer)
    errors = tuple(
        NamedError(
            answer=_plain(error.answer, names) if is_output else text(error.answer),
            feedback=text(error.feedback),
            name=error.name or f"{template.id}.{place}",
            credit=error.credit,
        )
        for place, error in enumerate(template.errors, 1)
        if not error.when or evaluate(error.when, names)
    )
    return Item(
        id=template.id,
        seed=seed,
        skill=template.skill,
        difficulty=template.difficulty,
        question=text(template.question),
        program=_plain(template.program, names),
        task=_task(template, text(template.question), answer, errors, source),
        hints=tuple(map(text, template.hints)),
        solution=text(template.solution),
        values=tuple(values.items()),
    )


def _plain(given: str, names: Mapping[str, Any]) -> str:
    """Programs and outputs: only `{=name}` is filled in, braces belong to Python, and no sign is tidied."""
    return re.sub(r"\{=([^{}]+)\}", lambda found: render("{" + found[1] + "}", names), given).strip("\n")


def _task(
    template: ItemTemplate, question: str, answer: str, errors: tuple[NamedError, ...], source: random.Random
) -> Task:
    choices: list[str] = []
    if template.kind is AnswerKind.CHOICE:
        choices = [answer, *(error.answer for error in errors)]
        source.shuffle(choices)
    try:
        tolerance = read_tolerance(template.tolerance)
    except LineFault as fault:
        raise TemplateFault(str(fault)) from fault
    return Task(
        kind=template.kind,
        reference=answer,
        question=question,
        tolerance=tolerance,
        unit=template.unit or None,
        choices=tuple(choices),
        errors=errors,
    )
