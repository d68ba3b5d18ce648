"""The opaque places where a listing goes on."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from masterx.errors import InvalidInput

_CHECK_BYTES = 6
_SEPARATOR = "\n"
_LONGEST = 400
_NOT_OURS = "That cursor is not one of this server's."


def encode_cursor(*place: str) -> str:
    """The sort keys of the last row shown, with a checksum against cursors cut short or edited."""
    payload = _SEPARATOR.join(place).encode()
    return urlsafe_b64encode(sha256(payload).digest()[:_CHECK_BYTES] + payload).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> tuple[str, ...]:
    """The sort keys again. Raises `InvalidInput` unless `encode_cursor` made it of so many parts."""
    try:
        raw = urlsafe_b64decode(cursor[:_LONGEST].encode("ascii") + b"=" * (-len(cursor) % 4))
        place = tuple(raw[_CHECK_BYTES:].decode().split(_SEPARATOR))
    except ValueError as error:
        raise InvalidInput(_NOT_OURS) from error
    if len(place) != parts or encode_cursor(*place) != cursor:
        raise InvalidInput(_NOT_OURS)
    return place
