"""`masterx learner`: how good the learner model is, on logs of responses and on simulated learners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from masterx.cli.output import AsJson, err, out, print_json
from masterx.learner import simulation
from masterx.learner.evaluation import Mode, evaluated
from masterx.learner.response_log import BrokenRow, read_log
from masterx.learner.simulation import Choice

SHOWN_ROWS = 10

app = typer.Typer(help="Check the learner model.", no_args_is_help=True)

Seed = Annotated[int, typer.Option(min=0, help="The same seed draws the same learners.")]
Learners = Annotated[int, typer.Option(min=10, max=100_000, help="How many are simulated.")]


class Display:
    """One bar on standard error for each thing that is done."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, share: float) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=1.0)
        self._bars.update(self._tasks[what], completed=share)


@contextmanager
def display() -> Iterator[Display]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        yield Display(bars)


@app.command("evaluate")
def evaluate(
    train: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Responses to calibrate on: CSV, compressed or not.")
    ],
    test: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Responses to predict, each before it is known.")
    ],
    mode: Annotated[Mode, typer.Option(help="test: ability stands still; practice: people learn and forget.")],
    drift: Annotated[
        float | None,
        typer.Option(min=0, max=2, help="How far ability wanders between responses; 0 in tests, 0.15 in practice."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Calibrate on one log, predict each response of another online, and print how good that was.

    Columns: user, item, correct (0 or 1), and where there are any, skill and order. Rows that cannot be used are named
    and left out.
    """
    with display() as show:
        show("reading", 0.0)
        known = read_log(train)
        show("reading", 0.5)
        new = read_log(test)
        show("reading", 1.0)
        _name_rows(train, known.broken)
        _name_rows(test, new.broken)
        found = evaluated(known, new, mode, show, drift)
    figures = {
        "auc": found.figures.auc,
        "logloss": found.figures.log_loss,
        "ece": found.figures.calibration_error,
        "us_per_update": found.microseconds,
    }
    if as_json:
        print_json({"mode": mode.value, "train_rows": len(known), "test_rows": len(new), **figures})
        return
    digits = {"us_per_update": 1}
    typer.echo(" ".join(f"{name}={value:.{digits.get(name, 5)}f}" for name, value in figures.items()))


@app.command("simulate")
def simulate(
    learners: Learners = 1_000,
    items: Annotated[int, typer.Option(min=60, max=10_000, help="How many the bank has.")] = 300,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate learners whose ability, growth and forgetting are known, and print how near the estimates come.

    What is assumed stands in docs/learner.md.
    """
    with display() as show:
        near = simulation.precision(learners, items, seed, show)
        grown = simulation.growth(learners, seed, progress=show)
        gains = {
            choice: simulation.gain_per_hour(choice, max(learners // 5, 10), seed, progress=show) for choice in Choice
        }
    if as_json:
        told = {"root_mean_square_error": near.root_mean_square_error, "success": near.success}
        told |= {"within_two_errors": near.within_two_errors, "most_shown": near.most_shown}
        rate = {"error": grown.error, "covered": grown.covered, "mean_width": grown.mean_width}
        velocity = {"error": grown.velocity_error, "true": grown.velocity}
        per_hour = {choice.value: {"gain": gain, "error": error} for choice, (gain, error) in gains.items()}
        print_json({"ability": told, "improvement_rate": rate, "learning_velocity": velocity, "gain": per_hour})
        return
    errors = ", ".join(f"{error:.3f} after {count}" for count, error in near.root_mean_square_error.items())
    out.print(f"ability: root mean square error {errors} items; success {near.success:.3f}")
    out.print(
        f"  within two standard errors: {near.within_two_errors:.1%} of learners;"
        f" the item shown most: to {near.most_shown:.0%}"
    )
    out.print(
        f"improvement_rate: root mean square error {grown.error:.4f} a week; its 95 % interval, {grown.mean_width:.3f}"
        f" wide, held the truth {grown.covered:.1%} of the time"
    )
    out.print(
        f"learning_velocity: off by {grown.velocity_error:.2f} concepts an hour on average,"
        f" where {grown.velocity:.2f} are true"
    )
    for choice, (gain, error) in gains.items():
        out.print(f"gain per hour, {choice.value}: {gain:.3f} ± {1.96 * error:.3f}")


def _name_rows(path: Path, broken: Sequence[BrokenRow]) -> None:
    for row in broken[:SHOWN_ROWS]:
        err.print(f"{path.name}, row {row.number}: {row.reason}; left out", markup=False)
    if len(broken) > SHOWN_ROWS:
        err.print(f"{path.name}: {len(broken) - SHOWN_ROWS} more rows left out", markup=False)
