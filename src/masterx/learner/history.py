"""What a learner's past answers say beside ability: successes, failures and recency, by skill and by item.

A history is a value that grows: `record` changes it in place, because a turn needs it within microseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FEATURES = (
    "bias",
    "ability",
    "profile",
    "surprise_fast",
    "surprise_slow",
    "surprise_last",
    "skill_shift",
    "skill_successes",
    "skill_failures",
    "skill_surprise",
    "skill_recency",
    "item_successes",
    "item_failures",
    "item_last",
    "item_recency",
    "item_known",
    "known",
)
"""The order of the numbers in `History.features`."""

_FAST, _SLOW = 0.5, 0.85
_SKILL_MEMORY = 0.7
_SHIFT_VARIANCE = 0.64
"""Of a learner's skills around their ability, in logits."""
_SHIFT_DRIFT = 0.01
"""Variance that one answer in the skill adds."""


@dataclass(slots=True)
class SkillHistory:
    successes: int = 0
    failures: int = 0
    surprise: float = 0.0
    shift: float = 0.0
    """How much likelier, in logits, this learner answers items of this skill than their ability says."""
    variance: float = _SHIFT_VARIANCE
    last: int = 0


@dataclass(slots=True)
class ItemHistory:
    successes: int = 0
    failures: int = 0
    last_correct: bool = False
    last: int = 0


_NO_SKILL, _NO_ITEM = SkillHistory(), ItemHistory()


@dataclass(slots=True)
class History:
    """Of one learner. Surprise is 1 or 0 for the answer, less the chance that was given to it."""

    answered: int = 0
    surprise_fast: float = 0.0
    surprise_slow: float = 0.0
    surprise_last: float = 0.0
    skills: dict[str, SkillHistory] = field(default_factory=dict)
    items: dict[str, ItemHistory] = field(default_factory=dict)

    def features(
        self, skill: str, item: str, ability_logit: float, profile_logit: float, known_logit: float | None = None
    ) -> list[float]:
        """In the order of `FEATURES`. The logits are of a right answer, by ability alone, by the profile and by whether
        the skill is known; without a profile, give ability's twice.
        """
        with_skill = self.skills.get(skill, _NO_SKILL)
        with_item = self.items.get(item, _NO_ITEM)
        return [
            1.0,
            ability_logit,
            profile_logit - ability_logit,
            self.surprise_fast,
            self.surprise_slow,
            self.surprise_last,
            with_skill.shift,
            math.log1p(with_skill.successes),
            math.log1p(with_skill.failures),
            with_skill.surprise,
            self._recency(with_skill),
            math.log1p(with_item.successes),
            math.log1p(with_item.failures),
            0.0 if not (with_item.successes or with_item.failures) else 1.0 if with_item.last_correct else -1.0,
            self._recency(with_item),
            1.0 if with_item.successes else 0.0,
            0.0 if known_logit is None else known_logit - ability_logit,
        ]

    def record(self, skill: str, item: str, correct: bool, ability_logit: float, chance: float) -> None:
        """After an answer that ability alone gave this logit, and everything together this chance."""
        surprise = correct - chance
        self.answered += 1
        self.surprise_last = surprise
        self.surprise_fast += (1 - _FAST) * (surprise - self.surprise_fast)
        self.surprise_slow += (1 - _SLOW) * (surprise - self.surprise_slow)
        with_skill = self.skills.get(skill)
        if with_skill is None:
            with_skill = self.skills[skill] = SkillHistory()
        _shift(with_skill, correct, ability_logit)
        with_skill.surprise += (1 - _SKILL_MEMORY) * (surprise - with_skill.surprise)
        with_item = self.items.get(item)
        if with_item is None:
            with_item = self.items[item] = ItemHistory()
        with_item.last_correct = correct
        for each in (with_skill, with_item):
            each.successes += correct
            each.failures += not correct
            each.last = self.answered

    def _recency(self, met: SkillHistory | ItemHistory) -> float:
        """1 for what was answered last, less the longer ago, 0 for what was never met."""
        return 1.0 / (1.0 + math.log1p(self.answered - met.last)) if met.last else 0.0


def _shift(skill: SkillHistory, correct: bool, ability_logit: float) -> None:
    """One step of an extended Kalman filter on the skill's shift."""
    expected = 1.0 / (1.0 + math.exp(-min(max(ability_logit + skill.shift, -20.0), 20.0)))
    variance = min(skill.variance + _SHIFT_DRIFT, _SHIFT_VARIANCE)
    skill.variance = 1.0 / (1.0 / variance + expected * (1.0 - expected))
    skill.shift = min(max(skill.shift + skill.variance * (correct - expected), -4.0), 4.0)
