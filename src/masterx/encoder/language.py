"""A cheap guess whether a text is English: common words, foreign letters, and code left aside.

The encoder knows English alone. A wrong guess costs little: emotions of that one message are left neutral.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
CODE = re.compile(r"[{}();=<>\[\]_\\/*+^|&#$@]")
CODE_SHARE = 0.12
"""Of the visible characters; more is read as code or formulae, whose words are of no language."""
SURE, UNSURE = 1.0, 0.1


def _common_words() -> dict[str, frozenset[str]]:
    """By language, from common_words.txt."""
    lines = (Path(__file__).parent / "common_words.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ") for line in lines)
    return {language: frozenset(words.split()) for language, words in pairs}


COMMON_WORDS = _common_words()
OTHERS = [words for language, words in COMMON_WORDS.items() if language != "en"]
ENGLISH = {word: 0.5 if any(word in other for other in OTHERS) else 1.0 for word in COMMON_WORDS["en"]}
"""What a word counts for: those of English and of another language alike, such as `no`, count half."""
FOREIGN = {
    word: tuple(place for place, other in enumerate(OTHERS) if word in other)
    for word in frozenset().union(*OTHERS).difference(ENGLISH)
}
"""Whose words they are, as places in OTHERS."""


def english_confidence(text: str) -> float:
    """From 0 (surely another language) to 1; 1 where there are no words to tell by."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(text)]
    words = [word for word in words if len(word) > 1 or word in "iua"]
    if not words:
        return SURE
    if not text.isascii() and _foreign_script_share(text) > 0.5:
        return UNSURE
    english = sum([ENGLISH.get(word, 0.0) for word in words])
    found = [place for word in words if word in FOREIGN for place in FOREIGN[word]]
    foreign = max(map(found.count, set(found)), default=0)
    marked = 0 if text.isascii() else sum(not word.isascii() for word in words)
    against = max(foreign, marked / 2)
    share = (english + 1) / (english + 1 + against)
    if _is_code(text):
        return share
    # One word in five is a common one in nearly any English sentence of more than a few words.
    expected = min(1.0, (english + 1) / (0.2 * len(words) + 1))
    return share * expected


def _foreign_script_share(text: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    names = (unicodedata.name(letter, "") for letter in letters if ord(letter) > 0x24F)
    return sum(not name.startswith(("LATIN", "MATHEMATICAL")) for name in names) / max(len(letters), 1)


def _is_code(text: str) -> bool:
    visible = len("".join(text.split()))
    return len(CODE.findall(text)) > CODE_SHARE * visible
