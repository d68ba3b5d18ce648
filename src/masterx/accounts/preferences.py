"""How somebody likes to learn, as they say it themselves."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from masterx.errors import InvalidInput
from masterx.records.text import clean_text

MAX_SUBJECTS = 20
MAX_SUBJECT_LENGTH = 60

_FIELD = "preferred_subjects"
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def checked_subjects(texts: Sequence[str]) -> tuple[str, ...]:
    """Each in NFC on one line without outer spaces, and each once, whatever its case. Raises `InvalidInput`."""
    if len(texts) > MAX_SUBJECTS:
        raise InvalidInput(f"That is too much: {MAX_SUBJECTS} subjects at most.", details={"field": _FIELD})
    subjects: dict[str, str] = {}
    for text in texts:
        subject = clean_text(text.strip(), field=_FIELD, max_length=MAX_SUBJECT_LENGTH)
        if any(unicodedata.category(char) in _FORBIDDEN_CATEGORIES for char in subject):
            raise InvalidInput("A subject has no control characters.", details={"field": _FIELD})
        subjects.setdefault(subject.casefold(), subject)
    return tuple(subjects.values())
