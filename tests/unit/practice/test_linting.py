from __future__ import annotations

from collections.abc import Iterator

import pytest

from masterx.practice.bank_files import own_bank, own_files, read_bank
from masterx.practice.drawing import draw
from masterx.practice.grading.algebra import Algebra
from masterx.practice.hints import hint, ladder, score_after_hints
from masterx.practice.linting import lint

ITEM = """
[[skill]]
id = "adding"
subject = "sums"
name = "Adding"
hint = "Count on."

[[item]]
id = "sum"
skill = "adding"
difficulty = -1.0
question = "Compute {a} + {b}."
parameters = { a = "11..20", b = "11..20" }
answer = "{a + b}"
check = "value: {a} + {b}"
errors = [{ answer = "{a - b}", feedback = "Add." }]
hints = ["Start at {a}."]
solution = "It is {a + b}."
"""


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


def mistakes(text: str, algebra: Algebra) -> list[str]:
    bank, found = read_bank([("bank.toml", text)])
    return [str(mistake) for mistake in [*found, *lint(bank, {"bank.toml": text}, algebra, draws=40)]]


def test_a_sound_item_passes(algebra: Algebra) -> None:
    assert mistakes(ITEM, algebra) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('answer = "{a + b}"', 'answer = "{a + b + 1}"', "bank.toml:15: sum: sympy finds"),
        ('answer = "{a - b}"', 'answer = "{b + a}"', "bank.toml:16: sum: the wrong answer"),
        ('"Start at {a}."', '"It is {a + b}."', "bank.toml:17: sum: the hint"),
        ('hints = ["Start at {a}."]', "hints = []", "a ladder has"),
        ("difficulty = -1.0", "difficulty = 9", "bank.toml:11: difficulty"),
        ('"Compute {a} + {b}."', '"Compute {a} + {c}."', "The name c is not defined"),
        ('answer = "{a + b}"', 'answer = "{__import__(1)}"', "is not known to templates"),
        ('a = "11..20"', 'a = "20..11"', "is no range"),
        ('skill = "adding"', 'skill = "dancing"', "bank.toml:10: sum: the skill dancing does not exist"),
        ('hint = "Count on."', 'hint = "Count on."\nneeds = ["adding"]', "skills need each other"),
        ('id = "sum"\n', 'id = "sum"\ncolour = "red"\n', "bank.toml:10: colour"),
        ("[[item]]", "[[item", "no TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line(algebra: Algebra, old: str, new: str, says: str) -> None:
    assert old in ITEM
    found = mistakes(ITEM.replace(old, new, 1), algebra)
    assert any(says in one for one in found), found


def test_a_wrong_prediction_of_an_output_is_found(algebra: Algebra) -> None:
    text = ITEM.replace('check = "value: {a} + {b}"\n', 'kind = "output"\nprogram = "print(1)"\n')
    assert "the program prints '1" in mistakes(text.replace('"{a + b}"', '"2"').replace('"{a - b}"', '"3"'), algebra)[0]


def test_the_own_bank_is_large_and_varied() -> None:
    bank = own_bank()
    subjects = {skill.subject for skill in bank.skills.values()}
    assert len(bank.items) >= 300
    assert len(subjects) >= 3
    assert all(bank.of_skill(skill) for skill in bank.skills)


def test_the_own_bank_is_sound(algebra: Algebra) -> None:
    """One draw of each item; `masterx items lint` takes 200."""
    bank, found = read_bank(own_files())
    assert [*found, *lint(bank, dict(own_files()), algebra, draws=1)] == []


def test_a_draw_depends_on_item_and_seed_alone() -> None:
    templates = own_bank().items.values()
    assert [draw(template, 7) for template in templates] == [draw(template, 7) for template in templates]


def test_hints_come_one_by_one_and_cost_a_little() -> None:
    bank = own_bank()
    item = draw(bank.items["linear.two-steps"], 1)
    skill = bank.skills[item.skill]
    steps = [hint(item, skill, taken) for taken in range(len(ladder(item, skill)) + 1)]
    assert [step.text for step in steps if step] == [skill.hint, *item.hints]
    assert steps[-1] is None
    assert [score_after_hints(1.0, taken) for taken in range(4)] == [1.0, 1.0, 0.75, 0.5]
    assert score_after_hints(0.2, 3) == 0.2
