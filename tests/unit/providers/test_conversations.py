from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from masterx.providers.base import GenerationRequest, PromptMessage
from masterx.providers.conversations import alternating, system_prompt

MESSAGES = st.lists(
    st.builds(PromptMessage, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=5)), max_size=10
)


def request(*messages: PromptMessage) -> GenerationRequest:
    return GenerationRequest(messages=messages, max_output_tokens=64)


def test_neighbours_of_one_role_become_one_message() -> None:
    turns = alternating(
        request(
            PromptMessage("system", "Teach."),
            PromptMessage("assistant", "too early"),
            PromptMessage("user", "a"),
            PromptMessage("assistant", " "),
            PromptMessage("user", "b"),
            PromptMessage("assistant", "c"),
        )
    )
    assert turns == [PromptMessage("user", "a\n\nb"), PromptMessage("assistant", "c")]


def test_the_system_prompt_stands_apart() -> None:
    assert system_prompt(request(PromptMessage("system", "a"), PromptMessage("system", "b"))) == "a\n\nb"
    assert system_prompt(request(PromptMessage("user", "a"))) == ""


@given(MESSAGES)
def test_roles_alternate_beginning_with_the_learner_and_nothing_is_empty(messages: list[PromptMessage]) -> None:
    turns = alternating(request(*messages))
    assert [turn.role for turn in turns] == ["user" if place % 2 == 0 else "assistant" for place in range(len(turns))]
    assert all(turn.content.strip() for turn in turns)
