"""Which of the recent messages are sent along, within a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masterx.memory.tokens import MESSAGE_OVERHEAD_TOKENS, estimate_tokens, most_tokens
from masterx.records.messages import Message, MessageRole

OMISSION = "\n[...]\n"
MIN_EXCERPT_TOKENS = 64
"""An excerpt shorter than this says nothing; the message is left out."""


def recent_context(history: Sequence[Message], budget_tokens: int) -> tuple[Message, ...]:
    """The newest exchanges that fit, oldest first, beginning with a learner's message.

    An exchange is a learner's message with its answer: half of one misleads a model, so both go or neither.
    When not even the newest fits, its two messages are shortened in the middle to half of the budget each.
    """
    exchanges = _exchanges(history)
    if sum(most_tokens(message.content) + MESSAGE_OVERHEAD_TOKENS for message in history) <= budget_tokens:
        return tuple(message for exchange in exchanges for message in exchange)
    kept: list[Message] = []
    left = budget_tokens
    for exchange in reversed(exchanges):
        size = sum(estimate_tokens(message.content) + MESSAGE_OVERHEAD_TOKENS for message in exchange)
        if size > left:
            if not kept:
                kept = _shortened(exchange, budget_tokens)
            break
        kept[:0] = exchange
        left -= size
    return tuple(kept)


def _exchanges(history: Sequence[Message]) -> list[list[Message]]:
    exchanges: list[list[Message]] = []
    for message in history:
        if message.role is MessageRole.USER:
            exchanges.append([message])
        elif exchanges:
            exchanges[-1].append(message)
    return exchanges


def _shortened(exchange: Sequence[Message], budget_tokens: int) -> list[Message]:
    share = budget_tokens // len(exchange) - MESSAGE_OVERHEAD_TOKENS
    if share < MIN_EXCERPT_TOKENS:
        return []
    return [replace(message, content=excerpt(message.content, share)) for message in exchange]


def excerpt(text: str, budget_tokens: int) -> str:
    """The beginning and the end of a text, with a mark between them where something is left out.

    Never more than the budget, which has to be worth at least the mark.
    """
    if most_tokens(text) <= budget_tokens:
        return text
    size = estimate_tokens(text)
    if size <= budget_tokens:
        return text
    half = int(len(text) * max(0, budget_tokens - estimate_tokens(OMISSION)) / size) // 2
    while half > 0:
        shortened = text[:half].rstrip() + OMISSION + text[-half:].lstrip()
        if estimate_tokens(shortened) <= budget_tokens:
            return shortened
        half = half * 9 // 10  # the ends are denser than the middle
    return OMISSION


def ending(text: str, budget_tokens: int) -> str:
    """The end of a text, with a mark before it where something is left out; never more than the budget."""
    size = estimate_tokens(text)
    if size <= budget_tokens:
        return text
    length = int(len(text) * max(0, budget_tokens - estimate_tokens(OMISSION)) / size)
    while length > 0:
        shortened = OMISSION + text[-length:]
        if estimate_tokens(shortened) <= budget_tokens:
            return shortened
        length = length * 9 // 10  # the end is denser than the rest
    return OMISSION
