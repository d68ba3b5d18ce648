"""What the scoreboard makes of results and ratings that a real store kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider
from tests.fakes.records import MINUTE, make_benchmark_result, make_session, make_turn

from masterx.costs.prices import Prices
from masterx.errors import DatabaseError
from masterx.records.messages import Feedback
from masterx.records.users import User
from masterx.routing.score import ProviderScore
from masterx.routing.scoreboard import Scoreboard
from masterx.store.ports import Store

DAY = timedelta(days=1)
ALPHA = FakeProvider(name="alpha", model_name="gpt-4o-mini", price_id="openai").info
BETA = FakeProvider(name="beta", model_name="gpt-4o-mini", price_id="openai").info


async def rated(store: Store, user: User, provider: str, stars: int, at: datetime) -> None:
    session = make_session(user, at=at)
    turn = make_turn(session, opens_session=True, at=at)
    answer = replace(turn.answer, category="math", provider_used=provider)
    await store.record_turn(replace(turn, topic="math", answer=answer))
    await store.rate_message(answer.id, user.id, Feedback(quality_rating=stars))


@pytest.fixture
def board(store: Store, clock: FrozenClock) -> Scoreboard:
    return Scoreboard(store, clock, Prices(), lambda: [ALPHA, BETA])


async def seen(board: Scoreboard, category: str = "math") -> tuple[ProviderScore, ProviderScore]:
    await board.refresh()
    return board.score(ALPHA, category), board.score(BETA, category)


async def test_where_nothing_is_kept_both_have_what_their_price_suggests(board: Scoreboard) -> None:
    alpha, beta = await seen(board)
    assert (alpha.is_known, beta.is_known) == (False, False)
    assert alpha.value == beta.value


async def test_results_decide_in_their_category_and_hint_at_others(store: Store, board: Scoreboard) -> None:
    await store.add_benchmark_results([make_benchmark_result("alpha", 85.0), make_benchmark_result("beta", 60.0)])
    alpha, beta = await seen(board)
    assert alpha.value - beta.value > 15
    assert alpha.error < 15
    elsewhere_alpha, elsewhere_beta = await seen(board, "coding")
    assert not elsewhere_alpha.is_known
    assert 0 < elsewhere_alpha.value - elsewhere_beta.value < alpha.value - beta.value


async def test_results_of_another_model_or_of_long_ago_say_nothing(store: Store, board: Scoreboard) -> None:
    await store.add_benchmark_results(
        [
            make_benchmark_result("alpha", 95.0, model_name="gpt-4o"),
            make_benchmark_result("beta", 95.0, at=START - 400 * DAY),
        ]
    )
    assert [each.is_known for each in await seen(board)] == [False, False]


async def test_ratings_of_this_week_move_a_score_and_older_ones_do_not(
    store: Store, board: Scoreboard, clock: FrozenClock, user: User
) -> None:
    await store.add_benchmark_results([make_benchmark_result(name, 70.0) for name in ("alpha", "beta")])
    for place in range(5):
        await rated(store, user, "alpha", 5, START + place * MINUTE)
        await rated(store, user, "beta", 1, START + place * MINUTE)
    clock.advance(3_600)
    alpha, beta = await seen(board)
    assert alpha.parts["ratings"].count == beta.parts["ratings"].count == 5
    assert alpha.value > beta.value
    clock.advance(8 * 86_400)
    alpha, beta = await seen(board)
    assert alpha.parts["ratings"].count == 0
    assert alpha.value == pytest.approx(beta.value)


async def test_a_store_that_is_gone_leaves_the_scores_as_they_were(store: Store, board: Scoreboard) -> None:
    await store.add_benchmark_results([make_benchmark_result("alpha", 85.0), make_benchmark_result("beta", 60.0)])
    before = await seen(board)
    await store.close()
    with pytest.raises(DatabaseError):
        await board.refresh()
    assert (board.score(ALPHA, "math"), board.score(BETA, "math")) == before
