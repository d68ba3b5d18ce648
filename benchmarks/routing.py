"""What choosing costs: `python -m benchmarks.routing`, from the repository's root.

CPU of one choice among five providers with scores, as a turn makes it: difficulty from the embedding, prices,
topic, router, reasons; and of a turn with one provider. Rounds alternate, the median counts. It has to stay under
0.2 ms.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time

import numpy as np
from tests.fakes.providers import FakeProvider

from masterx.clock import SystemClock
from masterx.costs.prices import Prices
from masterx.providers.base import Provider, ProviderInfo
from masterx.records.readings import EMBEDDING_SIZE
from masterx.routing.benchmark_evidence import BenchmarkEvidence
from masterx.routing.breakers import Breakers
from masterx.routing.difficulty.predictor import shipped_predictor
from masterx.routing.priors import Prior
from masterx.routing.score import Evidence, ProviderScore, scores_in
from masterx.routing.scoreboard import Rates, Scoreboard
from masterx.routing.selecting import Asked, Selector

NAMES = ("openai", "anthropic", "groq", "mistral", "gemini")
TEXT = "If a train leaves at 9:40 and travels 132 km at 88 km/h, when does it arrive, and why is it 1.5 h?"
ROUNDS, CHOICES = 7, 2_000
MOST_MS = 0.2


class Ready:
    def __init__(self, names: tuple[str, ...]) -> None:
        self.providers: list[Provider] = [
            FakeProvider(name=name, price_id="openai", model_name="gpt-4o-mini") for name in names
        ]

    def ready(self) -> list[Provider]:
        return self.providers


class Scores:
    def __init__(self) -> None:
        prior = Prior(60.0, 15.0, "by its price")
        evidence = [
            Evidence(
                provider=name, prior=prior, benchmark=BenchmarkEvidence(70.0 + 3 * place, 4.0, 3, SystemClock().now())
            )
            for place, name in enumerate(NAMES)
        ]
        self._scores = {category: scores_in(category, evidence) for category in ("math", "empathy")}
        self._board = Scoreboard(None, SystemClock(), Prices(), list)  # type: ignore[arg-type]  # never refreshed

    def score(self, info: ProviderInfo, category: str) -> ProviderScore:
        return self._scores[category][info.name]

    def rates(self, info: ProviderInfo) -> Rates:
        return self._board.rates(info)


async def cost(selector: Selector, asked: Asked) -> float:
    """CPU milliseconds of a choice."""
    started = time.process_time()
    for _ in range(CHOICES):
        await selector.select(asked)
    return 1000 * (time.process_time() - started) / CHOICES


async def measure() -> dict[str, float]:
    vector = np.random.default_rng(1).normal(size=EMBEDDING_SIZE)
    embedding = (vector / np.linalg.norm(vector)).astype(np.float32)
    asked = Asked(
        text=TEXT,
        seed="a message",
        category="math",
        former_category="math",
        embedding=embedding,
        assigned="groq",
        lesson="a lesson",
    )
    breakers = Breakers(SystemClock())
    many = Selector(Ready(NAMES), breakers, scores=Scores(), predictor=shipped_predictor())
    alone = Selector(Ready(NAMES[:1]), breakers, scores=Scores(), predictor=shipped_predictor())
    of_many, of_one = [], []
    for _ in range(ROUNDS):
        of_many.append(await cost(many, asked))
        of_one.append(await cost(alone, asked))
    started = time.process_time()
    for _ in range(CHOICES):
        shipped_predictor().difficulty(TEXT, embedding)
    predicted = 1000 * (time.process_time() - started) / CHOICES
    return {
        "choice_among_five_cpu_ms": round(statistics.median(of_many), 4),
        "least": round(min(of_many), 4),
        "of_it_difficulty_cpu_ms": round(predicted, 4),
        "with_one_provider_cpu_ms": round(statistics.median(of_one), 4),
    }


def main() -> None:
    figures = asyncio.run(measure())
    print(json.dumps(figures, indent=2))
    sys.exit(figures["choice_among_five_cpu_ms"] >= MOST_MS)


if __name__ == "__main__":
    main()
