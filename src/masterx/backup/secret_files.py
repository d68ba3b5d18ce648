"""The files beside the database that hold secrets: in a backup only where they were asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from masterx.errors import BackupError


def read_secret_files(places: Mapping[str, Path]) -> Mapping[str, str]:
    """Content by name, of those that are there. Raises `BackupError`."""
    try:
        return {name: path.read_text() for name, path in places.items() if path.exists()}
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError("A file with secrets cannot be read: the signing key or .env.") from error


def require_no_other(contents: Mapping[str, str], places: Mapping[str, Path]) -> None:
    """Raises `BackupError` where a file with other content is in a place."""
    for name, content in contents.items():
        if name not in places:
            raise BackupError(f"The backup holds a file {name!r} that has no place here.")
        present = read_secret_files({name: places[name]})
        if present.get(name, content) != content:
            raise BackupError(f"{str(places[name])!r} is there with other content. Move it away first.")


def write_secret_files(contents: Mapping[str, str], places: Mapping[str, Path]) -> None:
    """Readable by their owner only; those that are there stay. Raises `BackupError`."""
    for name, content in contents.items():
        path = places[name]
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise BackupError(f"{str(path)!r} cannot be written: {error.strerror}.") from error
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
