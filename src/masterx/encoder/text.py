"""What a text goes through before it is cut into tokens."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 100_000
"""Of a longer text three quarters of this are read from its beginning and a quarter from its end."""
PICTURE = re.compile("[\u2190-\u21ff\u2600-\u27bf\U0001f000-\U0001faff]")
UNSEEN = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]")


def prepared(text: str) -> tuple[str, float]:
    """The text with emoji as their names, which the vocabulary lacks, and the share of it that is kept."""
    covered = 1.0
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair is no text
    if len(text) > MOST_CHARACTERS:
        covered = MOST_CHARACTERS / len(text)
        text = text[: MOST_CHARACTERS * 3 // 4] + " " + text[-(MOST_CHARACTERS // 4) :]
    return PICTURE.sub(_named, UNSEEN.sub("", text)), covered


def _named(match: re.Match[str]) -> str:
    name = unicodedata.name(match[0], "").lower().removesuffix(" sign").removesuffix(" symbol")
    return f" {name} " if name else " "
