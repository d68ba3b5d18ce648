"""`masterx items`: check, import, count and grade practice items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from masterx.authoring.toml_files import files_at
from masterx.cli.lines import STANDARD_INPUT, lines_of
from masterx.cli.output import AsJson, err, out, print_json, settings_for_command
from masterx.errors import InvalidInput
from masterx.practice.bank_files import own_bank, own_files, read_bank
from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.lines import grade_line
from masterx.practice.importers.oatutor import read_oatutor
from masterx.practice.importers.rows import RowFault, slug, write_bank
from masterx.practice.importers.word_problems import read_arc, read_gsm8k
from masterx.practice.linting import DRAWS, lint
from masterx.practice.statistics import bank_statistics

app = typer.Typer(help="Check, import, count and grade practice items.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Check, import, count and grade practice items."""


@app.command("grade")
def grade(
    file: Annotated[str, typer.Argument(help="File of JSON lines; - is standard input.")] = STANDARD_INPUT,
    _jsonl: Annotated[bool, typer.Option("--jsonl", help="Lines of JSON in and out; the only form there is.")] = True,
) -> None:
    """Grade lines {id, kind, question, reference, tolerance, unit, answer}; print lines {id, verdict, feedback}.

    A line at fault gets {id, error} and the others go on; the exit status is then 1.
    """
    faults = 0
    with Algebra() as algebra:
        grader = Grader(algebra)
        for line in lines_of(file):
            if line.strip():
                found = grade_line(line, grader)
                faults += "error" in found
                typer.echo(json.dumps(found, ensure_ascii=False))
    if faults:
        err.print(f"{faults} of the lines could not be graded.", markup=False)
        raise typer.Exit(1)


@app.command("lint")
def lint_items(
    path: Annotated[Path | None, typer.Argument(help="A file or folder; without it, the items of MasterX.")] = None,
    draws: Annotated[int, typer.Option(min=1, max=2_000, help="Seeds tried for each template.")] = DRAWS,
) -> None:
    """Prove that items are sound: one right answer in every draw, wrong ones refused, no hint that tells.

    Programs of output items are run. Exit status 1 when there are mistakes, each with its file and line.
    """
    texts = own_files() if path is None else _read(path)
    known = {} if path is None else own_bank().skills
    bank, mistakes = read_bank(texts, known=known)
    with Algebra(time_limit=10) as algebra:
        found = [*mistakes, *lint(bank, dict(texts), algebra, draws=draws)]
    for mistake in sorted(found):
        out.print(str(mistake), markup=False)
    if found:
        err.print(f"{len(found)} mistakes in {len(bank.items)} items.", markup=False)
        raise typer.Exit(1)
    out.print(
        f"{len(bank.items)} items and {len(bank.skills.keys() - known)} skills, drawn {draws} times each: no mistakes."
    )


@app.command("stats")
def stats(
    path: Annotated[Path | None, typer.Argument(help="A file or folder; without it, the items of MasterX.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count items by subject, skill, kind and difficulty."""
    bank = own_bank() if path is None else read_bank(_read(path), known=own_bank().skills)[0]
    found = bank_statistics(bank)
    if as_json:
        print_json(found)
        return
    for subject, counts in found["subjects"].items():
        kinds = ", ".join(f"{number} {kind}" for kind, number in counts["kinds"].items())
        out.print(f"[bold]{subject}[/bold]: {counts['items']} items ({counts['templates']} templates): {kinds}")
        table = Table("skill", "items", "difficulty")
        for skill, number in counts["skills"].items():
            difficulties = [item.difficulty for item in bank.of_skill(skill)]
            span = f"{min(difficulties):+.1f} to {max(difficulties):+.1f}" if difficulties else ""
            table.add_row(bank.skills[skill].name, str(number), span)
        out.print(table)
    out.print(f"{found['items']} items, {found['skills']} skills")


def _read(path: Path) -> list[tuple[str, str]]:
    try:
        return files_at(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read.") from error


@app.command("import")
def import_items(
    source: Annotated[str, typer.Argument(help="oatutor, gsm8k or arc.")],
    file: Annotated[Path, typer.Argument(help="The file that you have.")],
    to: Annotated[
        Path | None, typer.Option(help="Where the items go; without it, the folder that the server reads.")
    ] = None,
) -> None:
    """Turn a file of somebody else's items into ours, with source and licence at each; all of it or nothing."""
    readers = {"oatutor": read_oatutor, "gsm8k": read_gsm8k, "arc": read_arc}
    if source not in readers:
        raise InvalidInput(f"{source} is none of {', '.join(readers)}.")
    try:
        imported = readers[source](file)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read.") from error
    except RowFault as error:
        raise InvalidInput(f"{file}: {error}.") from error
    for fault in imported.faults:
        err.print(fault, markup=False)
    if imported.faults or not imported.items:
        why = f"{len(imported.faults)} broken rows" if imported.faults else "the file has no rows"
        err.print(f"Nothing was imported: {why}.", markup=False)
        raise typer.Exit(1)
    place = to or _served_folder() / f"{source}-{slug(file.stem)}.toml"
    try:
        write_bank(imported, place)
    except OSError as error:
        raise InvalidInput(f"{place} cannot be written.") from error
    out.print(f"{len(imported.items)} items: {place}", markup=False)
    if to is None:
        out.print("A server that starts from now on offers them.")


def _served_folder() -> Path:
    settings = settings_for_command()
    return settings.practice.folder(settings.store.data_dir)
