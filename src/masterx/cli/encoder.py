"""`masterx encoder`: read texts, judge the model on labelled files, measure its speed."""

from __future__ import annotations

import csv
import gzip
import json
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from masterx.cli.lines import STANDARD_INPUT, lines_of
from masterx.cli.output import AsJson, out, print_json
from masterx.emotion.states import mood_of, state_shares
from masterx.errors import InvalidInput
from masterx.records.readings import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from masterx.encoder.model import TextModel

app = typer.Typer(help="Read texts with the built-in encoder; judge and time it.", no_args_is_help=True)

BATCH = 16
THIRTY_TOKENS = (
    "I have tried to solve this equation for an hour now and I still don't understand why the sign changes, can you "
    "please explain it again?"
)


@app.callback()
def main() -> None:
    """Read texts with the built-in encoder; judge and time it."""


@app.command("read")
def read(
    text: Annotated[
        str | None,
        typer.Argument(help="What to read; with --jsonl a file, or - for standard input.", show_default=False),
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read lines of {id, text}; write one line each.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say everything that one pass gives of a text, and how long it took."""
    if text is None and not jsonl:
        raise InvalidInput("Give a text, or --jsonl and lines of {id, text} in a file or on standard input.")
    model = _loaded()
    model.read([THIRTY_TOKENS])  # the first pass after loading is a slow one
    if text is None or jsonl:
        for line in _lines_read(model, lines_of(text or STANDARD_INPUT)):
            typer.echo(line)
        return
    facts = _facts(text, model.read([text])[0])
    if as_json:
        print_json(facts)
    else:
        _print(facts)


@app.command("evaluate")
def evaluate(
    emotions: Annotated[Path | None, typer.Option(help="Texts and label ids as GoEmotions has them, .gz too.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Names of the labels, in the order of their ids.")] = None,
    vad: Annotated[Path | None, typer.Option(help="Texts with V, A and D as EmoBank has them, .gz too.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Each label's F1 as well.")] = False,
) -> None:
    """Compare the encoder with labelled texts: macro-F1 of the emotions, Pearson's r of valence, arousal, dominance."""
    if emotions is None and vad is None:
        raise InvalidInput("Give --emotions with --labels, or --vad.")
    if emotions is not None and labels is None:
        raise InvalidInput("--emotions needs --labels, the file with the labels' names.")
    model = _loaded()
    if emotions is not None and labels is not None:
        _evaluate_emotions(model, emotions, labels, full=full)
    if vad is not None:
        _evaluate_dimensions(model, vad)


@app.command("bench")
def bench(
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="How long each batch size is measured.")] = 4.0,
    as_json: AsJson = False,
) -> None:
    """Time a text of about 30 tokens, everything included, in this one thread."""
    started = time.perf_counter()
    model = _loaded()
    load_ms = (time.perf_counter() - started) * 1000
    figures: dict[str, Any] = {"load_ms": round(load_ms, 1), "tokens": model.tokens(THIRTY_TOKENS), "batches": []}
    for batch in (1, 8, 32):
        figures["batches"].append(_timed(model, batch, seconds))
    figures["resident_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if as_json:
        print_json(figures)
        return
    out.print(f"load {figures['load_ms']:.0f} ms, {figures['tokens']} tokens, {figures['resident_mb']:.0f} MB resident")
    for row in figures["batches"]:
        out.print(
            f"batch {row['batch']}: p50 {row['p50_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms, "
            f"{row['messages_per_second']:.0f} messages/s"
        )


def _loaded() -> TextModel:
    from masterx.encoder.model import TextModel  # noqa: PLC0415 (numpy: a tenth of a second that few commands need)

    return TextModel.load()


def _timed(model: TextModel, batch: int, seconds: float) -> dict[str, float]:
    """Times of one call with `batch` different texts of the same length."""
    texts = [f"{THIRTY_TOKENS[:-1]} {number}?" for number in range(batch)]
    for _ in range(5):
        model.read(texts)
    times: list[float] = []
    while sum(times) < seconds or len(times) < 20:
        started = time.perf_counter()
        model.read(texts)
        times.append(time.perf_counter() - started)
    cuts = statistics.quantiles(times, n=100)
    return {
        "batch": batch,
        "p50_ms": round(cuts[49] * 1000, 3),
        "p99_ms": round(cuts[98] * 1000, 3),
        "messages_per_second": round(batch * len(times) / sum(times), 1),
    }


def _lines_read(model: TextModel, lines: Iterator[str]) -> Iterator[str]:
    """One JSON line for each that came; blank ones are left out. InvalidInput names the first bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            key, text = given["id"], given["text"]
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput(f"Line {number} is not a JSON object with id and text.") from error
        if not isinstance(text, str):
            raise InvalidInput(f"Line {number}: text is not a string.")
        reading = model.read([text])[0]
        mood = mood_of(reading, text)
        yield json.dumps(
            {
                "id": key,
                "category": reading.category,
                "state": mood.state,
                "valence": round(reading.valence, 3),
                "arousal": round(reading.arousal, 3),
                "distress": mood.distress,
                "labels": list(reading.labels),
                "ms": round(reading.ms, 2),
            },
            ensure_ascii=False,
        )


def _facts(text: str, reading: Reading) -> dict[str, Any]:
    mood = mood_of(reading, text)
    likely = sorted(reading.probabilities.items(), key=lambda pair: -pair[1])
    return {
        "category": reading.category,
        "category_certainty": round(reading.category_certainty, 3),
        "categories": {name: round(share, 3) for name, share in reading.categories.items()},
        "state": mood.state,
        "state_certainty": round(mood.certainty, 3),
        "states": {name: round(share, 3) for name, share in state_shares(reading).items()},
        "valence": round(reading.valence, 3),
        "arousal": round(reading.arousal, 3),
        "dominance": round(reading.dominance, 3),
        "distress": mood.distress,
        "labels": list(reading.labels),
        "probabilities": {name: round(probability, 3) for name, probability in likely},
        "language_confidence": round(reading.language_confidence, 2),
        "is_foreign": reading.is_foreign,
        "covered": round(reading.covered, 3),
        "pieces": reading.pieces,
        "embedding": {"size": len(reading.embedding), "first": [round(float(x), 4) for x in reading.embedding[:6]]},
        "version": reading.version,
        "ms": round(reading.ms, 2),
    }


def _print(facts: dict[str, Any]) -> None:
    def first(shares: dict[str, float], count: int) -> str:
        largest = sorted(shares.items(), key=lambda pair: -pair[1])[:count]
        return ", ".join(f"{name} {share:.2f}" for name, share in largest)

    rows = {
        "category": first(facts["categories"], 3),
        "state": first(facts["states"], 3),
        "valence, arousal, dominance": f"{facts['valence']:+.2f}, {facts['arousal']:+.2f}, {facts['dominance']:+.2f}",
        "labels": ", ".join(facts["labels"]),
        "most probable": first(facts["probabilities"], 5),
        "distress": "yes" if facts["distress"] else "no",
        "English": f"{facts['language_confidence']:.2f}"
        + (" (looks like another language: emotions are not read)" if facts["is_foreign"] else ""),
        "read": f"{facts['covered']:.0%} in {facts['pieces']} piece{'' if facts['pieces'] == 1 else 's'}",
        "embedding": f"{facts['embedding']['size']} numbers, {', '.join(map(str, facts['embedding']['first'][:4]))}, …",
        "model": f"{facts['version']}, {facts['ms']:.1f} ms",
    }
    for name, value in rows.items():
        out.print(f"{name:27} {value}", markup=False)


def _evaluate_emotions(model: TextModel, path: Path, labels: Path, *, full: bool) -> None:
    import numpy as np  # noqa: PLC0415

    from masterx.encoder.scoring import label_f1  # noqa: PLC0415

    names = _opened(labels).split()
    if names != list(model.facts.labels):
        raise InvalidInput("The labels are not the 28 of GoEmotions in their order.")
    rows = [line.split("\t") for line in _opened(path).split("\n") if line.strip()]
    truth = np.zeros((len(rows), len(names)), dtype=bool)
    try:
        for row, cells in zip(truth, rows, strict=True):
            row[[int(label) for label in cells[1].split(",")]] = True
    except (IndexError, ValueError) as error:
        raise InvalidInput("A line of the file is not: text, tab, label ids with commas.") from error
    scores = _scores(model, [cells[0] for cells in rows])
    half, shipped = label_f1(scores, truth, 0.5), label_f1(scores, truth, np.array(model.facts.thresholds))
    typer.echo(f"thresholds=0.5 macro_f1={half.mean():.4f}")
    typer.echo(f"thresholds=shipped macro_f1={shipped.mean():.4f}")
    if full:
        for index, name in enumerate(names):
            typer.echo(f"{name:15} 0.5={half[index]:.3f} shipped={shipped[index]:.3f} texts={truth[:, index].sum()}")


def _scores(model: TextModel, texts: list[str]) -> NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415

    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    scores = np.zeros((len(texts), len(model.facts.labels)), dtype=np.float32)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        scores[chosen] = model.scores([texts[index] for index in chosen])
    return scores


def _evaluate_dimensions(model: TextModel, path: Path) -> None:
    from masterx.encoder.scoring import correlation  # noqa: PLC0415

    try:
        rows = list(csv.DictReader(_opened(path).splitlines(keepends=True)))
        truth = [[float(row[name]) for name in "VAD"] for row in rows]
        texts = [row["text"] for row in rows]
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput("The file is not a table with the columns V, A, D and text.") from error
    if len(rows) < 2:
        raise InvalidInput("The file has too few rows for a correlation.")
    ours = [
        values for start in range(0, len(texts), BATCH) for values in model.dimensions(texts[start : start + BATCH])
    ]
    valence, arousal, dominance = (correlation([row[i] for row in ours], [row[i] for row in truth]) for i in range(3))
    typer.echo(f"valence_r={valence:.4f} arousal_r={arousal:.4f} dominance_r={dominance:.4f}")


def _opened(path: Path) -> str:
    """Text of a plain or gzipped file. InvalidInput where it cannot be read."""
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as text, plain or gzipped.") from error
