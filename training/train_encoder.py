"""Fine-tunes MiniLM-L6 so that one pass gives emotions, V/A/D and category while its sentence embedding holds.

    python -m training.train_encoder DATA --out FOLDER --steps 8000

The learning rate warms up, stays, and falls to zero over the last `--cooldown` of the steps. With --finish-by HH:MM
the fall starts when it has to for the run to end by then, and the log says at which step: a later run with
`--steps` and `--cooldown` set to what the log says repeats it.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from training import scoring
from training.losses import Aims, loss_of, positive_weights
from training.network import DEVICE, Network, pretrained
from training.rows import Rows, add_opinions, endless, gather, originals, read_all, window_tokenizer

LOG = logging.getLogger("train_encoder")
HOLD_WEIGHT = 2.0
# The hold is as strong as it must be for this rank correlation with the original. Before the rate falls the weights
# jump about, and their average keeps some 0.03 more of the order than they do.
HOLD_RANK_BEFORE, HOLD_RANK = (0.925, 0.932), (0.958, 0.965)
HOLD_EVERY, HOLD_STEP, HOLD_TEXTS = 250, 1.4, 600
SAVE_EVERY, REPORT_EVERY = 500, 2000


def optimizer_of(network: Network, rate: float, head_rate: float) -> torch.optim.Optimizer:
    """AdamW: the word table stays, lower layers learn more slowly, heads faster."""
    network.words.requires_grad_(requires_grad=False)
    groups = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        part = name.split(".")
        if part[0] == "layers":
            lr = rate * 0.95 ** (5 - int(part[1]))
        elif part[0] in {"positions", "embedding_norm"}:
            lr = rate * 0.5
        else:
            lr = head_rate
        decay = 0.05 if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": lr, "peak": lr, "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)


def report(network: Network, dev: Rows, vad: Rows, word_share: float, name: str) -> dict[str, object]:
    """Dev figures in one line of the log."""
    embedding, labels, *_ = read_all(network, dev)
    labels = (1 - word_share) * labels + word_share * dev.words
    dimensions = read_all(network, vad)[2]
    probabilities = 1 / (1 + np.exp(-labels))
    fitted = scoring.cross_fitted(probabilities, dev.labels, 5)
    figures: dict[str, object] = {
        "at_half": round(float(scoring.label_f1(probabilities, dev.labels, 0.5).mean()), 4),
        "cross_fitted": round(float(fitted.mean()), 4),
        "vad": [round(r, 3) for r in scoring.correlations(dimensions, vad.dimensions)],
        "rank": round(scoring.similarity_rank_correlation(embedding, dev.original), 4),
        "cosine": round(float((embedding * dev.original).sum(1).mean()), 4),
        "weak": {i: round(float(fitted[i]), 3) for i in (6, 3, 9, 19)},
    }
    LOG.info("%s %s", name, json.dumps(figures))
    return figures


class Schedule:
    """Warm-up, plateau, linear fall to zero."""

    def __init__(self, steps: int, cooldown: float, finish_by: float | None, start: int) -> None:
        self.steps, self.start, self.warm = steps, start, 200 if start == 0 else 60
        self.fall_from, self.fall_height = int(steps * (1 - cooldown)), 1.0
        self.share, self.finish_by = cooldown, finish_by
        self.started = time.time()
        self.marks: list[tuple[int, float]] = []

    def factor(self, step: int) -> float:
        """Share of the peak rate at this step; with a time to finish by, decides when to start falling."""
        if self.finish_by is not None and step % 50 == 0 and step >= self.start + self.warm:
            self.marks = [*self.marks[-8:], (step, time.time())]
            if len(self.marks) > 2:
                self.plan(step, self.finish_by)
        if step - self.start < self.warm:
            return (step - self.start + 1) / self.warm
        if step < self.fall_from:
            return 1.0
        return self.fall_height * max(0.0, (self.steps - step) / (self.steps - self.fall_from))

    def plan(self, step: int, finish_by: float) -> None:
        """Start or bend the fall so that it ends in time at the pace of the last steps."""
        (first, then), (last, now) = self.marks[0], self.marks[-1]
        possible = step + max(10, int((finish_by - now) * (last - first) / (now - then)))
        if step >= self.fall_from and abs(possible - self.steps) > 100:
            height = self.fall_height * (self.steps - step) / (self.steps - self.fall_from)
            self.fall_from, self.fall_height, self.steps = step, height, possible
        elif step < self.fall_from and possible < self.steps and step >= possible * (1 - self.share):
            self.fall_from, self.steps = step, possible
        else:
            return
        LOG.info("falling from %.2f at step %d to 0 at %d", self.fall_height, self.fall_from, self.steps)


def hold_weight(network: Network, sample: Rows, held: float, bounds: tuple[float, float]) -> float:
    """The hold's weight for the next steps, from what is left of the original's order of similarities."""
    rank = scoring.similarity_rank_correlation(read_all(network, sample)[0], sample.original)
    if rank < bounds[0]:
        held *= HOLD_STEP
    elif rank > bounds[1]:
        held /= HOLD_STEP
    LOG.info("rank correlation %.4f, hold %.3f", rank, held)
    return held


def average_into(average: Network, network: Network, step: int) -> None:
    """Move the running average of the weights a thousandth of the way (faster at first)."""
    decay = min(0.999, (step + 1) / (step + 10))
    with torch.no_grad():
        for mean, parameter in zip(average.parameters(), network.parameters(), strict=True):
            if parameter.requires_grad:
                mean.lerp_(parameter, 1 - decay)


class Progress:
    """Sums the parts of the loss up and logs their means every hundred steps."""

    def __init__(self, first: int) -> None:
        self.first, self.started = first, time.time()
        self.sums: dict[str, float] = {}

    def add(self, parts: dict[str, Tensor], step: int, factor: float) -> None:
        """After `step` steps."""
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach())
        if step % 100 == 0:
            pace = (time.time() - self.started) / (step - self.first)
            means = {name: round(value / 100, 4) for name, value in self.sums.items()}
            LOG.info("step %d %.3f s/step factor %.2f %s", step, pace, factor, means)
            self.sums = {}


def take_step(network: Network, optimizer: torch.optim.Optimizer, parts: dict[str, Tensor], factor: float) -> None:
    """One step at a share of the peak rates."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    torch.stack(list(parts.values())).sum().backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()


def train(options: argparse.Namespace) -> None:
    """Train, report now and then, and leave last.pt and average.pt in the folder."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    generator = np.random.default_rng(options.seed)
    rows, dev, vad = gather(options.data, window_tokenizer(options.base), options.texts)
    network = pretrained(options.base).to(DEVICE)
    LOG.info("%d rows; reading them with the original", len(rows))
    for part in (rows, dev):
        part.original = originals(network, part, options.originals)
    add_opinions(rows, dev, options)
    average = copy.deepcopy(network)
    for name, model in (("last", network), ("average", average)):
        path = options.resume / f"{name}.pt" if options.resume else options.start
        if path:
            model.load_state_dict(torch.load(path, map_location=DEVICE), strict=False)
    optimizer = optimizer_of(network, options.rate, options.head_rate)
    aims = Aims(positive_weights(rows.labels), options.word_share, options.taught)
    step, held, sample = options.from_step, options.hold, rows.first(HOLD_TEXTS)
    schedule = Schedule(options.steps, options.cooldown, finish_time(options.finish_by), step)
    progress = Progress(step)
    network.train()
    for epoch, chosen in endless(rows, generator):
        factor = schedule.factor(step)
        if step >= schedule.steps:
            break
        hidden = 0.3 if epoch or options.from_step else 0.0
        masked = torch.rand(len(chosen), device=DEVICE) < hidden
        parts = loss_of(network, rows, chosen, aims, masked, held)
        take_step(network, optimizer, parts, factor)
        average_into(average, network, step)
        step += 1
        progress.add(parts, step, factor)
        if step % HOLD_EVERY == 0:
            held = hold_weight(network, sample, held, HOLD_RANK_BEFORE if factor == 1 else HOLD_RANK)
        if step % SAVE_EVERY == 0 or step == options.keep_at:
            save(options.out, network, average, kept=step == options.keep_at)
        if step % REPORT_EVERY == 0:
            report(average, dev, vad, aims.word_share, f"step {step} average")
    save(options.out, network, average)
    for name, model in (("last", network), ("average", average)):
        report(model, dev, vad, aims.word_share, f"end {step} {name}")


def save(folder: Path, network: Network, average: Network, *, kept: bool = False) -> None:
    """Write both sets of weights so that a crash leaves the older ones whole; the average again where it is kept."""
    if kept:
        torch.save(average.state_dict(), folder / "kept.pt")
    for name, model in (("last", network), ("average", average)):
        torch.save(model.state_dict(), folder / f"{name}.part")
        (folder / f"{name}.part").replace(folder / f"{name}.pt")


def finish_time(text: str | None) -> float | None:
    """Seconds since 1970 of HH:MM today."""
    if text is None:
        return None
    hour, minute = text.split(":")
    return datetime.datetime.now().astimezone().replace(hour=int(hour), minute=int(minute), second=0).timestamp()


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=8828)
    parser.add_argument("--cooldown", type=float, default=0.4, help="share of the steps in which the rate falls to 0")
    parser.add_argument("--finish-by", help="HH:MM")
    parser.add_argument("--keep-at", type=int, default=4500, help="step whose average is kept as kept.pt")
    parser.add_argument("--start", type=Path, help="weights to begin with instead of the base's")
    parser.add_argument("--teacher", type=Path, help="what training.teacher wrote, with --taught")
    parser.add_argument("--taught", type=float, default=0.0, help="the teacher's share of the targets")
    parser.add_argument("--words", type=Path, help="what training.train_words wrote, with --word-share")
    parser.add_argument("--unseen", type=Path, help="what it wrote beside that of texts not met")
    parser.add_argument("--word-share", type=float, default=0.0, help="the linear model's share of the log-odds")
    parser.add_argument("--resume", type=Path, help="folder of a run that was cut off, with --from-step and --hold")
    parser.add_argument("--from-step", type=int, default=0)
    parser.add_argument("--hold", type=float, default=HOLD_WEIGHT, help="weight of the hold to begin with")
    parser.add_argument("--originals", type=Path, help="folder where the original's embeddings are kept between runs")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--head-rate", type=float, default=5e-4)
    parser.add_argument("--texts", type=int, help="at most so many of each source: to try the command out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    train(options)


if __name__ == "__main__":
    main()
