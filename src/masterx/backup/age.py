"""Encryption with a passphrase in the age format, version 1 (age-encryption.org/v1).

A file written here opens with the program `age` and the reverse. The passphrase becomes a key by scrypt, which is
slow on purpose; the content is sealed in pieces of 64 KiB by ChaCha20-Poly1305, each with its number and with a mark on
the last one, so that a piece that was changed, moved or cut off is noticed before anything of it is handed on.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
from base64 import b64decode, b64encode
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from masterx.errors import BackupError

VERSION_LINE: Final = b"age-encryption.org/v1\n"
PIECE_BYTES: Final = 64 * 1024
WORK_FACTOR: Final = 17
"""scrypt's N is 2 to this: about half a second and 128 MiB."""
LARGEST_WORK_FACTOR: Final = 20
"""A file must not make whoever opens it use more than 1 GiB."""
SMALLEST_PASSPHRASE: Final = 12
"""Characters. A backup can be tried offline for as long as somebody likes."""

_SALT_LABEL = b"age-encryption.org/v1/scrypt"
_TAG_BYTES = 16
_NO_NONCE = bytes(12)
_STANZA = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n--- ([A-Za-z0-9+/]{43})\n")
_HEADER_BYTES = 200
"""More than any header with one scrypt stanza has."""


def is_age(start: bytes) -> bool:
    return start.startswith(VERSION_LINE)


class AgeWriter(io.RawIOBase):
    """Seals what is written to it. Without `close` the file is incomplete, and is refused when it is read."""

    def __init__(self, file: BinaryIO, passphrase: str, *, work_factor: int = WORK_FACTOR) -> None:
        """``file`` stays the caller's to close."""
        self._file = file
        self._waiting = bytearray()
        self._number = 0
        file_key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(16)
        wrapped = ChaCha20Poly1305(_wrapping_key(passphrase, salt, work_factor)).encrypt(_NO_NONCE, file_key, None)
        stanza = b"-> scrypt %s %d\n%s\n---" % (_encoded(salt), work_factor, _encoded(wrapped))
        mac = hmac.digest(_derived(file_key, b"", b"header"), VERSION_LINE + stanza, "sha256")
        file.write(VERSION_LINE + stanza + b" " + _encoded(mac) + b"\n" + nonce)
        self._cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = memoryview(data)  # type: ignore[arg-type]  # the base class says Buffer, which 3.11 cannot name
        self._waiting += piece
        while len(self._waiting) > PIECE_BYTES:  # the last piece is never empty, so a full one waits for more
            self._seal(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]
        return piece.nbytes

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()

    def abandon(self) -> None:
        """Close without the last piece: what was written stays unreadable."""
        super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_piece_nonce(self._number, last=last), piece, None))
        self._number += 1


class AgeReader(io.RawIOBase):
    """Opens a file that was sealed with a passphrase.

    Raises `BackupError` for a wrong passphrase at once, and in reading for a piece that is not what was written.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        file_key = _file_key(file, passphrase)
        nonce = file.read(16)
        self._cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
        self._number = 0
        self._piece = memoryview(b"")
        self._next = file.read(PIECE_BYTES + _TAG_BYTES)
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer)  # type: ignore[arg-type]  # the base class says Buffer, which 3.11 cannot name
        while not self._piece and not self._ended:
            self._open_next()
        size = min(len(self._piece), room.nbytes)
        room[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._file.read(PIECE_BYTES + _TAG_BYTES)
        self._ended = not self._next
        try:
            opened = self._cipher.decrypt(_piece_nonce(self._number, last=self._ended), sealed, None)
        except InvalidTag as error:
            raise BackupError("The encrypted backup is damaged or cut off; nothing was restored from it.") from error
        self._piece = memoryview(opened)
        self._number += 1


def _file_key(file: BinaryIO, passphrase: str) -> bytes:
    start = file.read(_HEADER_BYTES)
    match = _STANZA.match(start, len(VERSION_LINE)) if is_age(start) else None
    if match is None:
        raise BackupError("The backup is encrypted in a way that a passphrase does not open, or its head is damaged.")
    salt, work_factor, wrapped, mac = _decoded(match[1]), int(match[2]), _decoded(match[3]), _decoded(match[4])
    if work_factor > LARGEST_WORK_FACTOR:
        raise BackupError(f"The backup asks for more than 1 GiB of memory to be opened (work factor {work_factor}).")
    try:
        file_key = ChaCha20Poly1305(_wrapping_key(passphrase, salt, work_factor)).decrypt(_NO_NONCE, wrapped, None)
    except InvalidTag as error:
        raise BackupError("The passphrase does not open this backup.") from error
    signed = start[: match.end(3) + len(b"\n---")]
    if not hmac.compare_digest(hmac.digest(_derived(file_key, b"", b"header"), signed, "sha256"), mac):
        raise BackupError("The head of the encrypted backup was changed.")
    file.seek(match.end() - len(start), io.SEEK_CUR)
    return file_key


def _wrapping_key(passphrase: str, salt: bytes, work_factor: int) -> bytes:
    n = 1 << work_factor
    room = 128 * 8 * (n + 32)
    return hashlib.scrypt(passphrase.encode(), salt=_SALT_LABEL + salt, n=n, r=8, p=1, maxmem=room, dklen=32)


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt or None, info=purpose).derive(key)


def _piece_nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _encoded(data: bytes) -> bytes:
    """Base64 without its padding, which the format leaves out."""
    return b64encode(data).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Raises `BackupError` for bits after the end: the format has one spelling for all bytes."""
    data = b64decode(text + b"=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise BackupError("The head of the encrypted backup was changed.")
    return data
