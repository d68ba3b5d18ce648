"""What text has to be before it is kept: Unicode that every store, provider and page can carry."""

from __future__ import annotations

import re
import unicodedata

from masterx.errors import InvalidInput

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str, *, field: str, max_length: int) -> str:
    """The text in NFC, otherwise as it was written: symbols and white space carry meaning in mathematics and code.

    ``max_length`` is in characters, before and after normalising. Raises `InvalidInput`, which names the field
    and never repeats the text, for NUL, lone surrogates, over-long and blank text.
    """
    if len(text) > max_length:
        raise InvalidInput(
            f"That is too long: {field} may have {max_length:,} characters.",
            details={"field": field, "max_length": max_length, "length": len(text)},
        )
    if not text.isascii():
        if _UNSTORABLE.search(text):
            raise _unstorable(field)
        text = unicodedata.normalize("NFC", text)
        if len(text) > max_length:
            raise InvalidInput(
                f"That is too long: {field} may have {max_length:,} characters.",
                details={"field": field, "max_length": max_length, "length": len(text)},
            )
    elif "\x00" in text:
        raise _unstorable(field)
    if not text.strip():
        raise InvalidInput(f"There is nothing in it: {field} is blank.", details={"field": field})
    return text


def _unstorable(field: str) -> InvalidInput:
    return InvalidInput(
        f"There are characters in {field} that are not text (NUL or half a surrogate pair).",
        details={"field": field},
    )
