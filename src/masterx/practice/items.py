"""Items as authors write them: templates whose numbers are drawn, with named errors, hints and a solution."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from masterx.practice.grading.verdicts import AnswerKind

MIN_DIFFICULTY, MAX_DIFFICULTY = -3.5, 3.5
"""On the logit scale of ability: at equal numbers half of the answers are right."""
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-.][a-z0-9]+)*$", max_length=80)]


class Skill(BaseModel):
    """Something to be learned, and what has to be known before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    subject: Identifier
    name: Text
    needs: tuple[Identifier, ...] = ()
    hint: Text
    """The first step of every hint ladder: the general idea."""


class ErrorTemplate(BaseModel):
    """A wrong answer that an author foresaw. In a choice it is one of the options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Text
    feedback: Text
    name: str = ""
    credit: Annotated[float, Field(ge=0, lt=1)] = 0.0
    when: str = ""
    """A condition; where it does not hold this error is left out of the draw."""


class ItemTemplate(BaseModel):
    """One entry of a bank file; `docs/practice.md` shows how to write one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    skill: Identifier
    kind: AnswerKind = AnswerKind.NUMBER
    difficulty: Annotated[float, Field(ge=MIN_DIFFICULTY, le=MAX_DIFFICULTY)]
    question: Text
    program: str = ""
    """Source that the question shows; of an `output` item, the one whose output is the answer."""
    parameters: dict[str, str | list[int | float | str]] = Field(default_factory=dict)
    """`a = "2..9"` draws a whole number, a list draws one of its entries."""
    let: dict[str, str] = Field(default_factory=dict)
    """Names computed from the parameters and from each other, in order."""
    where: tuple[str, ...] = ()
    """Conditions that a draw has to meet."""
    answer: Text
    check: str = ""
    """What sympy has to find for the answer to be right, as `solve x: 2x + 1 = 7`; the linter asks it."""
    tolerance: str = ""
    unit: str = ""
    errors: tuple[ErrorTemplate, ...] = ()
    hints: Annotated[tuple[Text, ...], Field(max_length=4)] = ()
    solution: Text
    source: str = ""
    licence: str = ""
    """Of an imported item, with who is to be named in `source`."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is AnswerKind.CHOICE and not self.errors:
            raise ValueError("a choice needs errors, which are its other options")
        if self.kind is AnswerKind.OUTPUT and not self.program:
            raise ValueError("an output item needs its program")
        return self


def place_of(location: tuple[Any, ...]) -> str:
    """A field's path in words of the file."""
    return ".".join(str(part) for part in location)
