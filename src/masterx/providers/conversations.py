"""The conversation as vendors want it that keep the system prompt apart and ask for turns that alternate. Pure."""

from __future__ import annotations

from masterx.providers.base import GenerationRequest, PromptMessage


def system_prompt(request: GenerationRequest) -> str:
    """Empty when there is none."""
    return "\n\n".join(message.content for message in request.messages if message.role == "system")


def alternating(request: GenerationRequest) -> list[PromptMessage]:
    """Learner and model in turn, the learner first: both vendors refuse empty messages, and may refuse the rest.

    Neighbours of one role become one message; an answer that no question precedes is left out.
    """
    turns: list[PromptMessage] = []
    for message in request.messages:
        if message.role == "system" or not message.content.strip():
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = PromptMessage(message.role, f"{turns[-1].content}\n\n{message.content}")
        elif turns or message.role == "user":
            turns.append(message)
    return turns
