"""Laws that every grader keeps, whatever the answer."""

from __future__ import annotations

import sys

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.fakes.readings import make_reading

from masterx.routing.benchmarks.grading.checks import Check, LengthCheck
from masterx.routing.benchmarks.grading.grader import grade, graded, weighed
from masterx.routing.benchmarks.grading.quantities import plain, quantities
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import sentences_of, without_echo
from masterx.routing.benchmarks.suite_files import own_suites

CHECKS: list[Check] = TypeAdapter(list[Check]).validate_python(
    [
        {"kind": "number", "value": "18", "units": {"km/h": 1, "m/s": 3.6}, "tolerance": 0.01, "unit_needed": True},
        {"kind": "number", "value": "7/3"},
        {"kind": "choice", "options": ["red", "green", "blue"], "answer": "B"},
        {"kind": "word", "accepted": ["Friday"]},
        {"kind": "output", "expected": "1\n2"},
        {"kind": "output", "expected": "[1, 2]"},
        {"kind": "bug_line", "lines": [3], "fixed": "x", "shows": "1"},
        {"kind": "facts", "required": [["tilt*", "axis ... leans"], ["~sun"]], "forbidden": ["because ... distance"]},
        {"kind": "length", "least": 3, "most": 9},
        {"kind": "length", "of": "paragraphs", "least": 1, "most": 2},
        {"kind": "language", "language": "de"},
        {"kind": "format", "shape": "json", "only": True, "keys": {"a": "number"}, "equals": {"a": 1}},
        {"kind": "format", "shape": "bullets", "least": 2, "most": 3},
        {"kind": "format", "shape": "numbered", "only": True},
        {"kind": "format", "shape": "table", "columns": ["A", "B"]},
        {"kind": "format", "shape": "code", "fence": "html", "only": True},
        {"kind": "wording", "starts": "a", "ends": "z", "avoids_letters": "e", "acrostic": "ab", "times": {"salt": 2}},
        {"kind": "empathy", "feelings": ["sad*"]},
    ]
)
PIECES = st.sampled_from(
    (
        *(
            "Answer:",
            "answer is",
            "\\boxed{",
            "}",
            "$",
            "1/0",
            "3,5",
            "1e99",
            "10^99",
            "-",
            "```",
            "~~~",
            "|",
            "---",
            "\n",
        ),
        *(
            "- ",
            "1. ",
            "not",
            "isn't",
            "because",
            "B)",
            "(C)",
            "line 3",
            "km/h",
            "\\frac{1}{",
            "{",
            "[",
            '{"a": 1}',
            "NaN",
        ),
        *("½", "²", "٣", "you", "sad", "let's", "?", "!", "\u202e", "\ud800", "\x00", "ß", "İ", "…", "*", "~", "3"),
    )
)
ANSWERS = st.one_of(
    st.text(max_size=300), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join)
)
TESTS = [test for suite in own_suites().suites.values() for test in suite.tests]
READING = make_reading("")


@settings(deadline=None)
@given(ANSWERS)
@example("[" * 5_000)
@example("Answer: " + "9" * 5_000)
@example("Answer: 1" + ",111" * 2_000)
@example("Answer: 99999.99999^99")
@example("Answer: 999999^99")
@example("\\frac{" * 3_000)
@example("|" + "-|" * 2_000 + "\n" + "|" + ":-" * 2_000)
def test_every_check_finds_something_in_any_text(answer: str) -> None:
    for check in CHECKS:
        found = graded(check, answer, READING)
        assert 0 <= found.share <= 1
        assert found.reason
        assert graded(check, answer, READING) == found


@settings(deadline=None)
@given(st.sampled_from(TESTS), ANSWERS)
async def test_quality_lies_between_0_and_100(test: object, answer: str) -> None:
    found = await grade(test, answer)  # type: ignore[arg-type]  # hypothesis hands on what TESTS holds
    assert 0 <= found.quality <= 100
    assert found.passed == (found.quality >= 70)
    assert found.reasons


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 100), st.booleans(), st.floats(0, 1)), min_size=1, max_size=8))
def test_a_better_finding_never_lowers_the_grade(rows: list[tuple[float, bool, float]]) -> None:
    checks = tuple(LengthCheck(kind="length", weight=weight, essential=essential) for weight, essential, _ in rows)
    findings = [Finding(share, "so") for _, _, share in rows]
    before = weighed(checks, findings).quality
    for place, finding in enumerate(findings):
        better = [*findings[:place], Finding((finding.share + 1) / 2, "so"), *findings[place + 1 :]]
        assert weighed(checks, better).quality >= before
    assert weighed(checks, [Finding(1, "so")] * len(checks)).quality == 100
    assert weighed(checks, [Finding(0, "so")] * len(checks)).quality == 0


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_without_echo_only_takes_away(answer: str, prompt: str) -> None:
    assert len(without_echo(answer, prompt)) <= len(answer) + 1
    assert without_echo(prompt, prompt).strip() == ""


@settings(deadline=None)
@given(st.text(max_size=300))
def test_words_have_their_clauses(text: str) -> None:
    for sentence in sentences_of(text):
        assert len(sentence.words) == len(sentence.clauses) > 0
        assert list(sentence.clauses) == sorted(sentence.clauses)


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.sampled_from(["{}", "{:,}", "**{}**", "${}$", "about {} or so", "x = {}"]))
def test_a_whole_number_is_read_as_written(number: int, form: str) -> None:
    assert [found.value for found in quantities(plain(form.format(number)))] == [number]


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_fractions_are_read_exactly(above: int, below: int) -> None:
    for form in (f"{above}/{below}", f"\\frac{{{above}}}{{{below}}}"):
        (found,) = quantities(plain(form))
        assert found.value * below == above


def test_work_grows_with_the_length_and_no_faster() -> None:
    """Counted in calls of Python, not in seconds: four times the text, at most some five times the calls."""

    def calls(text: str) -> int:
        count = 0

        def counted(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        sys.setprofile(counted)
        try:
            for check in CHECKS:
                graded(check, text, READING)
        finally:
            sys.setprofile(None)
        return count

    for piece in ("tilt of the axis because you, not sad. ", "Answer: 3\n", "- 1/2 | km/h ", "{[ "):
        short, long = calls(piece * 25), calls(piece * 100)
        assert long < 5 * short + 1_000, piece
