"""A grade for an answer: each check of the test, weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from masterx.records.readings import Reading
from masterx.routing.benchmarks.grading.checks import Check, EmpathyCheck
from masterx.routing.benchmarks.grading.choices import grade_choice, grade_word
from masterx.routing.benchmarks.grading.empathy import TextReader, grade_empathy
from masterx.routing.benchmarks.grading.facts import grade_facts
from masterx.routing.benchmarks.grading.formats import grade_format
from masterx.routing.benchmarks.grading.languages import grade_language
from masterx.routing.benchmarks.grading.lengths import grade_length
from masterx.routing.benchmarks.grading.numbers import grade_number
from masterx.routing.benchmarks.grading.programs_read import grade_bug_line, grade_output
from masterx.routing.benchmarks.grading.verdicts import LONGEST_ANSWER, Finding, Grade
from masterx.routing.benchmarks.grading.wording import grade_wording
from masterx.routing.benchmarks.grading.words import without_echo
from masterx.routing.benchmarks.suite import BenchmarkTest


async def grade(test: BenchmarkTest, answer: str, reader: TextReader | None = None) -> Grade:
    """Total: any text gets a grade. ``reader`` is asked for empathy checks only, and not about hopeless answers.

    Raises what the reader raises.
    """
    if len(answer) > LONGEST_ANSWER:
        return Grade(0.0, (f"It is {len(answer)} characters long; more than {LONGEST_ANSWER} are not read.",))
    said = without_echo(answer, test.prompt)
    if not said.strip():
        return Grade(0.0, ("It is empty, or only repeats the question.",))
    reading = None
    if reader is not None and any(isinstance(check, EmpathyCheck) for check in test.grading):
        reading = await reader.read(said)
    return weighed(test.grading, [graded(check, said, reading) for check in test.grading])


def weighed(checks: tuple[Check, ...], findings: list[Finding]) -> Grade:
    """The weighted mean, no more than what any essential check gives."""
    total = sum(check.weight for check in checks)
    share = sum(check.weight * finding.share for check, finding in zip(checks, findings, strict=True)) / total
    most = min((finding.share for check, finding in zip(checks, findings, strict=True) if check.essential), default=1.0)
    quality = round(100 * max(0.0, min(1.0, share, most)), 1)
    return Grade(quality, tuple(finding.reason for finding in findings))


def graded(check: Check, answer: str, reading: Reading | None = None) -> Finding:
    """What one check finds. Pure; time linear in the answer's length."""
    if isinstance(check, EmpathyCheck):
        return grade_empathy(check, answer, reading)
    return GRADERS[check.kind](check, answer)


GRADERS: Final[Mapping[str, Callable[[Any, str], Finding]]] = {
    "number": grade_number,
    "choice": grade_choice,
    "word": grade_word,
    "output": grade_output,
    "bug_line": grade_bug_line,
    "facts": grade_facts,
    "length": grade_length,
    "language": grade_language,
    "format": grade_format,
    "wording": grade_wording,
}
"""By the kind of check, which the model of the check has made sure of."""
