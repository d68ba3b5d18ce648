"""A suite: what is asked of every provider in one category, and how the answers are graded."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from masterx.routing.benchmarks.grading.checks import (
    IDENTIFIER,
    BugLineCheck,
    ChoiceCheck,
    Grading,
    OutputCheck,
    Text,
    lettered,
    numbered,
)

Category = Literal["coding", "math", "research", "language", "empathy", "general"]
Difficulty = Literal["easy", "medium", "hard"]


class BenchmarkTest(BaseModel):
    """One entry of a suite file, written there as [[test]]."""

    __test__ = False  # the name is the field's; pytest must not collect it
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=IDENTIFIER.pattern, max_length=80)]
    category: Category
    difficulty: Difficulty
    prompt: Text
    """As it is sent. In the file {program}, {numbered} and {options} stand for those."""
    program: str = ""
    """What `output` and `bug_line` checks are about; our own, and only the linter runs it."""
    program_language: Literal["python", "sql"] = "python"
    grading: Grading
    reference: Text
    """An answer that earns full marks; the linter grades it."""
    why: Text
    """Why the test is fair: that its answer is settled, and a form of it demanded that anyone can keep to."""
    most_tokens: Annotated[int, Field(ge=16, le=8_192)] = 1_024
    """What an answer may take."""

    @model_validator(mode="before")
    @classmethod
    def _fill_the_prompt(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("prompt"), str):
            return content
        prompt, program = content["prompt"], content.get("program", "")
        if isinstance(program, str):
            prompt = prompt.replace("{program}", program.strip("\n")).replace("{numbered}", numbered(program))
        for check in content.get("grading") or ():
            options = check.get("options") if isinstance(check, dict) else None
            if isinstance(options, list) and all(isinstance(option, str) for option in options):
                prompt = prompt.replace("{options}", lettered(tuple(options)))
        return content | {"prompt": prompt.strip()}

    @model_validator(mode="after")
    def _checks_have_their_matter(self) -> Self:
        if not self.id.startswith(f"{self.category}."):
            raise ValueError(f"the id begins with {self.category}.")
        for check in self.grading:
            if isinstance(check, OutputCheck | BugLineCheck) and not self.program:
                raise ValueError(f"{check.kind} needs a program")
            if isinstance(check, BugLineCheck) and max(check.lines) > len(self.program.strip("\n").split("\n")):
                raise ValueError("the program has no such line")
            if isinstance(check, ChoiceCheck) and lettered(check.options) not in self.prompt:
                raise ValueError("the prompt does not show {options}")
        return self


class Suite(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Category
    version: str
    """Raised with every change of a shipped test; `+` and a digest follow where an operator's tests were added.
    Scores of different versions are not comparable."""
    tests: tuple[BenchmarkTest, ...]
