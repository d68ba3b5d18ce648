"""Sums over who answered what, for calibration: a sparse table of learners and items, multiplied in dense blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masterx.learner.irt import Floats
from masterx.learner.response_log import Integers, ResponseLog

_BLOCK = 2_000_000
"""Entries of a dense block: 16 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One for each learner and item that met, sorted by learner, with what came of it."""

    learners: Integers
    items: Integers
    right: Floats
    wrong: Floats
    learner_count: int
    item_count: int

    def by_learner(self, values: Floats, item_rows: Floats) -> Floats:
        """For each learner, the sum over cells of the value times the item's row."""
        result = np.zeros((self.learner_count, item_rows.shape[1]))
        for start, end, cells in self._blocks():
            result[start:end] = self._dense(values, start, end, cells) @ item_rows
        return result

    def by_item(self, values: Floats, learner_rows: Floats) -> Floats:
        """For each item, the sum over cells of the value times the learner's row."""
        result = np.zeros((self.item_count, learner_rows.shape[1]))
        for start, end, cells in self._blocks():
            result += self._dense(values, start, end, cells).T @ learner_rows[start:end]
        return result

    def products(self, learner_rows: Floats, item_rows: Floats) -> Floats:
        """For each cell, the scalar product of its learner's and its item's row."""
        result = np.empty(len(self.learners))
        for start, end, cells in self._blocks():
            dense = learner_rows[start:end] @ item_rows.T
            result[cells] = dense[self.learners[cells] - start, self.items[cells]]
        return result

    def _blocks(self) -> Iterator[tuple[int, int, slice]]:
        height = max(1, _BLOCK // max(self.item_count, 1))
        for start in range(0, self.learner_count, height):
            end = min(start + height, self.learner_count)
            first, last = np.searchsorted(self.learners, (start, end))
            yield start, end, slice(int(first), int(last))

    def _dense(self, values: Floats, start: int, end: int, cells: slice) -> Floats:
        block = np.zeros((end - start, self.item_count))
        block[self.learners[cells] - start, self.items[cells]] = values[cells]
        return block


def cells_of(log: ResponseLog, at_most: int | None = None) -> Cells:
    """`at_most` cuts a learner's rows in one skill into pieces of so many, each a learner of its own: for practice,
    where abilities differ by skill and move, and nearly stand still within a piece.
    """
    learners = log.users
    if at_most:
        keys = log.users * len(log.skill_names) + log.skills
        order = np.argsort(keys, kind="stable")
        position = np.empty(len(log), dtype=np.int64)
        position[order] = np.arange(len(log)) - np.searchsorted(keys[order], keys[order])
        learners = keys * len(log) + position // at_most
    _, learners = np.unique(learners, return_inverse=True)
    item_count = len(log.item_names)
    keys, places = np.unique(learners * item_count + log.items, return_inverse=True)
    right = np.bincount(places, weights=log.correct, minlength=len(keys)).astype(np.float64)
    met = np.bincount(places, minlength=len(keys)).astype(np.float64)
    return Cells(
        keys // item_count,
        keys % item_count,
        right,
        met - right,
        int(learners.max(initial=-1)) + 1,
        item_count,
    )
