"""A folder of backups with dated names, of which the newest are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from masterx.backup.files import DRAFT_SUFFIX
from masterx.errors import BackupError

ABANDONED_AFTER: Final = timedelta(days=1)
"""A draft this old belongs to nobody: the command that wrote it was killed."""

_NAME = re.compile(r"masterx-\d{8}T\d{6}Z\.jsonl\.gz(\.age)?")


def dated_name(moment: datetime, *, encrypted: bool) -> str:
    """Sorts by time."""
    return f"masterx-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.jsonl.gz{'.age' if encrypted else ''}"


def to_forget(names: Sequence[str], keep: int) -> Sequence[str]:
    """Of the names that `dated_name` makes, all but the newest ``keep``; others are never among them."""
    dated = sorted(name for name in names if _NAME.fullmatch(name))
    return dated[: max(0, len(dated) - keep)]


def forget_old(folder: Path, keep: int, now: datetime) -> Sequence[str]:
    """Delete them, and abandoned drafts; the names of the backups. Raises `BackupError`."""
    try:
        names = [entry.name for entry in folder.iterdir()]
        old = to_forget(names, keep)
        for name in old:
            (folder / name).unlink()
        for name in names:
            if name.startswith(".masterx-") and name.endswith(DRAFT_SUFFIX):
                _remove_abandoned(folder / name, now)
    except OSError as error:
        raise BackupError(f"Older backups in {str(folder)!r} could not be removed: {error.strerror}.") from error
    return old


def _remove_abandoned(draft: Path, now: datetime) -> None:
    if draft.stat().st_mtime < (now - ABANDONED_AFTER).timestamp():
        draft.unlink(missing_ok=True)
