from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_answer, make_call, make_question, make_session, make_turn

from masterx.records.costs import CallOutcome, CallPurpose, CostGrouping, Pricing
from masterx.records.money import NanoDollars
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.store.ports import Store

COST = NanoDollars(750_000)
DAY = timedelta(days=1)
ALL_TIME = (START - 400 * DAY, START + 400 * DAY)


async def test_an_empty_store_is_true(store: Store) -> None:
    audit = await store.audit()
    assert audit.is_true
    assert (audit.calls, audit.cost, audit.chat_cost, audit.lesson_cost, audit.erased_cost) == (0, 0, 0, 0, 0)


async def test_lessons_and_what_was_erased_are_all_that_was_chatted(store: Store, user: User, stranger: User) -> None:
    sessions = [
        await store.record_turn(make_turn(make_session(owner), opens_session=True))
        for owner in (user, user, stranger, stranger)
    ]
    never_begun = make_call(user_id=user.id, session_id=make_session(user).id, outcome=CallOutcome.FAILED)
    stopped = make_call(user_id=user.id, session_id=sessions[0].id, outcome=CallOutcome.ABORTED)
    benchmark = make_call(purpose=CallPurpose.BENCHMARK)
    await store.record_calls([never_begun, stopped, benchmark])
    await store.delete_session(sessions[1].id, user.id)
    await store.erase_user(stranger.id)

    audit = await store.audit()

    assert audit.mismatches == ()
    assert (audit.calls, audit.cost) == (7, 7 * COST)
    assert (audit.chat_cost, audit.lesson_cost, audit.erased_cost) == (6 * COST, 2 * COST, 4 * COST)


async def test_a_call_that_no_turn_records_joins_its_session(store: Store, user: User, session: Session) -> None:
    await store.record_calls([make_call(user_id=user.id, session_id=session.id)])
    changed = await store.session(session.id, user.id)
    assert changed is not None
    assert (changed.total_cost, changed.total_tokens) == (session.total_cost + COST, session.total_tokens + 120)
    assert changed.total_messages == session.total_messages


async def test_a_session_of_somebody_else_takes_up_nothing(
    store: Store, stranger: User, session: Session, user: User
) -> None:
    await store.record_calls([make_call(user_id=stranger.id, session_id=session.id)])
    assert await store.session(session.id, user.id) == session
    assert (await store.audit()).is_true


async def test_any_history_is_true(store: Store, user: User, stranger: User) -> None:
    chance = random.Random(20_260_314)
    sessions: list[Session] = []
    for number in range(60):
        moment = START + number * chance.choice([MINUTE, 60 * MINUTE, DAY])
        owner = chance.choice([user, stranger])
        fresh = not sessions or chance.random() < 0.3
        session = make_session(owner, at=moment) if fresh else chance.choice(sessions)
        await store.record_turn(_turn(session, fresh, number, chance))
        if fresh:
            sessions.append(session)
        if chance.random() < 0.2:
            lone = make_call(at=moment, user_id=session.user_id, session_id=session.id, tier="free")
            await store.record_calls([lone])
        if chance.random() < 0.1:
            gone = sessions.pop(chance.randrange(len(sessions)))
            await store.delete_session(gone.id, gone.user_id)
    assert (await store.audit()).mismatches == ()
    await store.erase_user(stranger.id)
    assert (await store.audit()).mismatches == ()


def _turn(session: Session, fresh: bool, number: int, chance: random.Random) -> TurnRecord:
    """With a failed call before the one that answered, half of the time, and sometimes no known price."""
    at = START + number * MINUTE
    unpriced = chance.random() < 0.2
    question = make_question(session, at=at)
    answer = make_answer(question)
    call = make_call(
        at=at,
        user_id=session.user_id,
        session_id=session.id,
        message_id=answer.id,
        tier=chance.choice(["free", "pro", None]),
        category=chance.choice(["general", "coding"]),
        provider=chance.choice(["openai", "groq"]),
    )
    if unpriced:
        call = replace(call, pricing=Pricing.UNPRICED, cost=NanoDollars(0), budget_charge=NanoDollars(5))
    before = [make_call(at=at, user_id=session.user_id, session_id=session.id, outcome=CallOutcome.FAILED)]
    calls = (*(before if chance.random() < 0.5 else []), call)
    return TurnRecord(
        session=session,
        opens_session=fresh,
        question=question,
        answer=replace(answer, cost=None if unpriced else call.cost),
        calls=calls,
    )


async def test_an_answer_that_differs_from_its_call_is_found(store: Store, user: User) -> None:
    turn = make_turn(make_session(user), opens_session=True)
    await store.record_turn(replace(turn, answer=replace(turn.answer, cost=NanoDollars(COST + 1))))
    (mismatch,) = (await store.audit()).mismatches
    assert (mismatch.book, mismatch.place, mismatch.figure) == ("messages", turn.answer.id, "cost")
    assert (mismatch.ledger, mismatch.found) == (COST, COST + 1)


async def test_an_answer_without_a_call_is_found(store: Store, user: User) -> None:
    await store.record_turn(make_turn(make_session(user), opens_session=True, calls=[]))
    figures = {mismatch.figure: mismatch.ledger for mismatch in (await store.audit()).mismatches}
    assert figures == {"calls": 0, "tokens": 0, "cost": 0}


async def test_sums_are_over_a_span_and_by_name_the_dearest_first(store: Store, user: User) -> None:
    calls = [
        make_call(),
        make_call(provider="groq", model="llama", cost=NanoDollars(9), outcome=CallOutcome.FAILED, user_id=user.id),
        make_call(category="coding", pricing=Pricing.UNPRICED, cost=NanoDollars(0)),
        make_call(at=START + DAY),
    ]
    await store.record_calls(calls)
    span = (START, START + DAY)
    (total,) = await store.cost_sums(*span)
    assert (total.name, total.requests, total.failed, total.tokens) == (None, 3, 1, 360)
    assert (total.cost, total.unpriced) == (COST + 9, 1)
    for by, names in (
        (CostGrouping.PROVIDER, ["openai", "groq"]),
        (CostGrouping.MODEL, ["openai test-model", "groq llama"]),
        (CostGrouping.CATEGORY, ["general", "coding"]),
        (CostGrouping.USER, [None, user.id]),
    ):
        sums = await store.cost_sums(*span, by)
        assert [each.name for each in sums] == names
        assert sum(each.cost for each in sums) == total.cost
        assert sum(each.requests for each in sums) == total.requests
    (nothing,) = await store.cost_sums(START + 9 * DAY, START + 10 * DAY)
    assert (nothing.requests, nothing.tokens, nothing.cost) == (0, 0, 0)
    assert await store.cost_sums(START + 9 * DAY, START + 10 * DAY, CostGrouping.USER) == []
