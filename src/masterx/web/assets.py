"""Static files under addresses that carry a hash of all of them, so that a browser keeps each one for good.

The hash is a folder of the address (``/static/<version>/js/lesson.js``): modules and style sheets name each other
by relative paths, which stay inside it. A change of any file changes the addresses of all; they are small.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"

IMMUTABLE = "public, max-age=31536000, immutable"

_MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
_COMPRESSIBLE = frozenset({".js", ".css", ".svg", ".json", ".webmanifest", ".txt"})


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    compressed: bytes | None
    """With gzip; None where that gains nothing."""
    media_type: str


class Assets:
    """Reads the folder once, when it is made; each file is compressed when it is first asked for."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        digest = hashlib.sha256()
        for name in sorted(self._files):
            digest.update(name.encode() + b"\0" + hashlib.sha256(self._files[name].read_bytes()).digest())
        self.version = digest.hexdigest()[:12]
        self._loaded: dict[str, Asset] = {}

    def url(self, name: str) -> str:
        """The address of a file. Raises `KeyError` when there is none, so that no page links to nothing."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def find(self, path: str) -> tuple[Asset | None, bool]:
        """The file at a path below ``/static/``, and whether the path carries today's version.

        A page that was opened before an upgrade asks with the old version: it gets the new file, not to be kept.
        """
        version, _, name = path.partition("/")
        if name not in self._files:
            version, name = "", path
        if name not in self._files:
            return None, False
        if name not in self._loaded:
            self._loaded[name] = _load(self._files[name])
        return self._loaded[name], version == self.version


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    compressed = gzip.compress(body, mtime=0) if path.suffix in _COMPRESSIBLE else None
    return Asset(body=body, compressed=compressed, media_type=media_type)
