"""Why an answer came from where it came, for administrators: from what the router kept with it."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.records.messages import Message
from masterx.records.money import to_dollars
from masterx.records.routing import FailedAttempt, Routing, WeighedCandidate
from masterx.web.rendering import dollars

BAR_WIDTH = 100
EASY, HARD = 1 / 3, 2 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateView:
    name: str
    model: str
    score: str
    """With its error; empty where scores played no part."""
    at: float | None
    """Of 100, as are the next."""
    low: float
    high: float
    price: str
    reason: str
    chosen: bool
    failed: str
    """Why it did not answer, where it was asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    reason: str
    facts: tuple[tuple[str, str], ...]
    """A name and a value each."""
    explored: bool
    candidates: tuple[CandidateView, ...]
    """In the order in which they would be asked."""


def why_view(message: Message) -> WhyView | None:
    """None for an answer of which nothing is known."""
    routing = message.routing
    if routing is None:
        return None
    failed = {each.provider: each for each in routing.failed}
    weighed = routing.weighed or tuple(_unweighed(name, routing) for name in routing.candidates)
    return WhyView(
        reason=routing.reason,
        facts=_facts(routing, message.category),
        explored=routing.explored,
        candidates=tuple(_candidate(each, routing, failed.get(each.provider)) for each in weighed),
    )


def _facts(routing: Routing, category: str | None) -> tuple[tuple[str, str], ...]:
    facts = []
    read = routing.category or category
    if read is not None:
        facts.append(("About", read.capitalize()))
    if routing.difficulty is not None:
        facts.append(("Difficulty", f"{_how_hard(routing.difficulty)}, {round(100 * routing.difficulty)} of 100"))
    if routing.mood is not None:
        facts.append(("Mood", f"{routing.mood}: empathy counts too"))
    if routing.dial is not None:
        facts.append(("Quality before price", f"{round(100 * routing.dial)} of 100"))
    return tuple(facts)


def _how_hard(difficulty: float) -> str:
    return "easy" if difficulty < EASY else "hard" if difficulty > HARD else "middling"


def _unweighed(name: str, routing: Routing) -> WeighedCandidate:
    chosen = name == routing.provider
    return WeighedCandidate(
        provider=name,
        model=routing.model if chosen else "",
        score=None,
        error=None,
        price=None,
        reason=routing.reason if chosen else "",
    )


def _candidate(each: WeighedCandidate, routing: Routing, failed: FailedAttempt | None) -> CandidateView:
    error = each.error or 0.0
    score = "" if each.score is None else f"{each.score:.0f}" + (f" ± {error:.0f}" if error else "")
    return CandidateView(
        name=each.provider,
        model=each.model,
        score=score,
        at=None if each.score is None else _within(each.score),
        low=0.0 if each.score is None else _within(each.score - error),
        high=0.0 if each.score is None else _within(each.score + error),
        price="" if each.price is None else dollars(to_dollars(each.price)),
        reason=each.reason,
        chosen=each.provider == routing.provider,
        failed="" if failed is None else f"{failed.code.removeprefix('provider_').replace('_', ' ')}",
    )


def _within(score: float) -> float:
    return round(min(max(score, 0.0), BAR_WIDTH), 1)
