from __future__ import annotations

import pytest

from masterx.routing.benchmarks.linting import FEWEST_TESTS, lint
from masterx.routing.benchmarks.suite_files import own_files, own_suites, read_suites

SUITE = '''\
category = "coding"
version = "1"

[[test]]
id = "coding.sum"
difficulty = "easy"
prompt = "What does this print?\\n{program}\\nEnd with a line Answer: and the output."
program = "print(19 + 23)"
reference = "Answer: 42"
why = "The output is from a run."

[[test.grading]]
kind = "output"
expected = "42"

[[test]]
id = "coding.bug"
difficulty = "easy"
prompt = "Which line is wrong?\\n{numbered}"
program = """
total = 0
for number in (1, 2, 3):
    total = number
print(total)
"""
reference = "Answer: 3"
why = "The linter mends it."

[[test.grading]]
kind = "bug_line"
lines = [3]
fixed = "    total += number"
shows = "6"

[[test]]
id = "coding.language"
difficulty = "easy"
prompt = "Name the language in which Django is written, in at most 20 words."
reference = "It is written in Python."
why = "This is settled."

[[test.grading]]
kind = "facts"
required = [["python"]]

[[test.grading]]
kind = "length"
most = 20
weight = 0.2
'''


async def mistakes(text: str, *, fewest: int = 0) -> list[str]:
    found, read = read_suites([("s.toml", text)])
    return [str(mistake) for mistake in [*read, *await lint(found, {"s.toml": text}, fewest=fewest)]]


async def test_sound_suites_pass() -> None:
    assert await mistakes(SUITE) == []


async def test_our_own_suites_have_enough_tests_of_each_difficulty() -> None:
    for suite in own_suites().suites.values():
        assert len(suite.tests) >= 25
        assert {test.difficulty for test in suite.tests} == {"easy", "medium", "hard"}


async def test_our_own_suites_pass() -> None:
    assert await lint(own_suites(), dict(own_files()), fewest=FEWEST_TESTS) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('reference = "Answer: 42"', 'reference = "Answer: 43"', "s.toml:9: coding.sum: the reference gets 0, not 90"),
        ('expected = "42"', 'expected = "43"', "s.toml:8: coding.sum: the program prints '42\\n', not '43'"),
        ("19 + 23", "19 +", "s.toml:8: coding.sum: the program prints 'SyntaxError\\n'"),
        ("19 + 23", "exit()", "A program does not end"),
        ("total = number", "total += number", "s.toml:20: coding.bug: the program is without a bug"),
        ('fixed = "    total += number"', 'fixed = "    total -= number"', "s.toml:20: coding.bug: the program prints"),
        (
            "Name the language",
            "Python! Name the language",
            "s.toml:38: coding.language: the prompt gives the answer away",
        ),
        ('required = [["python"]]', 'forbidden = ["ruby"]', "an answer that says nothing passes"),
        (
            'prompt = "Name the language in which Django is written, in at most 20 words."',
            'prompt = "What does this print?\\n{program}\\nEnd with a line Answer: and the output."\n'
            'program = "print(19 + 23)"',
            "s.toml:35: coding.language: the prompt is that of coding.sum",
        ),
    ],
)
async def test_a_mistake_is_named_with_its_line(old: str, new: str, says: str) -> None:
    assert old in SUITE
    found = await mistakes(SUITE.replace(old, new, 1))
    assert any(says in one for one in found), found


async def test_a_choice_that_any_letter_wins_cannot_be_written() -> None:
    text = SUITE.partition("[[test]]")[0] + (
        '[[test]]\nid = "coding.pick"\ndifficulty = "easy"\nprompt = "Which?\\n{options}"\nreference = "Answer: B"\n'
        'why = "One is right."\n[[test.grading]]\nkind = "choice"\noptions = ["red", "green", "blue"]\nanswer = "B"\n'
    )
    assert await mistakes(text) == []


async def test_a_suite_needs_ten_tests() -> None:
    found = await mistakes(SUITE, fewest=FEWEST_TESTS)
    assert "s.toml:1: coding has 3 tests; a suite has at least 10" in found
    assert "s.toml:1: math has 0 tests; a suite has at least 10" in found
