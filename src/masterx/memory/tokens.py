"""How many tokens a text is, near enough to keep within a limit and to charge for, at a few microseconds a kilobyte."""

from __future__ import annotations

import string
from typing import Final

MESSAGE_OVERHEAD_TOKENS = 4
"""What the role and the separators of one chat message take in the common chat templates."""

_LETTERS: Final = string.ascii_letters.encode()
_DIGITS: Final = string.digits.encode()
_PUNCTUATION: Final = string.punctuation.encode()

# Hundredths of a token, by least squares over prose, code, formulas and other languages (benchmarks/token_texts.json
# and this repository), for three parts OpenAI's o200k vocabulary and one part its older cl100k.
_WORD = 77
_LETTER = 7
_LETTER_WITHOUT_WORDS = 14  # a run of letters that is no word, or languages that write long ones
_DIGIT = 60
_MARK = 78
_SPACE = 1
_SCRIPTS: Final = (
    (bytes(range(0xC0, 0xCA)), 160),  # Latin letters with accents
    (bytes(range(0xCA, 0xD0)), 110),  # Greek
    (bytes(range(0xD0, 0xD8)), 20),  # Cyrillic: in whole words
    (bytes(range(0xD8, 0xE0)), 34),  # Arabic, Hebrew
    (bytes(range(0xE0, 0xE2)), 36),  # Indic, Thai
    (bytes(range(0xE2, 0xE3)), 94),  # mathematical signs, arrows, quotation marks
    (bytes(range(0xE3, 0xEA)), 83),  # Chinese, Japanese
    (bytes(range(0xEA, 0xEE)), 70),  # Korean
    (bytes(range(0xEE, 0xF0)), 60),  # signs of full width
    (bytes(range(0xF0, 0x100)), 156),  # emoji
)
"""By the first byte of a character in UTF-8."""


def most_tokens(text: str) -> int:
    """Never less than `estimate_tokens`, from the length alone."""
    return len(text) + 1 if text.isascii() else 2 * len(text) + 2


def estimate_tokens(text: str) -> int:
    """From how many words, letters, digits and signs there are, and of which scripts.

    For current vocabularies within 10 % on English, code and formulas, 25 % on most other languages; older ones
    spend up to twice as much on those. Real usage from the provider is preferred wherever it exists.
    """
    raw = text.encode("utf-8", "surrogatepass")
    letters, digits, marks = (len(raw) - len(raw.translate(None, kind)) for kind in (_LETTERS, _DIGITS, _PUNCTUATION))
    words = max(_WORD * len(raw.split()) + _LETTER * letters, _LETTER_WITHOUT_WORDS * letters)
    hundredths = words + _DIGIT * digits + _MARK * marks
    if text.isascii():
        hundredths += _SPACE * (len(raw) - letters - digits - marks)
    else:
        rest = raw.translate(None, _LETTERS + _DIGITS + _PUNCTUATION)
        hundredths += _SPACE * (len(rest) - len(rest.translate(None, bytes(range(0x80)))))
        for leads, weight in _SCRIPTS:
            hundredths += weight * (len(rest) - len(rest.translate(None, leads)))
    return -(-hundredths // 100)
