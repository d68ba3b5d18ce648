"""How many tokens a text is, near enough to keep within a limit, at the cost of a few microseconds."""

from __future__ import annotations

MESSAGE_OVERHEAD_TOKENS = 4
"""What the role and the separators of one chat message take in the common chat templates."""


def estimate_tokens(text: str) -> int:
    """About one token for four ASCII characters or three other UTF-8 bytes.

    Byte-pair vocabularies of current models spend 3.5 to 4.5 characters a token on English prose and about one
    token on a CJK character (three bytes). Real usage from the provider is preferred wherever it exists.
    """
    if text.isascii():
        return (len(text) + 3) // 4
    size = len(text.encode("utf-8", "surrogatepass"))
    non_ascii_characters = sum(1 for character in text if character > "\x7f")
    ascii_characters = len(text) - non_ascii_characters
    return (ascii_characters + 3) // 4 + (size - ascii_characters + 2) // 3
