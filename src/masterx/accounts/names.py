"""The name that a person is addressed by."""

from __future__ import annotations

import unicodedata

from masterx.errors import InvalidInput
from masterx.records.text import clean_text

MAX_LENGTH = 100

# They turn the text around them, so a name could pass for other words of the page. The joiners U+200C and U+200D
# stay: names in Persian and in scripts of India need them.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Zl", "Zp"})


def checked_name(text: str) -> str:
    """The name in NFC without outer spaces, 1 to 100 characters. Raises `InvalidInput`."""
    name = clean_text(text.strip(), field="name", max_length=MAX_LENGTH)
    details = {"field": "name"}
    if any(char in _DIRECTION_MARKS or unicodedata.category(char) in _FORBIDDEN_CATEGORIES for char in name):
        raise InvalidInput("A name has no control characters.", details=details)
    if all(unicodedata.category(char)[0] in "CZM" for char in name):
        raise InvalidInput("A name has at least one visible character.", details=details)
    return name
