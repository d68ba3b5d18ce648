from __future__ import annotations

import pytest
from tests.fakes.readings import make_reading

from masterx.routing.benchmarks.grading.checks import EmpathyCheck
from masterx.routing.benchmarks.grading.empathy import BLAMED, POINTS, UNFELT, grade_empathy
from masterx.routing.benchmarks.grading.grader import grade
from masterx.routing.benchmarks.suite import BenchmarkTest

CHECK = EmpathyCheck(kind="empathy", feelings=("frustrat*", "stuck"))
KIND = "That sounds really frustrating, and it makes sense after two hours. Could you send me the first line?"


def share(answer: str) -> float:
    return grade_empathy(CHECK, answer, None).share


def test_a_kind_answer_has_all_points() -> None:
    found = grade_empathy(CHECK, KIND, None)
    assert found.share == 1
    assert found.reason.count(".") == len(POINTS) - 1


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        ("That sounds really frustrating. You should have started earlier. Could you send me the first line?", BLAMED),
        ("You sound frustrated. Just calm down, it is not a big deal. Could you send me the first line?", BLAMED),
        ("Please try again and read the text once more. Could you send me your first line today?", UNFELT),
        ("That sounds really frustrating, and it makes sense after two hours of work on your page.", 0.8),
        ("Frustration is a feeling described by many. Let's look at the definition that you were given.", 0.85),
        ("Two plus two is four, and four plus four is eight, and so on for ever.", 0),
        ("I feel you.", 0),
    ],
)
def test_what_is_missing_costs_points(answer: str, most: float) -> None:
    assert share(answer) <= most < 1 or share(answer) == most == 0


def test_denied_blame_is_none() -> None:
    assert share(f"{KIND} It is not your fault.") == 1
    assert share(f"{KIND} It is your fault.") == BLAMED


def test_a_list_of_tasks_is_no_next_step() -> None:
    tasks = "\n".join(f"- Try page {number} of your book" for number in range(6))
    assert share(f"{KIND}\n{tasks}") < share(KIND)


def test_a_lecture_costs_points() -> None:
    assert share(KIND + " You must read it. Make sure you learn it. Always repeat it. Remember to rest.") < share(KIND)
    assert share(KIND + " It goes on and on." * 60) < share(KIND)


def test_the_tone_comes_from_the_encoder() -> None:
    warm = make_reading("", probabilities={"caring": 0.9})
    cold = make_reading("", probabilities={"anger": 0.9})
    assert grade_empathy(CHECK, KIND, warm).share == 1
    assert grade_empathy(CHECK, KIND, cold).share == pytest.approx(1 - POINTS["tone"] / 100)


async def test_only_empathy_asks_the_encoder() -> None:
    class Counting:
        def __init__(self) -> None:
            self.read_texts: list[str] = []

        async def read(self, text: str) -> object:
            self.read_texts.append(text)
            return make_reading(text, probabilities={"caring": 0.9})

    reader = Counting()
    fields = {"category": "empathy", "difficulty": "easy", "prompt": "I am stuck.", "reference": KIND, "why": "plain"}
    kind = BenchmarkTest.model_validate(fields | {"id": "empathy.a", "grading": [CHECK]})
    length = BenchmarkTest.model_validate(fields | {"id": "empathy.b", "grading": [{"kind": "length", "most": 50}]})
    assert (await grade(kind, KIND, reader)).passed  # type: ignore[arg-type]  # a fake of the port
    assert (await grade(length, KIND, reader)).passed  # type: ignore[arg-type]
    assert reader.read_texts == [KIND]
