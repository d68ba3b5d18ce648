"""Who answers a message: ordered, with a reason each. Pure, and the same for the same values and the same draw.

What a provider is expected to give is its score in the category (with empathy's share for a learner who is
frustrated or anxious), and of the points between it and the best only as many as the difficulty of the message lets
matter. From that goes what it costs, by the dial of the learner's tier. The difference decides, but

- who answers a topic goes on with it, unless somebody is better by more than the error of the comparison;
- where a topic begins, a small share of messages goes to another one, to learn how good it is now.

Until somebody was benchmarked in the category the operator's order stands, as nothing else is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, hypot, sqrt
from typing import Final

from masterx.records.money import NanoDollars, to_dollars
from masterx.routing.breaker import Standing
from masterx.routing.priors import dearness

PRICE_POINTS: Final = 80.0
"""Points between an answer for a thousandth of a cent and one for ten cents, at dial 0: 20 for each tenfold price."""
EMPATHY: Final = 0.4
"""What empathy's score counts for, where it is certain that a learner is frustrated or anxious."""
STRAINED: Final = frozenset({"frustration", "anxiety"})
SWITCHING: Final = 2.0
"""Points that another one has to be ahead at the least: a new voice in the middle of a topic costs something, too."""
EXPLORED_SHARE: Final = 0.04
"""At the most, of messages that begin a topic."""
LEAST_CHANCE: Final = 0.1
"""As if everyone had this chance of being the best: whoever fell behind is looked at now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """What is known of one provider when a message comes."""

    name: str
    score: float
    """In the message's category, 0 to 100."""
    error: float
    """Standard error of the score."""
    own_error: float
    """The same, when it is compared: without what it shares with the others."""
    empathy: float
    empathy_error: float
    empathy_own_error: float
    known: bool
    """It was benchmarked in the category; else the score is what is expected of a new one."""
    price: NanoDollars | None
    """Expected of this answer; None where no price is known."""
    charge: NanoDollars
    """What counts: the price, or the ceiling of calls without one."""
    changed: str = ""
    """What changed about it lately, as part of a sentence; empty where nothing did."""
    tried: str = ""
    """That it was benchmarked and answered nothing, as part of a sentence; empty where it did, or was not."""
    standing: Standing = Standing.READY
    disabled: bool = False
    forbidden: bool = False
    demo: bool = False

    @property
    def is_barred(self) -> bool:
        return self.disabled or self.forbidden

    @property
    def is_resting(self) -> bool:
        """It may be asked, when nobody else is left."""
        return self.standing is Standing.RESTING and not self.is_barred


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is known of the message."""

    category: str
    dial: float
    """How much quality goes before price, 0 to 1."""
    draw: float
    """In [0, 1), even: decides whether, and whom, to explore."""
    mood: str | None = None
    certainty: float = 0.0
    """Of the mood, 0 to 1."""
    difficulty: float | None = None
    """The share of messages that are easier, 0 to 1."""
    spread: float = 0.0
    """How far difficulty moves what a better provider gains: from 1 - spread for the easiest to 1 + spread for the
    hardest, in parts of the mean."""
    assigned: str | None = None
    """Who answered in this lesson last."""
    same_topic: bool = False
    pinned: str | None = None
    """By the operator, in this category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    name: str
    points: float
    """Its score, with empathy's share."""
    error: float
    objective: float
    """Points that are expected at this difficulty, less what the price counts for."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    order: tuple[Weighed, ...]
    scored: bool
    """Scores decided; else the operator's order did."""
    explored: bool = False
    mood: str | None = None
    """Where it counted."""


def choose(query: Query, contenders: Sequence[Contender]) -> Choice:
    """`contenders` in the operator's order, which decides between equals."""
    weight = EMPATHY * query.certainty if query.mood in STRAINED and query.category != "empathy" else 0.0
    scored = any(each.known for each in contenders if not each.forbidden)
    found = _weigh(query, contenders, weight)
    may_lead = [each for each in contenders if not each.is_barred]
    awake = [each for each in may_lead if each.standing is not Standing.RESTING] or may_lead
    ranked = sorted(awake, key=lambda each: -found[each.name].objective) if scored else awake
    first, why, explored = _first(query, ranked, found, scored=scored, strained=weight > 0)
    places = {each.name: place for place, each in enumerate(contenders)}
    rest = sorted(
        (each for each in contenders if each is not first),
        key=lambda each: (
            each.is_barred,
            each.standing is Standing.RESTING,
            each.demo,
            not scored and each.name != query.assigned,
            -found[each.name].objective if scored else places[each.name],
        ),
    )
    order = [] if first is None else [_with_reason(found[first.name], why)]
    leader = order[0] if order else None
    order += [_with_reason(found[each.name], _why_later(query, each, found, leader, scored)) for each in rest]
    return Choice(order=tuple(order), scored=scored, explored=explored, mood=query.mood if weight and scored else None)


@dataclass(slots=True)
class _Points:
    """Of one contender, as its order is worked out."""

    name: str
    points: float
    error: float
    own_error: float
    objective: float
    price: NanoDollars | None


def _weigh(query: Query, contenders: Sequence[Contender], weight: float) -> Mapping[str, _Points]:
    points = {each.name: (1 - weight) * each.score + weight * each.empathy for each in contenders}
    best = max(points.values(), default=0.0)
    found = {}
    for each in contenders:
        own = points[each.name]
        error = hypot((1 - weight) * each.error, weight * each.empathy_error)
        own_error = hypot((1 - weight) * each.own_error, weight * each.empathy_own_error)
        objective = objective_of(query, own, best, each.charge)
        found[each.name] = _Points(each.name, own, error, own_error, objective, each.price)
    return found


def objective_of(query: Query, points: float, best: float, charge: NanoDollars) -> float:
    """Of one with these points where the best has `best`."""
    return best - gain_of(query) * (best - points) - (1 - query.dial) * PRICE_POINTS * dearness(charge)


def gain_of(query: Query) -> float:
    """How much of the distance between two providers matters at this difficulty; 1 on the mean."""
    return 1.0 if query.difficulty is None else max(0.0, 1 + query.spread * (2 * query.difficulty - 1))


def _apart(query: Query, one: _Points, other: _Points) -> float:
    """Standard error of the difference of two objectives: prices are known, scores are not."""
    return gain_of(query) * hypot(one.own_error, other.own_error)


def _first(
    query: Query, ranked: Sequence[Contender], found: Mapping[str, _Points], *, scored: bool, strained: bool
) -> tuple[Contender | None, str, bool]:
    """Who is asked first, why, and whether it was drawn."""
    by_name = {each.name: each for each in ranked}
    if query.pinned in by_name:
        return by_name[query.pinned], f"pinned to {query.category} by the operator", False
    assigned = by_name.get(query.assigned or "")
    serious = [each for each in ranked if not each.demo] or list(ranked)
    if not serious:
        return None, "", False
    if not scored:
        first = assigned or serious[0]
        return first, _why_unscored(first, assigned=first is assigned, leads=True), False
    leader = serious[0]
    if assigned is not None and query.same_topic:
        return (*_kept_or_beaten(query, leader, assigned, found), False)
    drawn = None if strained or leader.standing is not Standing.READY else _drawn(query, leader, serious, found)
    if drawn is not None:
        return drawn, "drawn to learn how good it is now: nobody's standing is certain", True
    return leader, _why_best(query, leader, serious, found), False


def _kept_or_beaten(
    query: Query, leader: Contender, assigned: Contender, found: Mapping[str, _Points]
) -> tuple[Contender, str]:
    if leader is assigned:
        return assigned, f"answers this topic already, and is the best for {query.category}"
    ahead = found[leader.name].objective - found[assigned.name].objective
    if ahead <= max(SWITCHING, _apart(query, found[leader.name], found[assigned.name])):
        return assigned, f"answers this topic already, and {leader.name} is not clearly better ({ahead:.1f} points)"
    return leader, f"{_praise(query, leader, found)}, {ahead:.1f} points ahead of {assigned.name}, who had the topic"


def _drawn(
    query: Query, leader: Contender, serious: Sequence[Contender], found: Mapping[str, _Points]
) -> Contender | None:
    """Whom to try, in proportion to the chance of being better than the leader; seldom where that is small."""
    others = [each for each in serious if each is not leader and each.standing is Standing.READY]
    chances = [max(LEAST_CHANCE, _chance(query, found[each.name], found[leader.name])) for each in others]
    share = EXPLORED_SHARE * min(1.0, 2 * sum(chances))
    if not others or query.draw >= share:
        return None
    mark = query.draw / share * sum(chances)
    for each, chance in zip(others, chances, strict=True):
        mark -= chance
        if mark < 0:
            return each
    return others[-1]


def _chance(query: Query, one: _Points, other: _Points) -> float:
    """That the first is the better one, were both errors normal."""
    apart = _apart(query, one, other)
    ahead = one.objective - other.objective
    return (1 + erf(ahead / (apart * sqrt(2)))) / 2 if apart else float(ahead > 0)


def _why_best(query: Query, leader: Contender, serious: Sequence[Contender], found: Mapping[str, _Points]) -> str:
    if leader.standing is not Standing.READY:
        return _why_unscored(leader, assigned=False, leads=True)
    best = max(serious, key=lambda each: found[each.name].points)
    if best is not leader and query.difficulty is not None and found[leader.name].points < found[best.name].points:
        easy = "an easy message" if query.difficulty < 0.5 else "this message"
        return f"{_praise(query, leader, found)}: {easy} does not need {best.name}"
    return _praise(query, leader, found)


def _praise(query: Query, each: Contender, found: Mapping[str, _Points]) -> str:
    own = found[each.name]
    price = "at its price" if own.price else "for nothing" if own.price == 0 else "though its price is unknown"
    notes = "; ".join(note for note in (each.tried, each.changed) if note)
    changed = f" ({notes})" if notes else ""
    return f"best for {query.category} {price}, {own.points:.0f} ± {own.error:.0f} points{changed}"


def _why_later(
    query: Query, each: Contender, found: Mapping[str, _Points], leader: _Points | Weighed | None, scored: bool
) -> str:
    if each.disabled:
        return "disabled by the operator"
    if each.forbidden:
        return f"forbidden for {query.category} by the operator"
    if each.standing is Standing.RESTING:
        return "failed lately: asked when nobody else is left"
    if not scored or leader is None:
        return _why_unscored(each, assigned=each.name == query.assigned, leads=False)
    own = found[each.name]
    behind = leader.objective - own.objective
    place = f"{abs(behind):.1f} points {'behind' if behind >= 0 else 'ahead of'} {leader.name}"
    cost = "" if not own.price else f" for ${to_dollars(own.price):.2g}"
    expected = "" if each.known else f", {each.tried or 'not benchmarked yet'}"
    changed = f"; {each.changed}" if each.changed else ""
    return f"next: {place} with {own.points:.0f} ± {own.error:.0f}{cost}{expected}{changed}"


def _why_unscored(each: Contender, *, assigned: bool, leads: bool) -> str:
    if each.standing is Standing.PROBING:
        return "failed lately: this turn tries whether it is well again"
    if each.standing is Standing.RESTING:
        return "failed lately: asked when nobody else is left"
    if each.demo:
        return "the built-in demo model: no other is configured"
    if assigned:
        return "answered in this session before"
    return "first in the operator's order" if leads else "next in the operator's order"


def _with_reason(own: _Points, reason: str) -> Weighed:
    return Weighed(name=own.name, points=own.points, error=own.error, objective=own.objective, reason=reason)
