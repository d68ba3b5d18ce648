from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.records import make_answer, make_question, make_session, make_user

from masterx.memory.summary import summarise
from masterx.memory.tokens import estimate_tokens
from masterx.records.messages import EmotionState, Message

SESSION = make_session(make_user())


def said(*texts: str) -> list[Message]:
    """The learner and the tutor in turn."""
    messages: list[Message] = []
    for place, text in enumerate(texts):
        question = make_question(SESSION, content=text)
        messages.append(make_answer(question, content=text) if place % 2 else question)
    return messages


def test_what_the_lesson_was_about_comes_before_what_was_said_once() -> None:
    lesson = said(
        "I want to understand how fractions are added.",
        "Fractions are added over a common denominator. My favourite colour is green.",
        "So fractions need the same denominator first?",
        "Yes, the same denominator first. Then add the numerators of the fractions.",
    )
    summary = summarise(lesson, 26)
    assert "denominator" in summary
    assert "colour" not in summary


def test_it_says_who_said_what_in_order() -> None:
    lesson = said("Fractions confuse me somewhat.", "Fractions share one whole cake.")
    assert summarise(lesson, 100).splitlines() == [
        "Learner: Fractions confuse me somewhat.",
        "Tutor: Fractions share one whole cake.",
    ]


def test_what_mattered_to_the_learner_is_favoured() -> None:
    plain, heavy = said("Apples grow on trees here.", "", "Verbs make me want to quit.")[::2]
    state = EmotionState(primary_emotion="frustration", arousal=0, valence=-1, learning_readiness="low_readiness")
    heavy = make_question(SESSION, content=heavy.content, emotion_state=state)
    assert summarise([plain, heavy], 12) == "Learner: Verbs make me want to quit."


def test_code_is_no_sentence() -> None:
    assert summarise(said("```python\nprint the numbers slowly\n```"), 100) == ""
    assert summarise(said("An open fence\n```\nnever closed at all here"), 100) == "Learner: An open fence"


def test_the_same_sentence_is_said_once() -> None:
    assert summarise(said("Count the apples please.", "", "Count the apples please."), 100).count("apples") == 1


@given(st.lists(st.text(max_size=300), max_size=12), st.integers(0, 200))
def test_it_never_takes_more_than_its_budget_and_makes_nothing_up(texts: list[str], budget: int) -> None:
    summary = summarise(said(*texts), budget)
    assert estimate_tokens(summary) <= budget
    for line in summary.splitlines():
        _, _, sentence = line.partition(": ")
        assert any(sentence in " ".join(text.split()) for text in texts)
