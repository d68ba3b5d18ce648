"""Cuts token ids into windows, at the end of a sentence where there is one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST_PIECES = 24
"""What bounds the time of a very long text; two thirds are taken from its beginning, a third from its end."""


@dataclass(frozen=True, slots=True)
class Pieces:
    windows: tuple[tuple[int, ...], ...]
    """Token ids without the markers around them."""
    covered: float
    """Share of the tokens that the windows hold."""


def cut(tokens: Sequence[int], window: int, sentence_ends: Collection[int] = ()) -> Pieces:
    """Cut after one of `sentence_ends` in the second half of a window, else where the window is full.

    No window is empty or longer than `window`; joined they are the text, but for the middle of a very long one.
    """
    windows: list[tuple[int, ...]] = []
    start = 0
    while start < len(tokens):
        end = min(start + window, len(tokens))
        if end < len(tokens):
            ends = (place + 1 for place in range(end - 1, start + window // 2, -1) if tokens[place] in sentence_ends)
            end = next(ends, end)
        windows.append(tuple(tokens[start:end]))
        start = end
    if len(windows) > MOST_PIECES:
        last = MOST_PIECES // 3
        windows = windows[: MOST_PIECES - last] + windows[-last:]
    covered = sum(map(len, windows)) / len(tokens) if tokens else 1.0
    return Pieces(tuple(windows), covered)


def grouped(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Positions to read together: of like length, so that little is padding, and at most `most_tokens` with it."""
    groups: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        longest = lengths[position]
        if groups and (len(groups[-1]) + 1) * longest <= most_tokens:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups
