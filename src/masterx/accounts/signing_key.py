"""The secret that signs tokens: from the settings, or made once and kept beside the database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from masterx.errors import ConfigurationError
from masterx.settings import AccountSettings

FILE_NAME = "secret.key"
MIN_LENGTH = 32


def load_signing_key(settings: AccountSettings, data_dir: Path) -> bytes:
    """Raises `ConfigurationError` for a key that is too short or a file that cannot be read or made."""
    if settings.secret_key is not None:
        return _checked(settings.secret_key.get_secret_value(), "MASTERX_SECRET_KEY")
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        return _checked(path.read_text(encoding="ascii").strip(), f"The signing key in {FILE_NAME}")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The signing key {FILE_NAME} in the data directory can be neither read nor made. "
            "Make the directory writable, or set MASTERX_SECRET_KEY."
        ) from error


def _checked(key: str, what: str) -> bytes:
    if len(key) < MIN_LENGTH:
        raise ConfigurationError(f"{what} is too short: {MIN_LENGTH} characters or more.")
    return key.encode()


def _create(path: Path) -> None:
    """Whole or not at all: of two processes that start at once both end up with the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears with its content and never replaces one that is there, unlike opening or renaming.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
