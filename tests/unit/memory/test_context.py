from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from masterx.memory.context import OMISSION, ending, excerpt, recent_context
from masterx.memory.tokens import MESSAGE_OVERHEAD_TOKENS, estimate_tokens
from masterx.records.messages import Message, MessageRole

START = datetime(2026, 1, 1, tzinfo=UTC)


def lesson(*texts: str) -> list[Message]:
    """Question, answer, question, answer…"""
    return [
        Message(
            id=str(number),
            session_id="session",
            user_id="learner",
            role=MessageRole.ASSISTANT if number % 2 else MessageRole.USER,
            content=text,
            timestamp=START + timedelta(seconds=number),
        )
        for number, text in enumerate(texts)
    ]


def size(messages: tuple[Message, ...]) -> int:
    return sum(estimate_tokens(message.content) + MESSAGE_OVERHEAD_TOKENS for message in messages)


@given(st.lists(st.text(min_size=1, max_size=400), max_size=20), st.integers(min_value=0, max_value=2_000))
def test_never_more_than_the_budget_and_always_whole_exchanges(texts: list[str], budget: int) -> None:
    if len(texts) % 2:
        texts.pop()
    kept = recent_context(lesson(*texts), budget)
    assert size(kept) <= budget
    assert len(kept) % 2 == 0
    assert all(message.role is MessageRole.USER for message in kept[::2])
    assert [int(message.id) for message in kept] == list(range(len(texts) - len(kept), len(texts)))


def test_everything_fits_when_there_is_room() -> None:
    history = lesson("why?", "because", "and then?", "so")
    assert recent_context(history, 1_000) == tuple(history)


def test_the_oldest_exchange_goes_first() -> None:
    history = lesson("a" * 400, "b" * 400, "c" * 40, "d" * 40)
    assert [message.content[0] for message in recent_context(history, 100)] == ["c", "d"]


def test_a_newest_exchange_that_is_too_long_is_shortened_in_the_middle() -> None:
    history = lesson("start " + "x" * 4_000 + " end", "first " + "y" * 4_000 + " last")
    kept = recent_context(history, 400)
    assert kept[0].content.startswith("start")
    assert kept[0].content.endswith("end")
    assert OMISSION in kept[1].content
    assert size(kept) <= 400


def test_an_answer_without_its_question_is_left_out() -> None:
    assert recent_context(lesson("q", "a", "q2", "a2")[1:], 1_000) == tuple(lesson("q", "a", "q2", "a2")[2:])


@given(st.text(max_size=3_000), st.integers(min_value=20, max_value=1_000))
def test_an_excerpt_fits_and_a_short_text_is_untouched(text: str, budget: int) -> None:
    result = excerpt(text, budget)
    if estimate_tokens(text) <= budget:
        assert result == text
    else:
        assert estimate_tokens(result) <= budget


@given(st.text(max_size=2_000), st.integers(min_value=8, max_value=500))
def test_an_ending_is_the_end_and_fits(text: str, budget: int) -> None:
    kept = ending(text, budget)

    assert estimate_tokens(kept) <= budget
    assert kept == text or text.endswith(kept.removeprefix(OMISSION))
