"""E-mail addresses: their form is checked, never by a DNS look-up; whether mail arrives is not known here."""

from __future__ import annotations

import unicodedata

from masterx.errors import InvalidInput

MAX_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path holds 256 octets with its angle brackets."""

_MAX_LOCAL_LENGTH = 64
_MAX_LABEL_LENGTH = 63
_FORBIDDEN_IN_LOCAL = frozenset('"(),:;<>[\\]')
_LETTERS_MARKS_NUMBERS = frozenset("LMN")


def checked_email(text: str) -> str:
    """The address in NFC without outer spaces, case as typed. Raises `InvalidInput`.

    International addresses (RFC 6531) and names without a dot (``admin@localhost``) are good; quoted local parts and
    address literals are not.
    """
    email = unicodedata.normalize("NFC", text.strip())
    local, at, domain = email.partition("@")
    if not at or len(email) > MAX_LENGTH or not _is_local_part(local) or not _is_domain(domain):
        raise InvalidInput("That is not an e-mail address.", details={"field": "email"})
    return email


def _is_local_part(local: str) -> bool:
    if not local or len(local) > _MAX_LOCAL_LENGTH or "" in local.split("."):
        return False
    # Categories C and Z: control, format, surrogate, private and unassigned characters, and every kind of space.
    return all(unicodedata.category(char)[0] not in "CZ" and char not in _FORBIDDEN_IN_LOCAL for char in local)


def _is_domain(domain: str) -> bool:
    return all(_is_label(label) for label in domain.split("."))


def _is_label(label: str) -> bool:
    if not label or len(label) > _MAX_LABEL_LENGTH or label.startswith("-") or label.endswith("-"):
        return False
    return all(char == "-" or unicodedata.category(char)[0] in _LETTERS_MARKS_NUMBERS for char in label)
