"""What each provider is expected to achieve in each category, and for how much, as of a minute ago.

Every process looks by itself, so that a turn never waits for it and workers need not tell each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from masterx.clock import Clock
from masterx.costs.prices import Prices
from masterx.errors import DatabaseError
from masterx.providers.base import ProviderInfo
from masterx.records.benchmarks import BenchmarkResult
from masterx.records.costs import Pricing
from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.records.money import NanoDollars
from masterx.records.readings import CATEGORIES
from masterx.records.usage import Usage
from masterx.routing.benchmark_evidence import (
    KEPT,
    BenchmarkEvidence,
    Unanswered,
    common_share,
    comparable,
    evidence_of,
    unanswered_in,
)
from masterx.routing.evidence import evidence_from
from masterx.routing.priors import prior_of
from masterx.routing.score import Evidence, ProviderScore, scores_in

logger = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
FEEDBACK_WINDOW: Final = timedelta(days=7)
MOST_RESULTS: Final = 5_000
ANSWER_TOKENS: Final = 400
"""What an answer takes, as long as nobody knows: the price of a message is compared with it."""
TYPICAL_INPUT: Final = 1_000
"""Tokens of a prompt, for what is expected of a model by its price."""
UNIT: Final = 1_000


class ScoreStore(Protocol):
    async def benchmark_results(
        self,
        *,
        category: str | None = None,
        provider: str | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> Sequence[BenchmarkResult]: ...

    async def feedback_standing(self, since: datetime, until: datetime) -> Sequence[FeedbackStanding]: ...

    async def feedback_days(self, since: datetime, until: datetime) -> Sequence[FeedbackDay]: ...


@dataclass(frozen=True, slots=True)
class Rates:
    """Nano-dollars for a thousand tokens."""

    into: int
    out: int
    known: bool
    ceiling: NanoDollars
    """What a call without a known price counts as."""

    def of(self, input_tokens: int, output_tokens: int = ANSWER_TOKENS) -> tuple[NanoDollars | None, NanoDollars]:
        """The price of a call, None where it is not known, and what it counts as."""
        if not self.known:
            return None, self.ceiling
        price = NanoDollars((self.into * input_tokens + self.out * output_tokens) // UNIT)
        return price, price


class Scoreboard:
    def __init__(
        self, store: ScoreStore, clock: Clock, prices: Prices, ready: Callable[[], Sequence[ProviderInfo]]
    ) -> None:
        """`ready` are the providers that can be asked now."""
        self._store = store
        self._clock = clock
        self._prices = prices
        self._ready = ready
        self._scores: Mapping[tuple[str, str, str], ProviderScore] = {}
        self._rates: dict[tuple[str, str], Rates] = {}
        self._benchmarks: Mapping[tuple[str, str], BenchmarkEvidence] = {}
        self._unanswered: Mapping[tuple[str, str], Unanswered] = {}
        self._benchmarks_are_of: tuple[object, object] = ((), ())

    def score(self, info: ProviderInfo, category: str) -> ProviderScore:
        """What is expected of a new one, where it came after the last look."""
        found = self._scores.get((info.name, info.model_name, category))
        if found is None:
            evidence = Evidence(provider=info.name, prior=prior_of(self._typical_price(info), demo=info.demo))
            found = scores_in(category, [evidence])[info.name]
        return found

    def rates(self, info: ProviderInfo) -> Rates:
        """As of the last look; a price that is dated from today is known a minute later."""
        found = self._rates.get((info.name, info.model_name))
        if found is None:
            found = self._rates[info.name, info.model_name] = self._look_up(info)
        return found

    async def refresh(self) -> None:
        """Raises `DatabaseError`; the scores are then as they were."""
        now = self._clock.now()
        results = await self._store.benchmark_results(since=now - KEPT, limit=MOST_RESULTS)
        feedback = await self._store.feedback_standing(now - FEEDBACK_WINDOW, now)
        days: dict[tuple[str, str], list[FeedbackDay]] = {}
        for day in await self._store.feedback_days(now - FEEDBACK_WINDOW, now):
            days.setdefault((day.provider, day.category), []).append(day)
        self._rates = {}
        infos = list(self._ready())
        benchmarks = self._benchmarks_of(infos, results)
        standings = {(each.provider, each.category): each for each in feedback}
        scores: dict[tuple[str, str, str], ProviderScore] = {}
        for category in CATEGORIES:
            known = [self._known_of(info, category, benchmarks, standings, days) for info in infos]
            found = scores_in(category, known)
            scores.update({(info.name, info.model_name, category): found[info.name] for info in infos})
        self._scores = scores

    async def run(self) -> None:
        """Until cancelled. While the store is gone, the last scores hold."""
        is_gone = False
        while True:
            try:
                await self.refresh()
            except DatabaseError as error:
                if not is_gone:
                    logger.warning("scores_not_refreshed", error_type=type(error).__name__)
                is_gone = True
            else:
                is_gone = False
            await asyncio.sleep(LOOK_SECONDS)

    def _benchmarks_of(
        self, infos: Sequence[ProviderInfo], results: Sequence[BenchmarkResult]
    ) -> Mapping[tuple[str, str], BenchmarkEvidence]:
        """Results come and go a few times a day; a look that finds the same ones costs turns nothing."""
        of = (tuple((info.name, info.model_name) for info in infos), tuple(result.id for result in results))
        if of != self._benchmarks_are_of:
            rows = _of_present_models(infos, results)
            self._benchmarks = _evidence(rows)
            unanswered = {key: unanswered_in(several) for key, several in rows.items()}
            self._unanswered = {key: each for key, each in unanswered.items() if each is not None}
            self._benchmarks_are_of = of
        return self._benchmarks

    def _known_of(
        self,
        info: ProviderInfo,
        category: str,
        benchmarks: Mapping[tuple[str, str], BenchmarkEvidence],
        standings: Mapping[tuple[str, str], FeedbackStanding],
        days: Mapping[tuple[str, str], Sequence[FeedbackDay]],
    ) -> Evidence:
        elsewhere = [
            found
            for other in CATEGORIES
            if other != category and (found := benchmarks.get((info.name, other))) is not None
        ]
        evidence = evidence_from(
            info.name,
            prior_of(self._typical_price(info), demo=info.demo, elsewhere=elsewhere),
            benchmarks.get((info.name, category)),
            standings.get((info.name, category)),
            days.get((info.name, category), ()),
        )
        return replace(evidence, unanswered=self._unanswered.get((info.name, category)))

    def _typical_price(self, info: ProviderInfo) -> NanoDollars | None:
        return self.rates(info).of(TYPICAL_INPUT)[0]

    def _look_up(self, info: ProviderInfo) -> Rates:
        into, out = (
            self._prices.price(
                provider=info.name,
                models=(info.model_name,),
                price_id=info.price_id,
                free=info.free,
                usage=usage,
                at=self._clock.now(),
            )
            for usage in (
                Usage(input_tokens=UNIT, output_tokens=0),
                Usage(input_tokens=0, output_tokens=UNIT),
            )
        )
        return Rates(into.amount, out.amount, into.pricing is not Pricing.UNPRICED, into.charge)


def _of_present_models(
    infos: Sequence[ProviderInfo], results: Sequence[BenchmarkResult]
) -> dict[tuple[str, str], list[BenchmarkResult]]:
    """By provider and category, of the models that are configured now."""
    models = {info.name: info.model_name for info in infos}
    rows: dict[tuple[str, str], list[BenchmarkResult]] = {}
    for result in results:
        if models.get(result.provider) == result.model_name:
            rows.setdefault((result.provider, result.category), []).append(result)
    return rows


def _evidence(
    rows: Mapping[tuple[str, str], Sequence[BenchmarkResult]],
) -> dict[tuple[str, str], BenchmarkEvidence]:
    newest: dict[str, list[BenchmarkResult]] = {}
    for (_, category), several in rows.items():
        newest.setdefault(category, []).extend(comparable(several)[:1])
    common = {category: common_share(several) for category, several in newest.items()}
    found = {key: evidence_of(several, common=common[key[1]]) for key, several in rows.items()}
    return {key: each for key, each in found.items() if each is not None}
