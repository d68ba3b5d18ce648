"""Budgets in a turn: nothing is asked that cannot be paid for, and nothing is held when the turn is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.providers import FakeProvider, Script
from tests.integration.turn.conftest import AskFor, Ready, heard

from masterx.costs.budget import cap_at
from masterx.costs.prices import Prices
from masterx.errors import BudgetExceeded, NoProviderAvailable, ProviderUnavailable
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind, Spending
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.records.usage import Usage
from masterx.records.users import SubscriptionTier, User
from masterx.settings import TurnSettings
from masterx.store.ports import Store
from masterx.tutor.events import Done, Failed
from masterx.tutor.opening import TurnRequest
from masterx.tutor.turn import Tutor

SYSTEM = BudgetScope(ScopeKind.SYSTEM)
DOLLAR = 10**9
PLENTY = 1_000 * DOLLAR
EITHER = pytest.mark.parametrize("streamed", [True, False])
ALL_TIME = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
UNAVAILABLE = Script(pieces=(), error=ProviderUnavailable("fake"))


def dear(*scripts: Script, name: str = "dear") -> FakeProvider:
    return FakeProvider(*scripts, name=name, price_id="openai", model_name="gpt-4o")


def cheap(*scripts: Script, name: str = "cheap") -> FakeProvider:
    return FakeProvider(*scripts, name=name, price_id="openai", model_name="gpt-4o-mini")


async def allow(store: Store, amount: int, scope: BudgetScope = SYSTEM) -> Budget:
    budget = Budget(scope=scope, window=BudgetWindow.HOUR, amount=NanoDollars(amount))
    await store.set_budget(budget)
    return budget


async def fullness(store: Store, budget: Budget, at: datetime = START) -> Spending:
    (spending,) = await store.spending([cap_at(budget, at)], at)
    return spending


async def taken(tutor: Tutor, request: TurnRequest, *, streamed: bool) -> Done:
    if not streamed:
        return await tutor.answer(request)
    *_, last = await heard(await tutor.stream(request))
    if isinstance(last, Failed):
        raise last.error
    assert isinstance(last, Done)
    return last


@EITHER
async def test_what_a_turn_held_is_settled_with_what_it_cost(
    tutor: Tutor, store: Store, ask: AskFor, streamed: bool
) -> None:
    budget = await allow(store, PLENTY)
    done = await taken(tutor, ask(), streamed=streamed)
    spending = await fullness(store, budget)
    assert done.answer.cost
    assert (spending.spent, spending.reserved) == (done.answer.cost, 0)


async def test_while_the_model_writes_the_most_it_can_cost_is_held(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    budget = await allow(store, PLENTY)
    pause = asyncio.Event()
    provider = dear(Script(wait_before_first=pause))
    ready.providers = [provider]
    answering = asyncio.ensure_future(tutor.answer(ask()))
    await provider.called.wait()
    spending = await fullness(store, budget)
    (request,) = provider.calls
    size = sum(len(message.content.encode()) + 16 for message in request.messages)
    assert spending.reserved == size * 2_500 + request.max_output_tokens * 10_000
    pause.set()
    done = await answering
    assert (await fullness(store, budget)).reserved == 0
    assert done.answer.cost is not None
    assert done.answer.cost < spending.reserved


@EITHER
async def test_a_used_up_budget_refuses_before_anybody_is_asked(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor, streamed: bool
) -> None:
    provider = dear()
    ready.providers = [provider]
    budget = await allow(store, 1_000)
    with pytest.raises(BudgetExceeded) as caught:
        await taken(tutor, ask(key="once"), streamed=streamed)
    assert provider.calls == []
    assert caught.value.details == {
        "scope": "system",
        "window": "hour",
        "resets_at": "2026-03-14T16:00:00Z",
        "tightest": {"scope": "system", "window": "hour"},
    }
    assert caught.value.retry_after == pytest.approx(50 * 60 + 34)
    assert await store.cost_events(*ALL_TIME) == []
    await store.remove_budget(budget.scope, budget.window)


@EITHER
async def test_a_refused_request_may_be_repeated_when_there_is_money_again(
    tutor: Tutor, store: Store, ask: AskFor, clock: FrozenClock, streamed: bool
) -> None:
    await allow(store, 1_000)
    with pytest.raises(BudgetExceeded):
        await taken(tutor, ask(key="once"), streamed=streamed)
    await allow(store, PLENTY)
    clock.advance(2)
    done = await taken(tutor, ask(key="once"), streamed=streamed)
    assert done.answer.content


@EITHER
async def test_a_candidate_over_its_cap_is_skipped(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor, streamed: bool
) -> None:
    first, second = dear(name="a"), dear(name="b")
    ready.providers = [first, second]
    await allow(store, 0, BudgetScope(ScopeKind.PROVIDER, "a"))
    done = await taken(tutor, ask(), streamed=streamed)
    routing = done.answer.routing
    assert routing is not None
    assert (routing.provider, len(first.calls)) == ("b", 0)
    assert [(failed.provider, failed.code, failed.reason) for failed in routing.failed] == [
        ("a", "budget_exceeded", "budget")
    ]


async def test_near_a_cap_the_cheapest_goes_first(tutor: Tutor, store: Store, ready: Ready, ask: AskFor) -> None:
    first, second = dear(), cheap()
    ready.providers = [first, second]
    wide = await allow(store, PLENTY)
    assert (await tutor.answer(ask())).answer.provider_used == "dear"
    # Room for the dear one, but little more.
    held = DOLLAR // 66
    await allow(store, (await fullness(store, wide)).spent + held)
    done = await Tutor(TurnSettings(_env_file=None), ready, store, FrozenClock()).answer(ask())
    assert done.answer.routing is not None
    assert (done.answer.provider_used, done.answer.routing.candidates) == ("cheap", ("cheap", "dear"))
    assert "budget" in done.answer.routing.reason


async def test_free_models_need_no_money(tutor: Tutor, store: Store, ready: Ready, ask: AskFor) -> None:
    ready.providers = [dear(), FakeProvider(name="own", free=True)]
    budget = await allow(store, 0)
    done = await tutor.answer(ask())
    assert (done.answer.provider_used, done.answer.cost) == ("own", 0)
    assert (await fullness(store, budget)).spent == 0


async def test_a_model_without_a_price_is_charged_with_the_ceiling(
    store: Store, ready: Ready, ask: AskFor, clock: FrozenClock
) -> None:
    ceiling = NanoDollars(DOLLAR // 10)
    tutor = Tutor(TurnSettings(_env_file=None), ready, store, clock, Prices(unpriced_ceiling=ceiling))
    ready.providers = [FakeProvider(name="unknown", model_name="no-such-model", price_id="openai")]
    budget = await allow(store, 2 * ceiling)
    for _ in range(2):
        assert (await tutor.answer(ask())).answer.cost is None
    with pytest.raises(BudgetExceeded):
        await tutor.answer(ask())
    assert (await fullness(store, budget)).spent == 2 * ceiling
    ledger = await store.cost_events(*ALL_TIME)
    assert [(call.pricing, call.cost, call.budget_charge) for call in ledger] == [(Pricing.UNPRICED, 0, ceiling)] * 2


async def test_what_failed_for_nothing_gives_its_money_to_the_next(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    pause = asyncio.Event()
    first, second = dear(UNAVAILABLE, name="a"), dear(Script(wait_before_first=pause), name="b")
    ready.providers = [first, second]
    budget = await allow(store, PLENTY)
    answering = asyncio.ensure_future(tutor.answer(ask()))
    await second.called.wait()
    reserved = (await fullness(store, budget)).reserved
    (request,) = second.calls
    assert reserved < 2 * request.max_output_tokens * 10_000
    pause.set()
    await answering
    assert (await fullness(store, budget)).reserved == 0


@EITHER
async def test_nothing_is_held_after_a_turn_that_failed(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor, streamed: bool
) -> None:
    budget = await allow(store, PLENTY)
    ready.providers = [dear(UNAVAILABLE, UNAVAILABLE)]
    with pytest.raises(NoProviderAvailable):
        await taken(tutor, ask(), streamed=streamed)
    assert (await fullness(store, budget)).reserved == 0


async def test_nothing_is_held_after_a_turn_that_was_stopped_before_its_first_word(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    budget = await allow(store, PLENTY)
    provider = dear(Script(wait_before_first=asyncio.Event()))
    ready.providers = [provider]
    turn = await tutor.stream(ask())
    await provider.called.wait()
    turn.stop()
    await heard(turn)
    spending = await fullness(store, budget)
    (call,) = await store.cost_events(*ALL_TIME)
    assert (spending.spent, spending.reserved) == (call.cost, 0)


async def test_a_call_held_up_by_others_waits_until_they_settle(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    """Two fit by what they cost, one by what it holds."""
    pause = asyncio.Event()
    provider = dear(Script(wait_before_first=pause))
    ready.providers = [provider]
    budget = await allow(store, DOLLAR // 40)
    first = asyncio.ensure_future(tutor.answer(ask()))
    await provider.called.wait()
    second = asyncio.ensure_future(tutor.answer(ask()))
    while not second.done() and len(provider.calls) < 2 and not pause.is_set():
        await asyncio.sleep(0.02)
        if len(provider.calls) == 1 and (await fullness(store, budget)).reserved:
            pause.set()
    answers = await asyncio.gather(first, second)
    assert all(done.answer.content for done in answers)
    assert len(provider.calls) == 2


async def test_a_call_that_waited_in_vain_is_refused_and_may_come_back_soon(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    pause = asyncio.Event()
    provider = dear(Script(wait_before_first=pause))
    ready.providers = [provider]
    await allow(store, DOLLAR // 40)
    first = asyncio.ensure_future(tutor.answer(ask()))
    await provider.called.wait()
    started = asyncio.get_running_loop().time()
    with pytest.raises(BudgetExceeded) as caught:
        await tutor.answer(ask())
    assert asyncio.get_running_loop().time() - started > 4.5
    assert caught.value.retry_after == 5
    pause.set()
    await first


async def test_an_answer_that_came_too_late_is_paid_for_and_holds_nothing(
    tutor: Tutor, store: Store, ready: Ready, ask: AskFor
) -> None:
    """Two edits of one message at once: the second is refused, its call was made all the same."""
    first = await tutor.answer(ask())
    budget = await allow(store, PLENTY)
    pause = asyncio.Event()
    provider = dear(Script(wait_before_first=pause), Script(wait_before_first=pause))
    ready.providers = [provider]
    again = ask("And at night?", session_id=first.session.id, replaces=first.question.id)
    both = [asyncio.ensure_future(tutor.answer(again)) for _ in range(2)]
    async with asyncio.timeout(60):
        while len(provider.calls) < 2:  # noqa: ASYNC110 - the second has to be called before the first is through
            await asyncio.sleep(0.01)
    pause.set()
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Done"]
    assert len(await store.cost_events(*ALL_TIME)) == 3
    assert (await fullness(store, budget)).reserved == 0
    assert (await store.audit()).mismatches == ()


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (BudgetScope(ScopeKind.TIER, "free"), True),
        (BudgetScope(ScopeKind.TIER, "pro"), False),
        (BudgetScope(ScopeKind.PROVIDER, "fake"), False),
        (BudgetScope(ScopeKind.PROVIDER, "other"), True),
    ],
)
async def test_only_budgets_of_this_learner_and_provider_count(
    tutor: Tutor, store: Store, learner: User, scope: BudgetScope, allowed: bool
) -> None:
    await allow(store, 0, scope)
    request = TurnRequest(user_id=learner.id, tier=SubscriptionTier.PRO, message="Why?")
    if allowed:
        assert (await tutor.answer(request)).answer.content
    else:
        with pytest.raises(BudgetExceeded):
            await tutor.answer(request)


async def test_many_at_once_never_pass_the_cap(store: Store, ready: Ready, learner: User, clock: FrozenClock) -> None:
    """Sixty at once against room for twenty; each holds four times what it costs."""
    usage = Usage(input_tokens=0, output_tokens=256)
    ready.providers = [dear(*[Script(usage=usage)] * 60)]
    settings: dict[str, Any] = {"max_output_tokens": 1_024}
    tutor = Tutor(TurnSettings(_env_file=None, **settings), ready, store, clock)
    cost = 256 * 10_000
    budget = await allow(store, 20 * cost)

    async def answered_or_refused() -> Done:
        """Whoever waited in vain comes back at once: on a busy machine the others may take longer than one waits."""
        while True:
            try:
                return await tutor.answer(TurnRequest(user_id=learner.id, message="Why?"))
            except BudgetExceeded as error:
                if error.retry_after != 5:
                    raise

    outcomes = await asyncio.gather(*(answered_or_refused() for _ in range(60)), return_exceptions=True)
    answered = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetExceeded)]
    spending = await fullness(store, budget)
    assert len(answered) + len(refused) == 60
    assert (spending.spent, spending.reserved) == (len(answered) * cost, 0)
    # What is left at the end is too little for one more reservation: its input may be dear.
    assert 13 <= len(answered) <= 20


class JumpingClock(FrozenClock):
    """What the calendar says may jump; the stopwatch goes on."""

    jump = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.jump


@pytest.mark.parametrize("jump", [-3_600, 3_600])
async def test_a_clock_that_jumps_leaves_a_call_in_the_window_that_it_was_reserved_in(
    store: Store, ready: Ready, ask: AskFor, jump: int
) -> None:
    clock = JumpingClock()
    tutor = Tutor(TurnSettings(_env_file=None), ready, store, clock)
    budget = await allow(store, PLENTY)
    pause = asyncio.Event()
    provider = dear(Script(wait_before_first=pause))
    ready.providers = [provider]
    answering = asyncio.ensure_future(tutor.answer(ask()))
    await provider.called.wait()
    clock.jump = timedelta(seconds=jump)
    assert (await fullness(store, budget, clock.now())).reserved == 0
    pause.set()
    done = await answering
    there, here = await fullness(store, budget, START), await fullness(store, budget, clock.now())
    assert (there.spent, there.reserved, here.spent) == (done.answer.cost, 0, 0)
    assert (await store.audit()).mismatches == ()
