"""`masterx backup`, `masterx restore` and `masterx migrate`: all that is stored, to a file, back, and elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from masterx import __version__
from masterx.accounts.signing_key import FILE_NAME as SIGNING_KEY_FILE
from masterx.backup.files import checked_passphrase, passphrase_in
from masterx.backup.filling import compare_stores, fill_from_backup, fill_from_store
from masterx.backup.progress import Progress, Watch
from masterx.backup.retention import dated_name, forget_old
from masterx.backup.secret_files import read_secret_files, require_no_other, write_secret_files
from masterx.backup.taking import Backup, check_backup, take_backup
from masterx.cli.output import AsJson, err, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.errors import BackupError, ConfigurationError
from masterx.settings import ENV_FILE, Settings, StoreSettings
from masterx.store.copies import row_source, row_target

CLOCK = SystemClock()
NICENESS = 10
"""A server on the same processor goes first."""

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="A file whose first line is the passphrase; else MASTERX_BACKUP_PASSPHRASE. Never typed here."),
]


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make, or with --keep a folder.")],
    keep: Annotated[
        int | None, typer.Option(help="Put a dated file into the folder, then keep the newest so many.", min=1)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    passphrase_file: PassphraseFile = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Put the signing key and .env into it too; encrypted only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy everything that is stored to one file, as of one moment, while servers go on.

    The file is read again and compared before it gets its name. With a passphrase it is encrypted.
    """
    settings = settings_for_command()
    passphrase = _passphrase(settings, passphrase_file)
    now = CLOCK.now()
    if keep is not None:
        if not target.is_dir():
            raise BackupError(f"{str(target)!r} is not a folder: --keep needs one.")
        folder, target = target, target / dated_name(now, encrypted=passphrase is not None)
    secret_files = read_secret_files(_secret_places(settings)) if with_secrets else {}
    os.nice(NICENESS)
    with _bar(quiet=as_json) as watch:
        made = asyncio.run(_take(settings.store, target, passphrase, secret_files, watch, overwrite=overwrite))
    forgotten = [] if keep is None else list(forget_old(folder, keep, now))
    if as_json:
        print_json(_facts(made) | {"encrypted": passphrase is not None, "forgotten": forgotten})
        return
    sealed = "encrypted" if passphrase is not None else "not encrypted"
    out.print(f"{made.path}: {_size(made)}, {sealed}, read again and whole.", markup=False)
    for name in forgotten:
        out.print(f"removed {name}", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only read it, and say whether it is whole.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of a database that has rows in it.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Put the signing key and .env back too, where there are none.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill the database that the settings name from a backup of either kind of store.

    The backup is read to its end before anything is touched, and every row is read back and compared. Servers have to
    be stopped.
    """
    settings = settings_for_command()
    passphrase = _passphrase(settings, passphrase_file)
    with _bar(quiet=as_json) as watch:
        found = check_backup(file, passphrase, watch=watch)
        if not check:
            places = _secret_places(settings)
            secret_files = found.secret_files if with_secrets else {}
            require_no_other(secret_files, places)
            asyncio.run(_restore(settings.store, found, passphrase, watch, replace=replace))
            write_secret_files(secret_files, places)
    if as_json:
        print_json(_facts(found) | {"restored": not check})
    elif check:
        out.print(f"{file}: {_size(found)}, of {found.head.created_at}, whole.", markup=False)
    else:
        out.print(f"Restored {_size(found)}, of {found.head.created_at}; every row was read back.", markup=False)


def migrate(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The URL of the store to copy; @NAME: in that variable.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The URL of an empty store; @NAME: in that variable.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look, and say what would be copied.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Only compare the two, row by row.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy everything from one store to another, such as from SQLite to MongoDB, then compare row by row.

    Servers have to be stopped; meanwhile nobody can write to the one that is copied. When it was interrupted, the same
    command goes on where it was.
    """
    settings = settings_for_command()
    stores = _store_settings(settings, source), _store_settings(settings, target)
    if stores[0].database_url == stores[1].database_url:
        raise ConfigurationError("The two stores are the same.")
    with _bar(quiet=as_json or dry_run) as watch:
        rows = asyncio.run(
            _look(stores[0]) if dry_run else _compare(*stores, watch) if compare else _move(*stores, watch)
        )
    if as_json:
        print_json({"rows": dict(rows), "copied": not (dry_run or compare)})
        return
    for collection, count in rows.items():
        out.print(f"{collection:20} {count:>12,}", markup=False)
    done = "would be copied." if dry_run else "are the same in both." if compare else "were copied, and are the same."
    out.print(f"{sum(rows.values()):,} rows {done}", markup=False)


async def _take(
    store: StoreSettings,
    path: Path,
    passphrase: str | None,
    secret_files: Mapping[str, str],
    watch: Watch,
    *,
    overwrite: bool,
) -> Backup:
    async with row_source(store, CLOCK) as source:
        return await take_backup(
            source,
            path,
            program=__version__,
            created_at=CLOCK.now(),
            passphrase=passphrase,
            overwrite=overwrite,
            secret_files=secret_files,
            watch=watch,
        )


async def _restore(store: StoreSettings, found: Backup, passphrase: str | None, watch: Watch, *, replace: bool) -> None:
    async with row_target(store, found.head.schema_version, CLOCK, replace=replace) as target:
        await fill_from_backup(target, found, passphrase, now=CLOCK.now(), watch=watch)


async def _look(store: StoreSettings) -> Mapping[str, int]:
    async with row_source(store, CLOCK) as source:
        return await source.counts()


async def _compare(store: StoreSettings, other: StoreSettings, watch: Watch) -> Mapping[str, int]:
    async with row_source(store, CLOCK) as source, row_source(other, CLOCK) as there:
        counts = await source.counts()
        await compare_stores(source, there, of_rows=sum(counts.values()), now=CLOCK.now(), watch=watch)
        return counts


async def _move(store: StoreSettings, other: StoreSettings, watch: Watch) -> Mapping[str, int]:
    async with (
        row_source(store, CLOCK, closed_to_writers=True) as source,
        row_target(other, source.schema_version, CLOCK, resume=True) as target,
    ):
        return await fill_from_store(target, source, now=CLOCK.now(), watch=watch)


def _store_settings(settings: Settings, url: str) -> StoreSettings:
    """Raises `ConfigurationError` for a variable that is not there."""
    if url.startswith("@"):
        named = os.environ.get(url[1:])
        if not named:
            raise ConfigurationError(f"{url}: there is no variable {url[1:]!r} in the environment.")
        url = named
    return settings.store.model_copy(update={"database_url": url})


def _secret_places(settings: Settings) -> Mapping[str, Path]:
    return {SIGNING_KEY_FILE: settings.store.data_dir / SIGNING_KEY_FILE, ENV_FILE.name: ENV_FILE}


def _passphrase(settings: Settings, file: Path | None) -> str | None:
    if file is not None:
        return passphrase_in(file)
    given = settings.backup.backup_passphrase
    return None if given is None else checked_passphrase(given.get_secret_value())


def _facts(backup: Backup) -> dict[str, object]:
    return {
        "file": str(backup.path),
        "bytes": backup.file_bytes,
        "created_at": backup.head.created_at,
        "store": backup.head.store,
        "schema_version": backup.head.schema_version,
        "program": backup.head.program,
        "rows": dict(backup.totals.rows),
        "sha256": backup.totals.content_sha256,
    }


def _size(backup: Backup) -> str:
    return f"{backup.totals.row_count:,} rows in {backup.file_bytes / 2**20:,.1f} MiB"


@contextlib.contextmanager
def _bar(*, quiet: bool) -> Iterator[Watch]:
    """On a terminal; elsewhere nothing is drawn."""
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows  {task.fields[size]:>10}  {task.fields[collection]:18}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def watch(progress: Progress) -> None:
            if progress.step not in tasks:
                tasks[progress.step] = bar.add_task(progress.step, total=progress.of_rows, size="", collection="")
            size = f"{progress.file_bytes / 2**20:,.1f} MiB" if progress.file_bytes else ""
            bar.update(
                tasks[progress.step],
                completed=progress.rows,
                total=max(progress.rows, progress.of_rows),
                size=size,
                collection=progress.collection,
            )

        yield watch
