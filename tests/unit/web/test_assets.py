from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from masterx.web.assets import STATIC, Assets

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js/a.js").write_text("export const a = 1;\n" * 50)
    (tmp_path / "a.woff2").write_bytes(b"font")
    return tmp_path


def test_an_address_carries_the_version_and_leads_back(folder: Path) -> None:
    assets = Assets(folder)
    address = assets.url("js/a.js")
    assert address == f"/static/{assets.version}/js/a.js"
    asset, current = assets.find(address.removeprefix("/static/"))
    assert current
    assert asset is not None
    assert asset.media_type == "text/javascript; charset=utf-8"
    assert asset.compressed is not None
    assert gzip.decompress(asset.compressed) == asset.body == (folder / "js/a.js").read_bytes()


def test_any_change_is_another_version(folder: Path) -> None:
    before = Assets(folder).version
    (folder / "js/a.js").write_text("export const a = 2;\n")
    assert Assets(folder).version != before


def test_an_older_version_gets_the_file_but_not_for_good(folder: Path) -> None:
    assets = Assets(folder)
    for path in ("0123456789ab/js/a.js", "js/a.js"):
        asset, current = assets.find(path)
        assert asset is not None
        assert not current


@pytest.mark.parametrize("path", ["", "a", "js", "js/b.js", "../pyproject.toml", "x/../js/a.js", "x/y/js/a.js"])
def test_nothing_else_is_found(folder: Path, path: str) -> None:
    assert Assets(folder).find(path) == (None, False)


def test_a_font_is_not_compressed_again(folder: Path) -> None:
    asset, _ = Assets(folder).find("a.woff2")
    assert asset is not None
    assert asset.compressed is None


def test_no_page_links_to_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(KeyError):
        Assets(folder).url("js/b.js")


def test_every_vendored_file_is_the_one_that_was_fetched() -> None:
    listed = {name: digest for package in MANIFEST["packages"] for name, digest in package["files"].items()}
    there = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert there == listed


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: str(package["name"]))
def test_every_vendored_package_brings_its_licence(package: dict[str, object]) -> None:
    files = package["files"]
    assert isinstance(files, dict)
    assert any(name.endswith("/LICENSE") for name in files)
    assert package["licence"]


def test_no_file_of_ours_reaches_for_another_host() -> None:
    ours = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css") and VENDOR not in path.parents]
    assert ours
    for path in ours:
        assert "://" not in path.read_text(encoding="utf-8"), path
