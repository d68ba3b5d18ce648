"""`record_turn`: all of a turn or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_call, make_claim, make_session, make_turn, make_user

from masterx.errors import Conflict, InvalidInput, MasterXError, NotFound, RequestInProgress
from masterx.records.costs import CallOutcome, Pricing
from masterx.records.idempotency import CompletedRequest
from masterx.records.money import NanoDollars
from masterx.records.sessions import Session, SessionStatus
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.store.ports import Store


async def _assert_untouched(store: Store, user: User, session: Session | None) -> None:
    """Nothing of a refused turn: no message, no charge, no counter moved."""
    page = await store.sessions(user.id, limit=10)
    assert page.sessions == (() if session is None else (session,))
    stored = await store.user(user.id)
    assert stored is not None
    assert stored.total_sessions == len(page.sessions)
    if session is not None:
        messages = await store.messages(session.id, user.id, limit=100)
        assert len(messages) == session.total_messages
    requests = [day.total_requests for day in await store.cost_tracking(START.date(), START.date())]
    events = await store.cost_events(START - MINUTE, START + 60 * MINUTE)
    assert requests == [len(events)] * len(requests)
    assert len(events) == (0 if session is None else session.total_messages // 2)


async def test_the_first_turn_opens_the_session(store: Store, user: User) -> None:
    before = make_session(user, current_topic="maths")
    turn = make_turn(before, opens_session=True)
    after = await store.record_turn(turn)
    assert after == replace(
        before,
        last_activity_at=turn.answer.timestamp,
        assigned_provider="openai",
        total_messages=2,
        total_tokens=120,
        total_cost=NanoDollars(750_000),
        avg_response_time_ms=900.0,
    )
    assert await store.session(before.id, user.id) == after
    assert await store.messages(before.id, user.id, limit=10) == [turn.question, turn.answer]
    learner = await store.user(user.id)
    assert learner is not None
    assert (learner.total_sessions, learner.last_active) == (1, turn.answer.timestamp)


async def test_a_further_turn_moves_the_session(store: Store, session: Session, user: User) -> None:
    turn = make_turn(session, at=START + MINUTE)
    answer = replace(turn.answer, response_time_ms=300, provider_used="groq")
    after = await store.record_turn(replace(turn, answer=answer))
    assert after == replace(
        session,
        last_activity_at=answer.timestamp,
        assigned_provider="groq",
        total_messages=4,
        total_tokens=240,
        total_cost=NanoDollars(1_500_000),
        avg_response_time_ms=600.0,
    )
    learner = await store.user(user.id)
    assert learner is not None
    assert (learner.total_sessions, learner.last_active) == (1, answer.timestamp)


@pytest.mark.parametrize("abandoned", [False, True])
async def test_an_ended_session_becomes_active_again(
    store: Store, session: Session, user: User, abandoned: bool
) -> None:
    if abandoned:
        await store.abandon_idle_sessions(START + MINUTE, START + MINUTE)
    else:
        await store.end_session(session.id, user.id, START + MINUTE)
    after = await store.record_turn(make_turn(session, at=START + 2 * MINUTE))
    assert (after.status, after.ended_at) == (SessionStatus.ACTIVE, None)


async def test_increments_come_from_the_store_not_from_the_callers_copy(
    store: Store, session: Session, user: User, crowd: int
) -> None:
    turns = [make_turn(session, at=START + number * MINUTE) for number in range(1, crowd + 1)]
    results = await asyncio.gather(*(store.record_turn(turn) for turn in turns))
    assert sorted(result.total_messages for result in results) == list(range(4, 4 + 2 * crowd, 2))
    after = await store.session(session.id, user.id)
    assert after is not None
    assert (after.total_messages, after.total_tokens, after.total_cost) == (
        2 + 2 * crowd,
        (1 + crowd) * 120,
        (1 + crowd) * 750_000,
    )
    assert after.avg_response_time_ms == pytest.approx(900)
    assert after.last_activity_at == turns[-1].answer.timestamp
    messages = await store.messages(session.id, user.id, limit=1000)
    assert len(messages) == 2 + 2 * crowd
    assert [message.id for message in messages[2:]] == [
        message.id for turn in turns for message in (turn.question, turn.answer)
    ]


async def test_all_calls_count_and_unpriced_ones_cost_nothing(store: Store, user: User) -> None:
    session = make_session(user)
    calls = (
        make_call(outcome=CallOutcome.FAILED, cost=NanoDollars(7), input_tokens=10, output_tokens=0),
        make_call(provider="ollama", pricing=Pricing.FREE, cost=NanoDollars(0)),
        make_call(provider="other", pricing=Pricing.UNPRICED, cost=NanoDollars(0)),
    )
    after = await store.record_turn(make_turn(session, opens_session=True, calls=calls))
    assert (after.total_tokens, after.total_cost) == (10 + 120 + 120, 7)
    assert set(await store.cost_events(START, START + MINUTE)) == set(calls)


async def test_an_answer_without_a_time_leaves_the_mean(store: Store, session: Session) -> None:
    turn = make_turn(session)
    after = await store.record_turn(replace(turn, answer=replace(turn.answer, response_time_ms=None)))
    assert after.avg_response_time_ms == 900.0


async def test_activity_never_goes_back(store: Store, session: Session, user: User) -> None:
    after = await store.record_turn(make_turn(session, at=START - 60 * MINUTE))
    assert after.last_activity_at == session.last_activity_at
    learner = await store.user(user.id)
    assert learner is not None
    assert learner.last_active == session.last_activity_at


@pytest.mark.parametrize("opens_session", [False, True])
async def test_an_unknown_learner_gets_nothing_written(store: Store, user: User, opens_session: bool) -> None:
    ghost = make_user()
    with pytest.raises(NotFound):
        await store.record_turn(make_turn(make_session(ghost), opens_session=opens_session))
    await _assert_untouched(store, user, None)
    await _assert_nothing_of(store, make_session(ghost))


async def _assert_nothing_of(store: Store, session: Session) -> None:
    assert await store.session(session.id, session.user_id) is None
    assert await store.messages(session.id, session.user_id, limit=10) == []


async def test_an_unknown_or_foreign_session_gets_nothing_written(
    store: Store, session: Session, user: User, stranger: User
) -> None:
    with pytest.raises(NotFound):
        await store.record_turn(make_turn(make_session(user)))
    with pytest.raises(NotFound):
        await store.record_turn(make_turn(replace(session, user_id=stranger.id)))
    await _assert_untouched(store, user, session)
    assert await store.messages(session.id, stranger.id, limit=10) == []


async def test_a_deleted_session_is_not_brought_back(store: Store, session: Session, user: User) -> None:
    await store.delete_session(session.id, user.id)
    with pytest.raises(NotFound):
        await store.record_turn(make_turn(session))
    assert await store.messages(session.id, user.id, limit=10) == []


async def test_the_same_turn_twice_is_a_conflict_and_charged_once(store: Store, session: Session, user: User) -> None:
    turn = make_turn(session)
    after = await store.record_turn(turn)
    with pytest.raises(Conflict):
        await store.record_turn(turn)
    await _assert_untouched(store, user, after)


def _with_bad_number(turn: TurnRecord) -> TurnRecord:
    return replace(turn, calls=(replace(turn.calls[0], input_tokens=2**70),))


def _with_sum_out_of_range(turn: TurnRecord) -> TurnRecord:
    huge = NanoDollars(2**62)
    return replace(turn, calls=tuple(make_call(cost=huge) for _ in range(3)))


def _with_lone_surrogate(turn: TurnRecord) -> TurnRecord:
    return replace(turn, answer=replace(turn.answer, content="broken \udfff"))


def _with_rating_out_of_range(turn: TurnRecord) -> TurnRecord:
    return replace(turn, answer=replace(turn.answer, quality_rating=6))


def _with_naive_time(turn: TurnRecord) -> TurnRecord:
    return replace(turn, question=replace(turn.question, timestamp=START.replace(tzinfo=None)))


@pytest.mark.parametrize(
    "spoil",
    [_with_bad_number, _with_sum_out_of_range, _with_lone_surrogate, _with_rating_out_of_range, _with_naive_time],
)
async def test_a_turn_with_a_value_that_cannot_be_stored_leaves_no_half_of_itself(
    store: Store, session: Session, user: User, spoil: object
) -> None:
    assert callable(spoil)
    with pytest.raises(InvalidInput):
        await store.record_turn(spoil(make_turn(session)))
    await _assert_untouched(store, user, session)
    await store.record_turn(make_turn(session))


async def test_the_claim_is_completed_with_the_turn(store: Store, session: Session, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    turn = make_turn(session, claim=claim)
    await store.record_turn(turn)
    again = await store.claim_request(make_claim(user), START + MINUTE)
    assert again == CompletedRequest(session_id=session.id, message_id=turn.answer.id)


async def test_a_claim_lost_to_somebody_else_writes_nothing(store: Store, session: Session, user: User) -> None:
    lost = make_claim(user)
    await store.claim_request(lost, START)
    taken = make_claim(user, lease_until=START + 9 * MINUTE)
    await store.claim_request(taken, lost.lease_until)
    with pytest.raises(RequestInProgress):
        await store.record_turn(make_turn(session, claim=lost))
    await _assert_untouched(store, user, session)
    await store.record_turn(make_turn(session, claim=taken))
    with pytest.raises(RequestInProgress):
        await store.record_turn(make_turn(session, claim=lost))


async def test_a_lapsed_claim_that_nobody_took_still_counts(store: Store, session: Session, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    late = make_turn(session, claim=claim, at=claim.lease_until + MINUTE)
    assert (await store.record_turn(late)).total_messages == 4


async def test_a_claim_that_was_never_made_is_not_completed(store: Store, session: Session, user: User) -> None:
    with pytest.raises(RequestInProgress):
        await store.record_turn(make_turn(session, claim=make_claim(user)))
    await _assert_untouched(store, user, session)


async def test_one_bad_turn_among_many_fails_alone(store: Store, session: Session, user: User, crowd: int) -> None:
    turns = [make_turn(session, at=START + number * MINUTE) for number in range(crowd)]
    turns[20] = _with_lone_surrogate(turns[20])
    turns[30] = make_turn(make_session(user))
    results = await asyncio.gather(*(store.record_turn(turn) for turn in turns), return_exceptions=True)
    failures = {place: result for place, result in enumerate(results) if isinstance(result, MasterXError)}
    assert {place: type(failure) for place, failure in failures.items()} == {20: InvalidInput, 30: NotFound}
    after = await store.session(session.id, user.id)
    assert after is not None
    assert after.total_messages == 2 + 2 * (crowd - 2)
