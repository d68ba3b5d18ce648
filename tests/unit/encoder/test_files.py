from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.fakes.model_facts import small_facts

from masterx.encoder.files import CHECKSUMS, FACTS, NETWORK, TOKENIZER, WORDS, check_files
from masterx.errors import EncoderUnavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Whole files, of which only model.json means something."""
    for name in (NETWORK, TOKENIZER, WORDS):
        (tmp_path / name).write_bytes(name.encode() * 9)
    (tmp_path / FACTS).write_text(small_facts().model_dump_json())
    sign(tmp_path)
    return tmp_path


def sign(folder: Path) -> None:
    names = (NETWORK, TOKENIZER, WORDS, FACTS)
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / CHECKSUMS).write_text("".join(lines))


def test_whole_files_are_accepted(folder: Path) -> None:
    files = check_files(folder)
    assert files.facts == small_facts()
    assert files.network.name == NETWORK


@pytest.mark.parametrize("name", [NETWORK, TOKENIZER, WORDS, FACTS, CHECKSUMS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EncoderUnavailable) as raised:
        check_files(folder)
    assert raised.value.details == {"file": name}


@pytest.mark.parametrize("name", [NETWORK, TOKENIZER, WORDS, FACTS])
def test_one_changed_byte_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(EncoderUnavailable) as raised:
        check_files(folder)
    assert raised.value.details == {"file": name}


def test_checksums_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / CHECKSUMS).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EncoderUnavailable):
        check_files(folder)


def test_facts_that_make_no_sense_are_refused(folder: Path) -> None:
    (folder / FACTS).write_text('{"version": "1"}')
    sign(folder)
    with pytest.raises(EncoderUnavailable) as raised:
        check_files(folder)
    assert raised.value.details == {"file": FACTS}
