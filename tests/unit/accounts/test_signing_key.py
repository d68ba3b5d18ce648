from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import SecretStr

from masterx.accounts.signing_key import FILE_NAME, MIN_LENGTH, load_signing_key
from masterx.errors import ConfigurationError
from masterx.settings import AccountSettings

UNSET = AccountSettings(_env_file=None)


def test_a_key_from_the_settings_is_used_and_nothing_written(tmp_path: Path) -> None:
    settings = AccountSettings(_env_file=None, secret_key=SecretStr("k" * MIN_LENGTH))

    assert load_signing_key(settings, tmp_path) == b"k" * MIN_LENGTH
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused_without_being_told(tmp_path: Path) -> None:
    settings = AccountSettings(_env_file=None, secret_key=SecretStr("hunter2"))

    with pytest.raises(ConfigurationError, match="MASTERX_SECRET_KEY") as refusal:
        load_signing_key(settings, tmp_path)
    assert "hunter2" not in str(refusal.value)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "data"
    key = load_signing_key(UNSET, data_dir)

    assert len(key) >= MIN_LENGTH
    assert load_signing_key(UNSET, data_dir) == key
    assert [path.name for path in data_dir.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((data_dir / FILE_NAME).stat().st_mode) == 0o600


def test_another_place_gets_another_key(tmp_path: Path) -> None:
    assert load_signing_key(UNSET, tmp_path / "one") != load_signing_key(UNSET, tmp_path / "two")


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 40])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(ConfigurationError):
        load_signing_key(UNSET, tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_place_that_cannot_be_written_is_a_matter_for_the_operator(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file, not a directory")

    with pytest.raises(ConfigurationError, match="MASTERX_SECRET_KEY"):
        load_signing_key(UNSET, in_the_way)


def test_those_that_start_at_once_agree(tmp_path: Path) -> None:
    starters = 8
    barrier = Barrier(starters)

    def start(data_dir: Path) -> bytes:
        barrier.wait()
        return load_signing_key(UNSET, data_dir)

    with ThreadPoolExecutor(starters) as threads:
        for attempt in range(20):
            assert len(set(threads.map(start, [tmp_path / str(attempt)] * starters))) == 1
    assert len(list(tmp_path.glob("*/*"))) == 20
