from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_claim, make_session, make_turn

from masterx.errors import IdempotencyMismatch, RequestInProgress
from masterx.records.idempotency import CompletedRequest
from masterx.records.users import User
from masterx.store.ports import Store

DAY = timedelta(hours=24)


async def _complete(store: Store, user: User, *, key: str = "first-try") -> CompletedRequest:
    """By a turn that ends at START, as far as the key is concerned."""
    claim = make_claim(user, key=key)
    await store.claim_request(claim, START)
    turn = make_turn(make_session(user), opens_session=True, claim=claim, at=START - timedelta(milliseconds=900))
    await store.record_turn(turn)
    return CompletedRequest(session_id=turn.session.id, message_id=turn.answer.id)


async def test_of_many_who_claim_a_key_at_once_one_gets_it(store: Store, user: User) -> None:
    claims = [make_claim(user) for _ in range(200)]
    results = await asyncio.gather(*(store.claim_request(claim, START) for claim in claims), return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, RequestInProgress) for result in results) == 199
    renewed = [await store.renew_claim(claim) for claim in claims]
    assert renewed == [result is None for result in results]


async def test_keys_belong_to_their_learner(store: Store, user: User, stranger: User) -> None:
    assert await store.claim_request(make_claim(user), START) is None
    assert await store.claim_request(make_claim(stranger), START) is None
    assert await store.claim_request(make_claim(user, key="second-try"), START) is None


async def test_another_body_is_a_mismatch_at_any_stage(store: Store, user: User) -> None:
    other = make_claim(user, request_hash="b" * 64)
    await store.claim_request(make_claim(user), START)
    for moment in (START, START + 9 * MINUTE):
        with pytest.raises(IdempotencyMismatch):
            await store.claim_request(other, moment)
    await _complete(store, user, key="done")
    with pytest.raises(IdempotencyMismatch):
        await store.claim_request(make_claim(user, key="done", request_hash="b" * 64), START)


async def test_a_lapsed_lease_is_taken_over_by_one(store: Store, user: User) -> None:
    lapsed = make_claim(user)
    await store.claim_request(lapsed, START)
    with pytest.raises(RequestInProgress):
        await store.claim_request(make_claim(user), lapsed.lease_until - timedelta(microseconds=1))
    later = START + 2 * MINUTE
    takers = [make_claim(user, at=later) for _ in range(50)]
    results = await asyncio.gather(
        *(store.claim_request(claim, lapsed.lease_until) for claim in takers), return_exceptions=True
    )
    assert results.count(None) == 1
    assert not await store.renew_claim(lapsed)


async def test_renewing_moves_the_lease(store: Store, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    assert await store.renew_claim(make_claim(user, holder=claim.holder, lease_until=START + 5 * MINUTE))
    with pytest.raises(RequestInProgress):
        await store.claim_request(make_claim(user), START + 4 * MINUTE)
    assert await store.claim_request(make_claim(user), START + 5 * MINUTE) is None


async def test_releasing_frees_the_key_for_any_body(store: Store, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    await store.release_claim(claim)
    assert not await store.renew_claim(claim)
    assert await store.claim_request(make_claim(user, request_hash="b" * 64), START) is None


async def test_only_the_holder_renews_and_releases(store: Store, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    somebody = make_claim(user)
    assert not await store.renew_claim(somebody)
    await store.release_claim(somebody)
    assert await store.renew_claim(claim)


async def test_a_completed_key_is_neither_renewed_nor_released(store: Store, user: User) -> None:
    claim = make_claim(user)
    await store.claim_request(claim, START)
    turn = make_turn(make_session(user), opens_session=True, claim=claim)
    await store.record_turn(turn)
    assert not await store.renew_claim(claim)
    await store.release_claim(claim)
    completed = CompletedRequest(session_id=turn.session.id, message_id=turn.answer.id)
    assert await store.claim_request(make_claim(user), START) == completed


async def test_a_key_is_forgotten_a_day_after_its_last_use(store: Store, user: User) -> None:
    completed = await _complete(store, user)
    used_again = START + DAY
    assert await store.claim_request(make_claim(user), used_again) == completed
    assert await store.claim_request(make_claim(user), used_again + DAY) == completed
    forgotten = used_again + 2 * DAY + timedelta(microseconds=1)
    other_body = make_claim(user, request_hash="b" * 64, lease_until=forgotten + MINUTE)
    assert await store.claim_request(other_body, forgotten) is None


async def test_keys_of_any_visible_characters(store: Store, user: User) -> None:
    keys = ["'; DROP TABLE users; --", "%", "_", "~" * 200, '"', "a", "A"]
    for key in keys:
        assert await store.claim_request(make_claim(user, key=key), START) is None
