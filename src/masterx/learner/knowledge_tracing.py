"""A skill that is known or not: learned at one stroke, seldom forgotten, guessed and slipped at.

Bayesian knowledge tracing (Corbett and Anderson 1994), with guesses and slips of each item drawn towards those of its
skill. One more voice beside ability, for logs whose learners learn so; what it is worth, the weights find out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masterx.learner.irt import Floats
from masterx.learner.response_log import Integers, ResponseLog

ROUNDS = 15
ROWS = 120_000
"""So many responses are fitted to, of whole learners."""
LONGEST = 400
"""Responses of a learner in a skill that are fitted to: the first ones."""
ITEM_PRIOR = 20.0
"""How many responses an item's skill is worth to its guesses and slips."""
GUESSES, SLIPS, MOVES = (0.02, 0.5), (0.01, 0.4), (0.001, 0.6)
"""Bounds. A guess above a half, or a slip near it, would turn the two states round."""


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """By skill: the chance that it is known at first, learned by an answer, and forgotten by one; by item: of a guess
    and of a slip.
    """

    first: Floats
    learned: Floats
    forgotten: Floats
    guesses: Floats
    slips: Floats

    def chance(self, known: float, item: int) -> float:
        """Of a right answer."""
        return known * (1.0 - float(self.slips[item])) + (1.0 - known) * float(self.guesses[item])

    def after(self, known: float, skill: int, item: int, correct: bool) -> float:
        """The chance that the skill is known now, after that answer."""
        guess, slip = float(self.guesses[item]), float(self.slips[item])
        yes, no = (known * (1 - slip), (1 - known) * guess) if correct else (known * slip, (1 - known) * (1 - guess))
        told = yes / (yes + no)
        return told * (1.0 - float(self.forgotten[skill])) + (1.0 - told) * float(self.learned[skill])


def fitted_knowledge(log: ResponseLog) -> Knowledge:
    """By expectation maximisation over learners and skills, with priors, so that a few responses settle nothing."""
    rows = _Sequences.of(log)
    skills, items = len(log.skill_names), len(log.item_names)
    found = Knowledge(
        np.full(skills, 0.4), np.full(skills, 0.1), np.full(skills, 0.02), np.full(items, 0.25), np.full(items, 0.1)
    )
    for _ in range(ROUNDS):
        found = _maximised(rows, found, *_expected(rows, found))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Sequences:
    """Rows by step: the first responses of all learners in all skills, the longest sequence first, then the second."""

    skills: Integers
    items: Integers
    correct: Floats
    counts: list[int]
    """Of rows at each step."""

    @classmethod
    def of(cls, log: ResponseLog) -> _Sequences:
        log = log.where(log.users <= log.users[min(ROWS, len(log)) - 1]) if len(log) else log
        keys = log.users * len(log.skill_names) + log.skills
        order = np.argsort(keys, kind="stable")
        _, starts, lengths = np.unique(keys[order], return_index=True, return_counts=True)
        lengths = np.minimum(lengths, LONGEST)
        longest = np.argsort(-lengths, kind="stable")
        starts, lengths = starts[longest], lengths[longest]
        steps = [order[starts[: int((lengths > step).sum())] + step] for step in range(int(lengths.max(initial=0)))]
        rows = np.concatenate(steps) if steps else np.zeros(0, dtype=np.int64)
        return cls(log.skills[rows], log.items[rows], log.correct[rows].astype(np.float64), [len(one) for one in steps])


def _expected(rows: _Sequences, found: Knowledge) -> tuple[Floats, Floats, Floats]:
    """For each row: the chance that the skill was known, that it was learned just after, and forgotten."""
    right = rows.correct == 1
    if_known = np.where(right, 1 - found.slips[rows.items], found.slips[rows.items])
    if_not = np.where(right, found.guesses[rows.items], 1 - found.guesses[rows.items])
    learn, forget = found.learned[rows.skills], found.forgotten[rows.skills]
    ends = np.cumsum([0, *rows.counts])
    before = np.empty((len(right), 2))
    told = np.empty((len(right), 2))
    for step, count in enumerate(rows.counts):
        here = slice(ends[step], ends[step] + count)
        if step == 0:
            known = found.first[rows.skills[here]]
        else:
            last = slice(ends[step - 1], ends[step - 1] + count)
            known = told[last, 1] * (1 - forget[last]) + told[last, 0] * learn[last]
        before[here, 1], before[here, 0] = known, 1 - known
        told[here, 1], told[here, 0] = known * if_known[here], (1 - known) * if_not[here]
        told[here] /= told[here].sum(axis=1, keepdims=True)
    smooth, learned, forgotten = told.copy(), np.zeros(len(right)), np.zeros(len(right))
    for step in range(len(rows.counts) - 2, -1, -1):
        count = rows.counts[step + 1]
        here, later = slice(ends[step], ends[step] + count), slice(ends[step + 1], ends[step + 1] + count)
        worth = smooth[later] / np.maximum(before[later], 1e-12)
        learned[here] = told[here, 0] * learn[here] * worth[:, 1]
        forgotten[here] = told[here, 1] * forget[here] * worth[:, 0]
        smooth[here, 1] = told[here, 1] * (1 - forget[here]) * worth[:, 1] + forgotten[here]
        smooth[here, 0] = 1 - smooth[here, 1]
    return smooth[:, 1], learned, forgotten


def _maximised(rows: _Sequences, found: Knowledge, known: Floats, learned: Floats, forgotten: Floats) -> Knowledge:
    skills, items, right = rows.skills, rows.items, rows.correct
    count = len(found.first)

    def by_skill(values: Floats, where: slice = slice(None)) -> Floats:
        return np.bincount(skills[where], weights=values[where], minlength=count).astype(np.float64)

    begins = slice(0, rows.counts[0] if rows.counts else 0)
    goes_on = np.zeros(len(right))
    ends = np.cumsum([0, *rows.counts])
    for step, later in enumerate(rows.counts[1:]):
        goes_on[ends[step] : ends[step] + later] = 1.0
    first = (by_skill(known, begins) + 2.0) / (by_skill(np.ones(len(right)), begins) + 5.0)
    learn = (by_skill(learned) + 1.0) / (by_skill((1 - known) * goes_on) + 10.0)
    forget = (by_skill(forgotten) + 0.5) / (by_skill(known * goes_on) + 25.0)
    guess = (by_skill((1 - known) * right) + 5.0) / (by_skill(1 - known) + 20.0)
    slip = (by_skill(known * (1 - right)) + 2.0) / (by_skill(known) + 20.0)
    of_item = np.zeros(len(found.guesses), dtype=np.int64)
    of_item[items] = skills
    met = np.bincount(items, minlength=len(of_item)) > 0
    centres = (np.where(met, guess[of_item], guess.mean()), np.where(met, slip[of_item], slip.mean()))

    def by_item(values: Floats) -> Floats:
        return np.bincount(items, weights=values, minlength=len(of_item)).astype(np.float64)

    guesses = (by_item((1 - known) * right) + ITEM_PRIOR * centres[0]) / (by_item(1 - known) + ITEM_PRIOR)
    slips = (by_item(known * (1 - right)) + ITEM_PRIOR * centres[1]) / (by_item(known) + ITEM_PRIOR)
    return Knowledge(
        np.clip(first, 0.01, 0.99),
        np.clip(learn, *MOVES),
        np.clip(forget, *MOVES),
        np.clip(guesses, *GUESSES),
        np.clip(slips, *SLIPS),
    )
