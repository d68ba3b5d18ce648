"""When a concept is due again: FSRS, with a concept where it has a card (github.com/open-spaced-repetition/fsrs)."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from fsrs import Card, Rating, Scheduler, State

from masterx.errors import InvalidInput

RETENTION = 0.9
"""How likely a concept is still known when it comes due."""
RETENTIONS = (0.70, 0.97)
"""What a target may be: below, most is forgotten each time; above, reviews crowd out learning."""
AGAIN_AFTER = timedelta(minutes=10)
LONGEST_INTERVAL = timedelta(days=365)
SLOW = 2.0
"""So many times the expected time and more is slow."""


class Recall(StrEnum):
    """How well a concept came back: FSRS' ratings but for Easy, which only the learner could say."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What FSRS knows of one learner and one concept."""

    concept: str
    due: datetime
    last_review: datetime
    stability: float
    """Days until the chance to remember is 90 %."""
    difficulty: float
    """1 to 10."""
    learned: bool
    """False while it is first learned or learned anew, at short distances."""
    lapses: int = 0
    reviews: int = 1


def recall_of(score: float, *, hints: int = 0, seconds: float | None = None, expected: float | None = None) -> Recall:
    """Wrong is Again, right with a hint or slowly is Hard, right is Good. `score` is 0 to 1; half and more is right."""
    if score < 0.5:
        return Recall.AGAIN
    slow = seconds is not None and expected is not None and expected > 0 and seconds >= SLOW * expected
    return Recall.HARD if hints > 0 or slow or score < 1.0 else Recall.GOOD


def reviewed(
    concept: str, before: Review | None, recall: Recall, now: datetime, retention: float = RETENTION
) -> Review:
    """After one answer. `before` is None the first time. `now` is in UTC."""
    rating = {Recall.AGAIN: Rating.Again, Recall.HARD: Rating.Hard, Recall.GOOD: Rating.Good}[recall]
    card, _ = _scheduler(retention).review_card(_card(before, now), rating, now)
    if card.stability is None or card.difficulty is None:
        raise InvalidInput("That review cannot be scheduled.")
    forgot = recall is Recall.AGAIN and before is not None
    return Review(
        concept=concept,
        due=card.due,
        last_review=now,
        stability=card.stability,
        difficulty=card.difficulty,
        learned=card.state is State.Review,
        lapses=(0 if before is None else before.lapses) + forgot,
        reviews=1 if before is None else before.reviews + 1,
    )


def replanned(review: Review, retention: float) -> Review:
    """The same with the date that this target gives. What is learned for the first time, or anew, keeps its date."""
    if not review.learned:
        return review
    scheduler = _scheduler(retention)
    decay = -scheduler.parameters[20]
    days = review.stability * (retention ** (1 / decay) - 1) / (RETENTION ** (1 / decay) - 1)
    within = min(max(round(days), 1), LONGEST_INTERVAL.days)
    return replace(review, due=review.last_review + timedelta(days=within))


def due(reviews: Iterable[Review], now: datetime) -> list[Review]:
    """The ones to do now, the most forgotten first."""
    waiting = [each for each in reviews if each.due <= now]
    return sorted(waiting, key=lambda each: (retrievability(each, now), each.due, each.concept))


def retrievability(review: Review, now: datetime) -> float:
    """The chance that it is still known. 0 to 1; falls by the day."""
    return float(_scheduler(RETENTION).get_card_retrievability(_card(review, now), now))


def _card(review: Review | None, now: datetime) -> Card:
    if review is None:
        return Card(card_id=0, due=now)
    first = review.lapses == 0 and not review.learned
    state = State.Review if review.learned else State.Learning if first else State.Relearning
    return Card(
        card_id=0,
        state=state,
        step=None if review.learned else 0,
        stability=review.stability,
        difficulty=review.difficulty,
        due=review.due,
        last_review=review.last_review,
    )


@functools.lru_cache(maxsize=64)
def _scheduler(retention: float) -> Scheduler:
    """Without FSRS' random spread of intervals: the same answers give the same dates."""
    if not RETENTIONS[0] <= retention <= RETENTIONS[1]:
        raise InvalidInput(f"A retention target is from {RETENTIONS[0]:.2f} to {RETENTIONS[1]:.2f}.")
    return Scheduler(
        desired_retention=retention,
        learning_steps=(AGAIN_AFTER,),
        relearning_steps=(AGAIN_AFTER,),
        maximum_interval=LONGEST_INTERVAL.days,
        enable_fuzzing=False,
    )
