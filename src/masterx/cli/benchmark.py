"""`masterx benchmark`: suites of tests that every provider is asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from masterx.authoring.toml_files import Mistake, files_at
from masterx.cli import benchmark_runs
from masterx.cli.output import err, out
from masterx.errors import InvalidInput
from masterx.routing.benchmarks.linting import FEWEST_TESTS, lint
from masterx.routing.benchmarks.suite_files import SuiteFiles, own_files, read_suites

app = typer.Typer(help="Check suites of benchmark tests, run them, and show what came out.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Check suites of benchmark tests, run them, and show what came out."""


@app.command("lint")
def lint_suites(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder or file of suites; without it, the suites of MasterX.")
    ] = None,
) -> None:
    """Prove that suites are sound: references pass, empty answers and refusals do not, programs print what is said.

    Programs of the tests are run. Exit status 1 when there are mistakes, each with its file and line.
    """
    texts = own_files() if folder is None else _read(folder)
    found, mistakes = read_suites(texts)
    fewest = FEWEST_TESTS if folder is None else 0
    mistakes = sorted([*mistakes, *asyncio.run(_linted(found, dict(texts), fewest))])
    _print_suites(found, mistakes)
    for mistake in mistakes:
        out.print(str(mistake), markup=False, soft_wrap=True)
    count = sum(len(suite.tests) for suite in found.suites.values())
    if mistakes:
        err.print(f"{len(mistakes)} mistakes in {count} tests.", markup=False)
        raise typer.Exit(1)
    if not count:
        raise InvalidInput(f"{folder} holds no tests.")
    out.print(f"{count} tests: no mistakes.")


async def _linted(found: SuiteFiles, texts: dict[str, str], fewest: int) -> list[Mistake]:
    """The encoder is loaded where a rubric asks for it."""
    if "empathy" not in {
        check.kind for suite in found.suites.values() for test in suite.tests for check in test.grading
    }:
        return await lint(found, texts, fewest=fewest)
    from masterx.encoder.reader import Encoder  # noqa: PLC0415 (numpy: a tenth of a second that few commands need)

    encoder = await Encoder.load()
    try:
        return await lint(found, texts, encoder, fewest=fewest)
    finally:
        await encoder.close()


def _read(path: Path) -> list[tuple[str, str]]:
    try:
        return files_at(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read.") from error


def _print_suites(found: SuiteFiles, mistakes: list[Mistake]) -> None:
    table = Table("suite", "version", "tests", "easy", "medium", "hard", "checks", "mistakes")
    for category, suite in found.suites.items():
        levels = Counter(test.difficulty for test in suite.tests)
        kinds = Counter(check.kind for test in suite.tests for check in test.grading)
        checks = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        faults = sum(found.files.get(mistake.file) == category for mistake in mistakes)
        row = (len(suite.tests), levels["easy"], levels["medium"], levels["hard"])
        table.add_row(category, suite.version, *map(str, row), checks, str(faults))
    out.print(table)


app.command("run")(benchmark_runs.run)
app.command("show")(benchmark_runs.show)
app.command("schedule")(benchmark_runs.schedule)
