from __future__ import annotations

from pathlib import Path

import pytest

from masterx.errors import ConfigurationError
from masterx.records.readings import CATEGORIES as READ
from masterx.routing.benchmarks.suite_files import CATEGORIES, load_suites, own_suites, read_suites

SUITE = """\
category = "math"
version = "3"

[[test]]
id = "math.sum"
difficulty = "easy"
prompt = "What is 20 + 22? Answer: <number>"
reference = "Answer: 42"
why = "Sums are settled."

[[test.grading]]
kind = "number"
value = "42"
"""


def test_categories_are_those_that_the_encoder_reads() -> None:
    assert set(CATEGORIES) == set(READ) == set(own_suites().suites)


def test_an_operators_tests_are_added_and_those_of_a_known_id_exchanged(tmp_path: Path) -> None:
    replaced = own_suites().suites["math"].tests[0].id
    added = SUITE + SUITE.partition("\n\n")[2].replace("math.sum", replaced)
    (tmp_path / "mine.toml").write_text(added)
    (tmp_path / "notes.md").write_text("no suite")
    suites, own = load_suites(tmp_path), own_suites().suites
    assert {test.id for test in suites["math"].tests} == {test.id for test in own["math"].tests} | {"math.sum"}
    assert next(test for test in suites["math"].tests if test.id == replaced).reference == "Answer: 42"
    assert suites["math"].version.startswith(f"{own['math'].version}+")
    assert suites["coding"] == own["coding"]


def test_the_version_follows_the_operators_tests(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    versions = set()
    for text in (SUITE, SUITE.replace("20 + 22", "21 + 21"), SUITE.replace('"3"', '"4"')):
        path.write_text(text)
        versions.add(load_suites(tmp_path)["math"].version)
    assert len(versions) == 3


def test_mistakes_are_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SUITE.replace('"42"', '"forty-two"'))
    with pytest.raises(ConfigurationError, match=r"mine\.toml:13: grading\.0\.number\.value"):
        load_suites(tmp_path)


def test_a_missing_folder_is_a_mistake_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_suites(tmp_path / "absent")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('category = "math"', 'category = "maths"', "s.toml:1: category is one of"),
        ('version = "3"', "version = 3", "s.toml:2: version is a short text"),
        ('version = "3"', 'version = "3"\ncolour = "red"', "s.toml:3: unknown key colour"),
        ("[[test]]", "[test]", "write [[test]]"),
        ('"math.sum"', '"Math sum"', "s.toml:5: id:"),
        ('"math.sum"', '"coding.sum"', "s.toml:4: Value error, the id begins with math."),
        ('"easy"', '"trivial"', "s.toml:6: difficulty"),
        ("reference", "refrence", "s.toml:8: refrence"),
        ('why = "Sums are settled."', "", "s.toml:4: why: Field required"),
        ('why = "Sums are settled."', 'why = ""', "s.toml:9: why"),
        ("[[test.grading]]", "[[test.grading]", "no TOML"),
        ('kind = "number"', 'kind = "guess"', "s.toml:12: grading.0"),
        ('value = "42"', 'value = "42"\nweight = -1', "s.toml:14: grading.0.number.weight"),
        ('value = "42"', 'value = "42"\nunits = { km = 2 }', "the first unit has the size 1"),
        ('kind = "number"\nvalue = "42"', 'kind = "output"\nexpected = "42"', "output needs a program"),
        ('kind = "number"\nvalue = "42"', 'kind = "facts"', "name required or forbidden facts"),
        ('kind = "number"\nvalue = "42"', 'kind = "choice"\noptions = ["1", "2"]\nanswer = "C"', "no option C"),
        ('kind = "number"\nvalue = "42"', 'kind = "choice"\noptions = ["1", "2"]\nanswer = "B"', "show {options}"),
        ('kind = "number"\nvalue = "42"', 'kind = "length"\nleast = 9\nmost = 3', "the least is more than the most"),
    ],
)
def test_each_mistake_has_its_line(old: str, new: str, says: str) -> None:
    assert old in SUITE
    _, mistakes = read_suites([("s.toml", SUITE.replace(old, new, 1))])
    assert any(says in str(mistake) for mistake in mistakes), [str(mistake) for mistake in mistakes]


def test_an_id_stands_once() -> None:
    _, mistakes = read_suites([("a.toml", SUITE), ("b.toml", SUITE)])
    assert [str(mistake) for mistake in mistakes] == ["b.toml:4: the id math.sum stands in a.toml:4 already"]


def test_prompts_show_program_and_options() -> None:
    text = SUITE.replace("What is 20 + 22?", "See {program} and {numbered}: {options}").replace(
        'reference = "Answer: 42"', 'program = "print(1)"\nreference = "Answer: A"'
    )
    text = text.replace('kind = "number"\nvalue = "42"', 'kind = "choice"\noptions = ["one", "two"]\nanswer = "A"')
    found, mistakes = read_suites([("s.toml", text)])
    assert not mistakes
    assert found.suites["math"].tests[0].prompt.startswith("See print(1) and 1 | print(1): A) one\nB) two")
