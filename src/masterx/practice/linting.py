"""Proof that a bank is sound: each template drawn 200 times, each draw graded, each answer found again by sympy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from masterx.authoring.programs import ProgramFault, outputs_of
from masterx.authoring.toml_files import Mistake, line_of
from masterx.practice.bank_files import Bank
from masterx.practice.drawing import Item, draw
from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader, ReferenceUnreadable
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.statements import names_in
from masterx.practice.grading.verdicts import AnswerKind, NamedError, Task, TooLarge, Unreadable, Verdict
from masterx.practice.items import ItemTemplate, Skill
from masterx.practice.template_language import TemplateFault, evaluate, render

DRAWS = 200
CHECKED_BY_ALGEBRA = 25
"""Distinct draws of a template whose answers sympy finds again; it takes its time."""
FEWEST_STEPS, MOST_STEPS = 2, 4


def lint(bank: Bank, texts: Mapping[str, str], algebra: Algebra, *, draws: int = DRAWS) -> Iterator[Mistake]:
    """`texts`: the files by name, to name lines. Programs of output items are run."""
    yield from _skills(bank)
    for template in bank.items.values():
        file, line = bank.places[template.id]
        for field, text in _item_faults(template, bank, algebra, draws):
            yield Mistake(file, line_of(texts[file], line, field), f"{template.id}: {text}")


def _skills(bank: Bank) -> Iterator[Mistake]:
    for skill in bank.skills.values():
        for needed in skill.needs:
            if needed not in bank.skills:
                yield Mistake(*_place(bank, skill), f"{skill.id} needs {needed}, which does not exist")
            elif bank.skills[needed].subject != skill.subject:
                yield Mistake(*_place(bank, skill), f"{skill.id} needs {needed}, which is another subject's")
    try:
        list(TopologicalSorter({skill.id: skill.needs for skill in bank.skills.values()}).static_order())
    except CycleError as error:
        circle = [str(name) for name in error.args[1]]
        yield Mistake(*_place(bank, bank.skills[circle[0]]), f"skills need each other: {' → '.join(circle)}")


def _place(bank: Bank, skill: Skill) -> tuple[str, int]:
    return bank.places.get(skill.id, ("skills.toml", 1))


def _item_faults(template: ItemTemplate, bank: Bank, algebra: Algebra, draws: int) -> Iterator[tuple[str, str]]:
    """Fields and sentences; the first fault of a kind is enough."""
    skill = bank.skills.get(template.skill)
    if skill is None:
        yield "skill", f"the skill {template.skill} does not exist"
        return
    steps = 1 + len(template.hints)
    if not template.licence and not FEWEST_STEPS <= steps <= MOST_STEPS:
        yield "hints", f"a ladder has {FEWEST_STEPS} to {MOST_STEPS} steps with the skill's own, not {steps}"
    try:
        items = _distinct(template, draws)
    except TemplateFault as fault:
        yield "where" if "where" in str(fault) else "question", str(fault)
        return
    grader = Grader(algebra)
    for item in items:
        faults = list(_draw_faults(item, skill, grader))
        if faults:
            yield from faults
            return
    if template.check:
        yield from _check_faults(template, items[:CHECKED_BY_ALGEBRA], grader, algebra)
    if template.kind is AnswerKind.OUTPUT:
        yield from _output_faults(items)


def _distinct(template: ItemTemplate, draws: int) -> list[Item]:
    """What 200 seeds give, each different item once."""
    found: dict[object, Item] = {}
    for seed in range(draws if template.parameters else 1):
        item = draw(template, seed)
        found.setdefault((item.values, item.task.choices), item)
    return list(found.values())


def _draw_faults(item: Item, skill: Skill, grader: Grader) -> Iterator[tuple[str, str]]:
    drawn = f" (draw {item.seed}: {dict(item.values)})" if item.values else ""
    texts = [item.question, item.solution, *item.hints, *(error.feedback for error in item.task.errors)]
    if item.values and any(re.search(r"[{}]", text) for text in texts if "\\" not in text and "{" not in item.program):
        yield "question", f"a brace was left in a text{drawn}"
    given = f"{item.task.reference} {item.task.unit or ''}".strip()
    try:
        grade = grader.grade(item.task, given)
    except ReferenceUnreadable as fault:
        yield "answer", f"the answer {item.task.reference!r} cannot be read: {fault}{drawn}"
        return
    if grade.verdict is not Verdict.ACCEPT and item.task.reference.strip():
        yield "answer", f"its own answer {given!r} is not accepted: {grade.feedback}{drawn}"
    yield from ((field, text + drawn) for field, text in _error_faults(item, grader))
    yield from ((field, text + drawn) for field, text in _leaks(item, skill))


def _error_faults(item: Item, grader: Grader) -> Iterator[tuple[str, str]]:
    seen: list[NamedError] = []
    for error in item.task.errors:
        given = f"{error.answer} {item.task.unit or ''}".strip()
        grade = grader.grade(item.task, given)
        if grade.verdict is not Verdict.REJECT:
            yield "errors", f"the wrong answer {error.answer!r} gets {grade.verdict}"
        elif grade.feedback != error.feedback:
            yield "errors", f"the wrong answer {error.answer!r} gets the feedback of another error, or a general one"
        if any(_same(error.answer, other.answer) for other in seen):
            yield "errors", f"two errors have the answer {error.answer!r}"
        seen.append(error)
    folded = [choice.strip() for choice in item.task.choices]
    if len(set(folded)) < len(folded):
        yield "errors", "two options are the same"


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()


def _leaks(item: Item, skill: Skill) -> Iterator[tuple[str, str]]:
    """A hint that holds the answer, where the question does not."""
    answer = item.task.reference.strip()
    if not answer or (answer.isalpha() and (len(answer) == 1 or answer in {"True", "False"})):
        return
    pattern = re.compile(rf"(?<![\w.,/^-]){re.escape(answer)}(?![\w/^]|[.,]\d)")
    if pattern.search(item.question) or pattern.search(item.program) or (answer.isdigit() and int(answer) < 10):
        return
    for step in (skill.hint, *item.hints):
        if pattern.search(step):
            yield "hints", f"the hint {step!r} gives the answer away"


def _check_faults(
    template: ItemTemplate, items: Iterable[Item], grader: Grader, algebra: Algebra
) -> Iterator[tuple[str, str]]:
    """The answer against what sympy finds."""
    for item in items:
        try:
            found = checked(template, item, algebra)
            right = grader.grade(_strict(item.task, found), item.task.reference).verdict is Verdict.ACCEPT
        except (Unreadable, TooLarge, TemplateFault, ReferenceUnreadable) as fault:
            yield "check", f"sympy does not find an answer: {fault or 'it took too long'} (draw {item.seed})"
            return
        if not right:
            yield "check", f"sympy finds {found!r}, not {item.task.reference!r} (draw {item.seed})"
            return


def _strict(task: Task, found: str) -> Task:
    """Without what the question's wording demands: only the value is compared."""
    kind = AnswerKind.EXPRESSION if task.kind is AnswerKind.EXPRESSION else AnswerKind.NUMBER
    return Task(kind=kind, reference=found, tolerance=task.tolerance)


def checked(template: ItemTemplate, item: Item, algebra: Algebra) -> str:
    """What sympy finds for the `check` of a template, in this draw."""
    names = dict(item.values)
    for name, text in template.let.items():
        names[name] = evaluate(text, names)
    command, _, rest = render(template.check, names).partition(":")
    op, *variables = command.split()
    sides = [parse(plain(side), names_in(side)) for side in rest.split("=")]
    found = algebra.settle(op, sides, variables)
    if op == "integrate":
        return f"{found[0]} + C"
    return found[0] if op == "value" else ", ".join(found) or "no solution"


def _output_faults(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    items = list(items)
    try:
        printed = outputs_of([("python", item.program) for item in items])
    except ProgramFault as fault:
        yield "program", str(fault)
        return
    for item, output in zip(items, printed, strict=True):
        if output.strip("\n") != item.task.reference.strip("\n"):
            yield "answer", f"the program prints {output!r}, not {item.task.reference!r} {dict(item.values)}"
            return
