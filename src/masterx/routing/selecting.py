"""From a message to candidates in order: what is known of each provider now, put before the router."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from masterx.providers.base import Provider, ProviderInfo
from masterx.records.money import NanoDollars
from masterx.records.users import SubscriptionTier
from masterx.routing.breaker import Standing
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import UNREAD, Candidate, Grounds, order_candidates
from masterx.routing.router import Choice, Contender, Query, choose
from masterx.routing.scoreboard import Rates
from masterx.settings import RoutingSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from masterx.routing.score import ProviderScore

    Vector = NDArray[np.float32]

PROMPT_TOKENS: Final = 600
"""Of the teaching instructions, in every prompt."""
CHARACTERS_A_TOKEN: Final = 4
DISTANT: Final = 0.1
"""Two messages of one lesson whose embeddings are less alike are about different things..."""
FOLLOW_UP_WORDS: Final = 6
"""...unless the second is this short ("and why?")."""
TOPICS_KEPT: Final = 2_000
"""Lessons whose last message is known here, 1.5 KiB each."""
GENERAL: Final = "general"


class ReadyProviders(Protocol):
    """Where a turn gets its candidates from."""

    def ready(self) -> Sequence[Provider]: ...


class Switches(Protocol):
    """Which providers an operator disabled."""

    @property
    def disabled(self) -> Collection[str]: ...

    def may_call(self, provider: str) -> bool: ...


class Rules(Protocol):
    """Whom an operator pinned or forbade."""

    def pinned(self, category: str) -> str | None: ...

    def forbidden(self, category: str) -> Collection[str]: ...


class Scores(Protocol):
    def score(self, info: ProviderInfo, category: str) -> ProviderScore: ...

    def rates(self, info: ProviderInfo) -> Rates: ...


class Predictor(Protocol):
    @property
    def spread(self) -> float: ...

    def difficulty(self, text: str, embedding: Vector) -> float: ...


class AllOn:
    """For whoever has no operator."""

    disabled = frozenset[str]()

    def may_call(self, _provider: str) -> bool:
        return True


class NoRules:
    def pinned(self, _category: str) -> str | None:
        return None

    def forbidden(self, _category: str) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message, as far as it was read."""

    text: str
    seed: str
    """Of its own, such as its id: the same message is routed the same way."""
    tier: SubscriptionTier | None = None
    category: str | None = None
    """None where it was not read."""
    embedding: Sequence[float] | Vector | None = None
    mood: str | None = None
    certainty: float = 0.0
    assigned: str | None = None
    """Who answered in this lesson last."""
    former_category: str | None = None
    """Of the lesson before this message."""
    lesson: str | None = None
    earlier_characters: int = 0
    """Of the conversation that is sent along."""


@dataclass(frozen=True, slots=True)
class Selection:
    candidates: tuple[Candidate, ...]
    grounds: Grounds
    may_call: Callable[[str], bool]
    """Whether a provider may be asked for this message, now."""


class Selector:
    def __init__(
        self,
        providers: ReadyProviders,
        breakers: Breakers,
        *,
        switches: Switches | None = None,
        rules: Rules | None = None,
        scores: Scores | None = None,
        predictor: Predictor | None = None,
        settings: RoutingSettings | None = None,
    ) -> None:
        """Without scores the operator's order stands."""
        self._providers = providers
        self._breakers = breakers
        self._switches = switches or AllOn()
        self._rules = rules or NoRules()
        self._settings = settings or RoutingSettings(_env_file=None)
        self._scores = scores if self._settings.routing == "scores" else None
        self._predictor = predictor
        self._topics: OrderedDict[str, Vector] = OrderedDict()

    def ready(self) -> Sequence[Provider]:
        return self._providers.ready()

    @property
    def switches(self) -> Switches:
        return self._switches

    @property
    def has_choice(self) -> bool:
        """Whether reading a message could change who is asked."""
        return self._scores is not None and len(self._providers.ready()) > 1

    async def select(self, asked: Asked, *, among: Sequence[Provider] | None = None) -> Selection:
        """`among`: these alone, in this order; else all that are ready."""
        ready = self._providers.ready() if among is None else among
        category = asked.category or GENERAL
        forbidden = self._rules.forbidden(category) if among is None else ()
        switches = self._switches

        def may_call(name: str) -> bool:
            return switches.may_call(name) and name not in forbidden

        await self._breakers.want_probes(one.name for one in ready if may_call(one.name))
        if among is not None or len(ready) < 2:
            disabled = {*switches.disabled, *forbidden}
            candidates = order_candidates(ready, asked.assigned, self._breakers, disabled)
            return Selection(candidates, Grounds(category=asked.category) if asked.category else UNREAD, may_call)
        vector = None if asked.embedding is None else np.asarray(asked.embedding, dtype=np.float32)
        query = self._query(asked, category, vector)
        contenders = self._contenders(ready, asked, category, forbidden)
        choice = choose(query, contenders)
        candidates = _candidates(choice, ready, contenders)
        grounds = Grounds(
            category=asked.category,
            mood=choice.mood,
            difficulty=query.difficulty if choice.scored else None,
            dial=query.dial if choice.scored else None,
            explored=choice.explored,
        )
        return Selection(candidates, grounds, may_call)

    def _query(self, asked: Asked, category: str, vector: Vector | None) -> Query:
        difficulty = None
        if self._predictor is not None and vector is not None and self._scores is not None:
            difficulty = round(self._predictor.difficulty(asked.text, vector), 3)
        return Query(
            category=category,
            dial=self._settings.dial(asked.tier),
            draw=draw_of(asked.seed),
            mood=asked.mood,
            certainty=asked.certainty,
            difficulty=difficulty,
            spread=0.0 if self._predictor is None else self._predictor.spread,
            assigned=asked.assigned,
            same_topic=self._same_topic(asked, vector),
            pinned=self._rules.pinned(category),
        )

    def _contenders(
        self, ready: Sequence[Provider], asked: Asked, category: str, forbidden: Collection[str]
    ) -> list[Contender]:
        tokens = PROMPT_TOKENS + (len(asked.text) + asked.earlier_characters) // CHARACTERS_A_TOKEN
        disabled = self._switches.disabled
        return [
            self._contender(one, tokens, category, disabled=one.name in disabled, forbidden=one.name in forbidden)
            for one in ready
        ]

    def _contender(
        self, provider: Provider, tokens: int, category: str, *, disabled: bool, forbidden: bool
    ) -> Contender:
        info = provider.info
        standing = Standing.READY if disabled or forbidden else self._breakers.standing(info.name)
        if self._scores is None:
            return _unscored(info, standing, disabled=disabled, forbidden=forbidden)
        own, kind = self._scores.score(info, category), self._scores.score(info, "empathy")
        price, charge = self._scores.rates(info).of(tokens)
        return Contender(
            name=info.name,
            score=own.value,
            error=own.error,
            own_error=own.own_error,
            empathy=kind.value,
            empathy_error=kind.error,
            empathy_own_error=kind.own_error,
            known=own.benchmark is not None,
            price=price,
            charge=charge,
            changed=own.changed_words,
            tried=own.tried_words,
            standing=standing,
            disabled=disabled,
            forbidden=forbidden,
            demo=info.demo,
        )

    def _same_topic(self, asked: Asked, vector: Vector | None) -> bool:
        """By category, and by meaning where this process had the message before."""
        former = self._remember(asked.lesson, vector)
        if asked.category is not None and asked.former_category not in {None, asked.category}:
            return False
        if former is None or vector is None or len(asked.text.split()) <= FOLLOW_UP_WORDS:
            return True
        return float(former @ vector) >= DISTANT

    def _remember(self, lesson: str | None, vector: Vector | None) -> Vector | None:
        """The message before, of the same lesson."""
        if lesson is None or vector is None:
            return None
        former = self._topics.pop(lesson, None)
        self._topics[lesson] = vector
        if len(self._topics) > TOPICS_KEPT:
            self._topics.popitem(last=False)
        return former


def _unscored(info: ProviderInfo, standing: Standing, *, disabled: bool, forbidden: bool) -> Contender:
    return Contender(
        name=info.name,
        score=0.0,
        error=0.0,
        own_error=0.0,
        empathy=0.0,
        empathy_error=0.0,
        empathy_own_error=0.0,
        known=False,
        price=None,
        charge=NanoDollars(0),
        standing=standing,
        disabled=disabled,
        forbidden=forbidden,
        demo=info.demo,
    )


def draw_of(seed: str) -> float:
    """Even in [0, 1), and always the same for a seed."""
    return int.from_bytes(blake2b(seed.encode(), digest_size=7).digest()) / 2**56


def _candidates(choice: Choice, ready: Sequence[Provider], contenders: Sequence[Contender]) -> tuple[Candidate, ...]:
    providers = {one.name: one for one in ready}
    known = {each.name: each for each in contenders}
    return tuple(
        Candidate(
            providers[each.name],
            each.reason,
            resting=known[each.name].is_resting,
            disabled=known[each.name].is_barred,
            score=round(each.points, 1) if choice.scored else None,
            error=round(each.error, 1) if choice.scored else None,
            price=known[each.name].price,
        )
        for each in choice.order
    )
