"""`masterx routing`: how well questions are told apart that need the strong model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import Progress, track

from masterx.cli.output import AsJson, err, print_json
from masterx.encoder.model import TextModel
from masterx.routing.difficulty.cost_quality import cost_quality, paired_interval
from masterx.routing.difficulty.gain import learn
from masterx.routing.difficulty.outcomes import read_outcomes

app = typer.Typer(help="Check the router.", no_args_is_help=True)

READ_TOGETHER = 16


@app.callback()
def routing() -> None:
    """Check the router."""


@app.command("evaluate")
def evaluate(
    train: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Outcomes to learn from.")],
    test: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Outcomes to predict.")],
    compare: Annotated[bool, typer.Option(help="Compare with the length of the question and with chance, too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Learn from one file of outcomes, score another, and print how many calls to the strong model that saves.

    Columns: index, prompt, mixtral_correct, gpt4_correct, contaminated (rows so marked are left out); CSV, compressed
    or not. Only the prompt is looked at.
    """
    known, new = read_outcomes(train), read_outcomes(test)
    model = TextModel.load()
    places = {prompt: place for place, prompt in enumerate(dict.fromkeys((*known.prompts, *new.prompts)))}
    embeddings = embeddings_of(model, list(places))
    with Progress(console=err, transient=True) as bars:
        task = bars.add_task("learning", total=2)
        learned = learn(known.prompts, embeddings[[places[prompt] for prompt in known.prompts]], known.gain)
        bars.update(task, completed=1, description="scoring")
        scores = learned.predict(new.prompts, embeddings[[places[prompt] for prompt in new.prompts]])
        bars.update(task, completed=2)
    found = cost_quality(scores, new.gain)
    length = np.array([len(prompt) for prompt in new.prompts], dtype=float)
    interval = paired_interval(scores, length, new.gain) if compare else None
    if as_json:
        figures = {"cpt50": found.cpt50, "cpt80": found.cpt80, "apgr": found.apgr}
        print_json({**figures, "train_rows": len(known), "test_rows": len(new), "over_length_95": interval})
        return
    typer.echo(f"CPT50={found.cpt50:.4f} CPT80={found.cpt80:.4f} APGR={found.apgr:.4f}")
    if interval is not None:
        by_length = cost_quality(length, new.gain).apgr
        over = f"{interval[0]:+.4f} to {interval[1]:+.4f} (95 %)"
        err.print(f"by length alone {by_length:.4f}, by chance 0.5; over length {over}")


def embeddings_of(model: TextModel, prompts: Sequence[str]) -> NDArray[np.float32]:
    """One row each, in their order; those of like length are read together."""
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    rows: list[NDArray[np.float32]] = []
    groups = [order[start : start + READ_TOGETHER] for start in range(0, len(order), READ_TOGETHER)]
    for group in track(groups, description="reading", console=err, transient=True):
        rows += [outputs.embedding for outputs in model.outputs([prompts[place] for place in group])]
    result = np.zeros((len(prompts), len(rows[0])), dtype=np.float32)
    result[order] = np.stack(rows)
    return result
