"""Fetch what the pages need from npm and keep it in the tree, with licences and hashes.

Run it by hand (`make vendor`) after a change of a version here, then look the result over and commit it. The
server never does this: pages work without a network. Needs npm.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src/masterx/web/static/vendor"
FOR_TESTS = ROOT / "tests/e2e/vendor"

LANGUAGES = (
    *("bash", "c", "cpp", "csharp", "css", "diff", "go", "haskell", "java", "javascript", "json", "julia"),
    *("kotlin", "latex", "matlab", "php", "python", "r", "ruby", "rust", "sql", "typescript", "xml", "yaml"),
)

ICONS = (
    *("arrow-down", "arrow-right", "arrow-up", "bell", "book-open", "bug", "chart-line", "check", "chevron-right"),
    *("circle-alert", "circle-check", "circle-dot", "circle-x", "clock", "coffee", "copy", "download", "ellipsis"),
    *("eye", "eye-off", "footprints", "gauge", "history", "info", "key-round", "lightbulb", "link", "log-out"),
    *("menu", "message-square", "pause", "pencil", "plus", "power", "printer", "refresh-cw", "repeat", "search"),
    *("send", "server", "settings", "shield-check", "sigma", "sliders-horizontal", "square", "target", "thumbs-down"),
    *("thumbs-up", "trash-2", "triangle-alert", "undo-2", "user-plus", "users", "wallet", "wifi-off", "x"),
)


@dataclass(frozen=True)
class Package:
    """One npm package; `files` maps a path inside it (or a glob of paths) to a folder under `home/folder`."""

    name: str
    version: str
    folder: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)
    licence_files: tuple[str, ...] = ("LICENSE",)
    home: Path = VENDOR


PACKAGES = (
    Package("htmx.org", "4.0.1", "htmx", "0BSD", {"dist/htmx.min.js": ""}),
    Package("marked", "18.2.1", "marked", "MIT", {"lib/marked.esm.js": ""}),
    Package("dompurify", "3.4.18", "dompurify", "Apache-2.0", {"dist/purify.min.js": ""}),
    Package(
        "katex",
        "0.19.1",
        "katex",
        "MIT",
        {"dist/katex.min.js": "", "dist/katex.min.css": "", "dist/fonts/*.woff2": "fonts"},
    ),
    Package(
        "@highlightjs/cdn-assets",
        "11.12.0",
        "highlight",
        "BSD-3-Clause",
        {"es/core.min.js": "", **{f"es/languages/{name}.min.js": "languages" for name in LANGUAGES}},
    ),
    Package("lucide-static", "1.62.0", "lucide", "ISC"),
    Package(
        "@fontsource-variable/atkinson-hyperlegible-next",
        "5.3.0",
        "fonts/atkinson-next",
        "OFL-1.1",
        {"files/*-wght-*.woff2": ""},
    ),
    Package(
        "@fontsource-variable/atkinson-hyperlegible-mono",
        "5.3.0",
        "fonts/atkinson-mono",
        "OFL-1.1",
        {"files/*-wght-*.woff2": ""},
    ),
    Package(
        "@fontsource-variable/literata",
        "5.3.0",
        "fonts/literata",
        "OFL-1.1",
        {f"files/literata-{script}-wght-*.woff2": "" for script in ("latin", "latin-ext", "greek", "cyrillic")},
    ),
    Package("uplot", "1.6.32", "uplot", "MIT", {"dist/uPlot.iife.min.js": "", "dist/uPlot.min.css": ""}),
    Package("axe-core", "4.14.1", "axe", "MPL-2.0", {"axe.min.js": ""}, home=FOR_TESTS),
)


def fetch(package: Package, into: Path) -> Path:
    """Unpack the package below `into` and return its root."""
    packed = subprocess.run(
        ["npm", "pack", f"{package.name}@{package.version}", "--json", "--loglevel=error"],
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    report = json.loads(packed.stdout)
    entry = report[0] if isinstance(report, list) else next(iter(report.values()))
    root = into / package.folder.replace("/", "-")
    with tarfile.open(into / entry["filename"]) as archive:
        archive.extractall(root, filter="data")
    return root / "package"


def place(package: Package, source: Path) -> Iterator[Path]:
    """Copy the wanted files and the licence texts, and yield where they are now."""
    wanted = {**package.files, **dict.fromkeys(package.licence_files, "")}
    for pattern, folder in wanted.items():
        found = sorted(source.glob(pattern))
        if not found:
            raise SystemExit(f"{package.name} {package.version} has no {pattern}")
        for path in found:
            target = package.home / package.folder / folder / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes()
            if path.suffix == ".js":
                content = re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"\n", content)
            elif path.name == "katex.min.css":
                content = re.sub(rb",url\([^)]+\.(?:woff|ttf)\) format\(\"\w+\"\)", b"", content)
            target.write_bytes(content)
            yield target


def icon_sprite(source: Path) -> Path:
    """One file with a symbol per icon; stroke width and colour come from the page's style sheet."""
    symbols = []
    for name in ICONS:
        drawing = (source / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        if shapes is None:
            raise SystemExit(f"The icon {name} is not an SVG drawing")
        lines = "".join(line.strip() for line in shapes.group(1).splitlines())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{lines}</symbol>')
    target = VENDOR / "lucide/icons.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n", encoding="utf-8"
    )
    return target


def manifest_entry(package: Package, placed: list[Path]) -> dict[str, object]:
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "files": {
            path.relative_to(package.home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(placed)
        },
    }


def main() -> None:
    entries: dict[Path, list[dict[str, object]]] = {VENDOR: [], FOR_TESTS: []}
    kept: set[Path] = {home / "MANIFEST.json" for home in entries}
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            print(f"{package.name} {package.version}", file=sys.stderr)
            source = fetch(package, Path(folder))
            placed = list(place(package, source))
            if package.name == "lucide-static":
                placed.append(icon_sprite(source))
            entries[package.home].append(manifest_entry(package, placed))
            kept.update(placed)
    for home, packages in entries.items():
        for path in home.rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()
        manifest = json.dumps({"packages": packages}, indent=2) + "\n"
        (home / "MANIFEST.json").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    main()
