"""Writes the mean of several sets of weights of one line of runs.

python -m training.average_weights --out average.pt 0.5=second/average.pt 0.3=first/kept.pt 0.2=first/average.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    """Weigh and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="+", help="SHARE=FILE; the shares add up to 1")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    mean: dict[str, torch.Tensor] = {}
    for part in options.parts:
        share, _, path = part.partition("=")
        for name, weights in torch.load(path, map_location="cpu").items():
            mean[name] = mean.get(name, 0) + float(share) * weights
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(mean, options.out)


if __name__ == "__main__":
    main()
