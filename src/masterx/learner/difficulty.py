"""How hard the next item ought to be: a target success within the zone, moved by how the learner is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from masterx.learner.irt import clamped, difficulty_for

ZONE = (0.70, 0.85)
"""Success in practice: hard enough to teach, easy enough to go on (design, section 5)."""
USUAL = 0.75
"""Where nothing speaks for easier or harder: in the lower half of the zone, as answers there say more of a learner, and
with room on both sides."""

HIGH_LOAD = 0.6
"""From here on cognitive load eases the next item."""

NOTICED = 0.01
"""A target that is moved by less is the usual one."""

_TIRED_AFTER = timedelta(minutes=25)
_WORN_AFTER = timedelta(minutes=15)


class Mover(StrEnum):
    """What can move the target."""

    MOOD = "mood"
    """Frustration, worry or confusion; to easier, as the next two."""
    LOAD = "load"
    EASIER = "easier"
    """The learner's wish."""
    FLOW = "flow"
    """To harder, as the next one."""
    HARDER = "harder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How the learner is, each from 0 to 1."""

    frustration: float = 0.0
    load: float = 0.0
    flow: float = 0.0
    wish: float = 0.0
    """-1: easier questions, 1: harder ones, as the learner asked in their settings."""


def target_success(condition: Condition) -> float:
    """The success to aim for, always within the zone: its upper end for the frustrated, its lower end in flow.

    Frustration outweighs flow: the two read at once mean that the reading is doubtful, and easing costs less. From
    where the learner's wish puts it, the rest of the way to either end is left for how they are.
    """
    start = _wished(condition)
    strain = max(_share(condition.frustration), _burden(condition))
    ease = strain * (ZONE[1] - start)
    push = (1.0 - strain) * _share(condition.flow) * (start - ZONE[0])
    return clamped(start + ease - push, ZONE)


def moved_by(condition: Condition) -> Mover | None:
    """What moved the target most, to the side on which it is; None where it is hardly moved at all."""
    moved = target_success(condition) - USUAL
    if abs(moved) < NOTICED:
        return None
    wished = _wished(condition) - USUAL
    mood, burden = _share(condition.frustration), _burden(condition)
    if moved < 0:
        return Mover.HARDER if -wished > -moved / 2 else Mover.FLOW
    if wished > moved / 2:
        return Mover.EASIER
    return Mover.MOOD if mood >= burden else Mover.LOAD


def target_difficulty(theta: float, condition: Condition, discrimination: float = 1.0) -> float:
    """On the scale of ability."""
    return difficulty_for(theta, target_success(condition), discrimination)


def break_is_due(since_break: timedelta, condition: Condition) -> bool:
    """After 25 minutes in any case, after 15 when it goes hard."""
    hard = max(condition.frustration, condition.load) >= 0.7
    return since_break >= (_WORN_AFTER if hard else _TIRED_AFTER)


def _wished(condition: Condition) -> float:
    """Where the target starts: a wish takes it up to an end of the zone, which is nearer for harder questions."""
    wish = clamped(condition.wish, (-1.0, 1.0))
    return USUAL + abs(wish) * ((ZONE[0] if wish > 0 else ZONE[1]) - USUAL)


def _burden(condition: Condition) -> float:
    """How much of the load is too much, 0 to 1."""
    return _share((condition.load - HIGH_LOAD) / (1 - HIGH_LOAD))


def _share(value: float) -> float:
    return clamped(value, (0.0, 1.0))
