"""The commands about money, as a person runs them, beside a server that runs or alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.servers import PATIENT_WITH_LOCKS

Masterx = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def masterx(tmp_path: Path) -> Masterx:
    """A command on the data that `start_server` uses; keywords are variables."""
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    places = {
        "MASTERX_DATA_DIR": str(tmp_path / "data"),
        "MASTERX_LOCAL_MODEL": "false",
        "MASTERX_FIND_LOCAL_SERVERS": "false",
    }

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "masterx", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=passed_on | places | PATIENT_WITH_LOCKS | variables,
            timeout=300,
        )

    return run
