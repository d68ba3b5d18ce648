"""Which concepts a learner has mastered and which they struggle with: verdicts that wait until they are sure.

Each concept has an ability of its own, whose prior is the learner's ability in the subject, wider by what concepts
within a subject differ by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from masterx.learner.ability import PRACTICE_DRIFT, Ability, prior, updated
from masterx.learner.irt import ItemParameters, logit

CONCEPT_SPREAD = 0.8
"""Standard deviation of a learner's abilities in the concepts of one subject around that in the subject."""
MASTERED_SUCCESS = 0.75
STRUGGLING_SUCCESS = 0.50
SURE = 0.80
"""How sure a verdict must be. From nothing known, seven right answers in a row are enough."""
LEAST_RESPONSES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """What is known of one learner and one concept."""

    ability: Ability
    difficulty: float = 0.0
    """Of the concept's items in the bank, on average. Not of those that were met: practice picks what is answered right
    three times in four, so by those nobody would ever be a master."""
    responses: int = 0

    @property
    def mastery(self) -> float:
        """How sure it is that three of four average items of this concept are answered right. 0 to 1."""
        return self.ability.chance_above(self.difficulty + logit(MASTERED_SUCCESS))

    @property
    def struggle(self) -> float:
        """How sure it is that fewer than half are."""
        return 1.0 - self.ability.chance_above(self.difficulty + logit(STRUGGLING_SUCCESS))

    @property
    def is_mastered(self) -> bool:
        return self.responses >= LEAST_RESPONSES and self.mastery >= SURE

    @property
    def is_struggling(self) -> bool:
        return self.responses >= LEAST_RESPONSES and self.struggle >= SURE


def first_met(subject: Ability, difficulty: float = 0.0) -> Concept:
    """Before its first answer, as far as the subject tells."""
    spread = (subject.standard_error**2 + CONCEPT_SPREAD**2) ** 0.5
    return Concept(prior(subject.theta, spread), difficulty)


def practised(concept: Concept, item: ItemParameters, score: float, drift: float = PRACTICE_DRIFT) -> Concept:
    """After one graded answer. `score` is 0 to 1."""
    return Concept(updated(concept.ability, item, score, drift), concept.difficulty, concept.responses + 1)


def mastery_topics(concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    """The surest first."""
    mastered = [name for name, concept in concepts.items() if concept.is_mastered]
    return tuple(sorted(mastered, key=lambda name: (-concepts[name].mastery, name)))


def struggling_topics(concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    """The worst first."""
    struggling = [name for name, concept in concepts.items() if concept.is_struggling]
    return tuple(sorted(struggling, key=lambda name: (-concepts[name].struggle, name)))
