"""What a test of a suite file may check; `docs/benchmarks.md` has an example of each kind."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]
"""Words that stand beside each other; `cell*` is every word that begins so, `...` up to eight words between,
`~` before the phrase: denied or asked counts too; `^`: only at the start of a sentence."""
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=40)]
Count = Annotated[int, Field(ge=0, le=10_000)]
LETTERS = "ABCDEFGH"


class _Check(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    """How much this check counts beside the others of its test."""
    essential: bool = False
    """The test's quality is then at most what this check alone would give."""


class NumberCheck(_Check):
    kind: Literal["number"]
    value: Annotated[str, Field(pattern=r"^-?\d+(\.\d+|/[1-9]\d*)?$", max_length=40)]
    """As `12`, `-3.5` or `7/3`, in the first of `units`."""
    tolerance: Annotated[float, Field(ge=0)] = 0
    """How far off, in the first of `units`, still counts."""
    units: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Names of units that count, each with its size in the first one, which has size 1."""
    unit_needed: bool = False
    """A bare number gets half."""
    essential: bool = True

    @property
    def exact(self) -> Fraction:
        return Fraction(self.value)

    @model_validator(mode="after")
    def _first_unit_is_one(self) -> Self:
        if self.units and next(iter(self.units.values())) != 1:
            raise ValueError("the first unit has the size 1")
        if self.unit_needed and not self.units:
            raise ValueError("a unit is needed, but none is named")
        return self


class ChoiceCheck(_Check):
    kind: Literal["choice"]
    options: Annotated[tuple[Text, ...], Field(min_length=2, max_length=len(LETTERS))]
    """In the order of their letters; the prompt shows them where it says {options}."""
    answer: Annotated[str, Field(pattern=r"^[A-H]$")]
    essential: bool = True

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> Self:
        if LETTERS.index(self.answer) >= len(self.options):
            raise ValueError(f"there is no option {self.answer}")
        if len({option.casefold() for option in self.options}) < len(self.options):
            raise ValueError("two options are the same")
        return self


class WordCheck(_Check):
    """A name, a day, a time: a short text that stands on the answer line."""

    kind: Literal["word"]
    accepted: Phrases
    """In any of these ways, without regard to case and punctuation."""
    essential: bool = True


class OutputCheck(_Check):
    """What the test's own program prints, as the answer predicts it."""

    kind: Literal["output"]
    expected: Text
    essential: bool = True


class BugLineCheck(_Check):
    """Which line of the test's own program is wrong."""

    kind: Literal["bug_line"]
    lines: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """Any of these counts, from 1."""
    fixed: str
    """What the first of `lines` has to be; the linter puts it in and runs the program."""
    shows: Text
    """What the program prints once it is right."""
    essential: bool = True


class FactsCheck(_Check):
    kind: Literal["facts"]
    required: tuple[Phrases, ...] = ()
    """Facts that have to be said, each in any of the ways listed."""
    forbidden: tuple[Phrase, ...] = ()
    """Said without a denial, any of them takes the share down to FORBIDDEN_SHARE."""
    fewest: Annotated[int, Field(ge=1)] | None = None
    """So many of `required` are as good as all."""
    essential: bool = True

    @model_validator(mode="after")
    def _something_is_asked(self) -> Self:
        if not self.required and not self.forbidden:
            raise ValueError("name required or forbidden facts")
        if self.fewest is not None and self.fewest > len(self.required):
            raise ValueError("more facts are asked for than listed")
        return self


class LengthCheck(_Check):
    kind: Literal["length"]
    of: Literal["words", "sentences", "lines", "paragraphs", "characters"] = "words"
    least: Count = 0
    most: Count = 10_000

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.least > self.most:
            raise ValueError("the least is more than the most")
        return self


class LanguageCheck(_Check):
    kind: Literal["language"]
    language: Literal["en", "de", "fr", "es", "it", "pt", "nl"]
    essential: bool = True


class FormatCheck(_Check):
    """The shape of the answer. Counts are of items for lists, of rows without the head for tables."""

    kind: Literal["format"]
    shape: Literal["json", "bullets", "numbered", "table", "code"]
    least: Count = 1
    most: Count = 10_000
    only: bool = False
    """Nothing stands outside the shape."""
    keys: dict[str, Literal["string", "number", "boolean", "array", "object", "null"]] = Field(default_factory=dict)
    """Of a JSON object, or of each object in a JSON array: exactly these, with their types."""
    equals: dict[str, str | int | float | bool | list[str] | list[int]] = Field(default_factory=dict)
    """Of a JSON object: values that have to be there; strings are compared without regard to case."""
    columns: tuple[str, ...] = ()
    """Of a table: its heads in order."""
    fence: str = ""
    """Of code: the language that the fence names."""

    @model_validator(mode="after")
    def _fits_its_shape(self) -> Self:
        for field, shape in (("keys", "json"), ("equals", "json"), ("columns", "table"), ("fence", "code")):
            if getattr(self, field) and self.shape != shape:
                raise ValueError(f"{field} is for {shape}")
        if self.least > self.most:
            raise ValueError("the least is more than the most")
        return self


class WordingCheck(_Check):
    """Demands on the letters and words of the answer itself."""

    kind: Literal["wording"]
    starts: str = ""
    ends: str = ""
    avoids: tuple[Phrase, ...] = ()
    avoids_letters: Annotated[str, Field(pattern=r"^[a-z]*$")] = ""
    acrostic: Annotated[str, Field(pattern=r"^[a-z]*$")] = ""
    """First letters of the lines that are not empty."""
    times: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Words, and how often each stands there."""

    @model_validator(mode="after")
    def _something_is_asked(self) -> Self:
        if not any((self.starts, self.ends, self.avoids, self.avoids_letters, self.acrostic, self.times)):
            raise ValueError("nothing is asked of the wording")
        return self


class EmpathyCheck(_Check):
    """The rubric of `docs/benchmarks.md`."""

    kind: Literal["empathy"]
    feelings: Phrases
    """Words for what the writer of the prompt feels."""
    most_words: Annotated[int, Field(ge=20, le=400)] = 130
    essential: bool = True


Check = Annotated[
    NumberCheck
    | ChoiceCheck
    | WordCheck
    | OutputCheck
    | BugLineCheck
    | FactsCheck
    | LengthCheck
    | LanguageCheck
    | FormatCheck
    | WordingCheck
    | EmpathyCheck,
    Field(discriminator="kind"),
]
Grading = Annotated[tuple[Check, ...], Field(min_length=1, max_length=8)]


def lettered(options: tuple[str, ...]) -> str:
    """Options as a prompt shows them."""
    return "\n".join(f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=False))


def numbered(program: str) -> str:
    """A program as a prompt shows it where a line is asked for."""
    lines = program.strip("\n").split("\n")
    width = len(str(len(lines)))
    return "\n".join(f"{number:>{width}} | {line}" for number, line in enumerate(lines, 1))


def with_line(program: str, number: int, text: str) -> str:
    """The program with one line exchanged; `number` counts from 1. Raises `IndexError`."""
    lines = program.strip("\n").split("\n")
    lines[number - 1] = text
    return "\n".join(lines) + "\n"


IDENTIFIER = re.compile(r"^[a-z0-9]+(?:[.-][a-z0-9]+)*$")
