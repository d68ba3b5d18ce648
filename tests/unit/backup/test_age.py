from __future__ import annotations

import io
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.backup.age import PIECE_BYTES, AgeReader, AgeWriter, is_age
from masterx.errors import BackupError

PASSPHRASE = "correct horse battery staple"
CHEAP = 1
"""scrypt's work factor: the passphrase of a test is nobody's secret."""


def sealed(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    with AgeWriter(file, passphrase, work_factor=CHEAP) as writer:
        writer.write(content)
    return file.getvalue()


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    with AgeReader(io.BytesIO(data), passphrase) as reader:
        return reader.read()


@pytest.mark.parametrize(
    "size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 7]
)
def test_what_is_sealed_can_be_opened(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    data = sealed(content)
    assert is_age(data)
    assert opened(data) == content


@given(pieces=st.lists(st.binary(max_size=40_000), max_size=6))
@settings(max_examples=25, deadline=None)
def test_however_it_is_written_the_content_is_the_same(pieces: list[bytes]) -> None:
    file = io.BytesIO()
    with AgeWriter(file, PASSPHRASE, work_factor=CHEAP) as writer:
        for piece in pieces:
            writer.write(piece)
    assert opened(file.getvalue()) == b"".join(pieces)


@given(place=st.integers(min_value=0, max_value=400), bit=st.integers(min_value=0, max_value=7))
@settings(max_examples=60, deadline=None)
def test_no_bit_can_be_changed(place: int, bit: int) -> None:
    data = bytearray(sealed(b"x" * 300))
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(BackupError):
        opened(bytes(data))


def test_no_bit_after_the_end_of_the_code_can_be_changed() -> None:
    """Two bits of its last character stand for nothing."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    data = bytearray(sealed(b"x" * 300))
    last = data.index(b"\n", data.index(b"\n--- ") + 1) - 1
    for character in set(alphabet) - {data[last]}:
        data[last] = character
        with pytest.raises(BackupError):
            opened(bytes(data))


def test_pieces_can_be_neither_cut_off_nor_exchanged() -> None:
    content = bytes(3 * PIECE_BYTES)
    data = sealed(content)
    tail = PIECE_BYTES + 16
    head = len(data) - 3 * tail
    exchanged = data[:head] + data[head + tail : head + 2 * tail] + data[head : head + tail] + data[head + 2 * tail :]
    for changed in (data[:-tail], data[:-1], data[:head], data[: head + tail], exchanged, data + b"x"):
        with pytest.raises(BackupError):
            opened(changed)


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(BackupError, match="passphrase does not open"):
        opened(sealed(b"secret"), "correct horse battery stapler")


def test_without_its_end_it_is_refused() -> None:
    file = io.BytesIO()
    writer = AgeWriter(file, PASSPHRASE, work_factor=CHEAP)
    writer.write(bytes(2 * PIECE_BYTES))
    writer.abandon()
    with pytest.raises(BackupError):
        opened(file.getvalue())


def test_a_file_cannot_ask_for_all_memory() -> None:
    data = sealed(b"secret").replace(b" 1\n", b" 21\n", 1)
    with pytest.raises(BackupError, match="memory"):
        opened(data)


def test_nothing_of_the_content_shows() -> None:
    assert b"secret" not in sealed(b"secret" * 100)


def test_what_the_program_age_sealed_can_be_opened() -> None:
    """Made with `age -p` 1.1.1."""
    data = b64decode(
        "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBYNVFCODcyREt4d2lNS01MK1V6bGhnIDE4CmZjZzB6aEpRWFgyNnJWOHF1"
        "QzAvd2hiNnpMOVZZQm11cnVKTEJxNEduU1UKLS0tIHBGaS9FcU5VZ2hGb3Q2R1JXSWpXZldJbFRmYzVRTGJxT2JwSmdvWUh5NUUK"
        "Gi3GSqOOQ9XuyJb0oNYpKqs7UQ/Kby7msnHDfws/YHqfOt6FLNAUpA3xIz8VIYE5ZajM42l4PA=="
    )
    assert opened(data) == b"What is half of a half?"
