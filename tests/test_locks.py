"""The locks hold everything that pyproject.toml asks for, exactly and by hash, and name no index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "hosts", "dev", "uv")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """Version by name."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return {canonicalize_name(pin["name"]): pin["version"] for pin in PIN.finditer(text)}


def asked_for(lock: str) -> list[Requirement]:
    """What pyproject.toml wants in a lock; see scripts/lock.sh."""
    declared: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = declared["project"], declared["dependency-groups"]
    extras = project["optional-dependencies"]
    chosen = {"run": ["local"], "hosts": ["redis", "alerts"], "dev": list(extras)}[lock]
    wanted = [*project["dependencies"], *groups["build"], *(line for extra in chosen for line in extras[extra])]
    if lock == "dev":
        wanted += groups["dev"]
    return [Requirement(line) for line in wanted]


@pytest.mark.parametrize("lock", ["run", "hosts", "dev"])
def test_what_is_asked_for_is_locked(lock: str) -> None:
    locked = pins(lock)
    for requirement in asked_for(lock):
        version = locked.get(canonicalize_name(requirement.name), "not locked")
        assert version in requirement.specifier, f"{requirement}: {version} in {lock}.txt; make lock"


@pytest.mark.parametrize("lock", ["run", "hosts"])
def test_a_server_gets_the_versions_that_were_tested(lock: str) -> None:
    tested = pins("dev")
    assert {name: tested.get(name) for name in pins(lock)} == pins(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert pins(lock)
    assert [pin["name"] for pin in PIN.finditer(text) if "--hash=sha256:" not in pin["rest"]] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_index_is_named(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert not re.search(r"://|--(index|extra-index|find-links|trusted-host)", text)
