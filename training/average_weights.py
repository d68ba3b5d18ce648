"""Writes the mean of two sets of weights of one run.

    python -m training.average_weights RUN --share 0.6

RUN/kept.pt counts `--share`, RUN/average.pt the rest, and RUN/average.pt becomes the mean; the old one is final.pt.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    """Average in place."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--share", type=float, default=0.6)
    options = parser.parse_args()
    kept, final = torch.load(options.run / "kept.pt"), torch.load(options.run / "average.pt")
    torch.save(final, options.run / "final.pt")
    mean = {name: options.share * kept[name] + (1 - options.share) * final[name] for name in final}
    torch.save(mean, options.run / "average.pt")


if __name__ == "__main__":
    main()
