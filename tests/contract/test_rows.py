"""All rows of a store, copied out of it and into it. Between any two of them nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import (
    make_answer,
    make_api_key,
    make_call,
    make_claim,
    make_device,
    make_invitation,
    make_one_time_link,
    make_question,
    make_refresh_token,
    make_session,
    make_turn,
    make_user,
)

from masterx.backup.filling import compare_stores, fill_from_backup, fill_from_store
from masterx.backup.progress import Progress
from masterx.backup.taking import take_backup
from masterx.errors import BackupError
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind
from masterx.records.costs import CallOutcome
from masterx.records.messages import EmotionState, Feedback
from masterx.records.money import NanoDollars
from masterx.records.users import Difficulty, LearningPreferences
from masterx.settings import StoreSettings
from masterx.store.copies import row_source, row_target
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.store.schema import SCHEMA_VERSION

TURNS = 5
ODD = timedelta(microseconds=123_457)


@pytest.fixture
def a_file(tmp_path: Path) -> StoreSettings:
    """Another place, of SQLite."""
    return StoreSettings(_env_file=None, data_dir=tmp_path / "another place")


async def filled(settings: StoreSettings, clock: FrozenClock) -> None:
    """Something in most collections, with values that are easily lost: fractions of time, vectors, nothing at all."""
    store = await open_store(settings, clock)
    preferences = LearningPreferences(
        preferred_subjects=("algebra", "Ἀριθμός"), difficulty_preference=Difficulty.EASIER
    )
    user = make_user(at=START + ODD, learning_preferences=preferences, name="Emmy “N.” Noether")
    other = make_user(at=START)
    await store.add_user(user)
    await store.add_user(other)
    await add_lessons(store, user.id, make_session(user, at=START + ODD))
    claim = make_claim(user)
    await store.claim_request(claim, START)
    answer = make_answer(make_question(make_session(other)))
    await store.record_turn(make_turn(make_session(other), opens_session=True, at=answer.timestamp))
    device = make_device(user)
    await store.add_device(device, make_refresh_token(device), password_hash=user.password_hash)
    await store.add_one_time_link(make_one_time_link(user))
    await store.add_invitation(make_invitation())
    await store.add_api_key(make_api_key(user, at=START + ODD))
    scope = BudgetScope(ScopeKind.USER, user.id)
    await store.set_budget(Budget(scope=scope, window=BudgetWindow.DAY, amount=NanoDollars(5)))
    failed = make_call(outcome=CallOutcome.FAILED, cost=NanoDollars(0), error_code="provider_timeout", provider="a.b$c")
    await store.record_calls([failed])
    await store.close()


async def add_lessons(store: Store, user_id: str, session: object) -> None:
    turn = make_turn(session, opens_session=True)  # type: ignore[arg-type]  # of make_session
    mood = EmotionState(primary_emotion="joy", arousal=0.5, valence=1.0, learning_readiness="high_readiness")
    vector = tuple(number / 7 for number in range(384))
    asked = replace(turn.question, emotion_state=mood, embedding=vector, content="½ + ⅓ = ? 🙂\n\n\\frac{1}{2}")
    after = await store.record_turn(replace(turn, question=asked))
    await store.rate_message(turn.answer.id, user_id, Feedback(quality_rating=5, helpful=True, feedback_text="Ah!"))
    for number in range(TURNS):
        at = START + timedelta(minutes=number) + ODD
        after = await store.record_turn(make_turn(after, at=at))


async def test_a_backup_of_any_store_fills_any_other(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock, tmp_path: Path
) -> None:
    await filled(store_settings, clock)
    async with row_source(store_settings, clock) as source:
        backup = await take_backup(source, tmp_path / "backup", program="1", created_at=clock.now())
    async with row_target(a_file, SCHEMA_VERSION, clock) as target:
        await fill_from_backup(target, backup, None, now=clock.now())
    await require_same(store_settings, a_file, clock)
    copy = await open_store(a_file, clock)
    assert (await copy.audit()).is_true
    await copy.close()


async def test_a_file_moves_into_any_store_and_goes_on_after_a_stop(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock
) -> None:
    await filled(a_file, clock)

    def stop_at_messages(progress: Progress) -> None:
        if progress.collection == "messages":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(a_file, store_settings, clock, stop_at_messages)
    seen: list[Progress] = []
    await move(a_file, store_settings, clock, seen.append)
    assert "users" not in {progress.collection for progress in seen if progress.step == "copy"}
    await require_same(a_file, store_settings, clock)
    store = await open_store(store_settings, clock)
    assert (await store.audit()).is_true
    (user, _) = await store.users(limit=2)
    (session, *_) = (await store.sessions(user.id, limit=1)).sessions
    again = await store.record_turn(make_turn(session, at=START + timedelta(hours=1)))
    lesson = await store.lesson(again.id, user.id, limit=100)
    assert lesson is not None
    assert [message.role for message in lesson[1]] == ["user", "assistant"] * (len(lesson[1]) // 2)
    await store.close()


async def test_rows_that_are_there_are_not_mixed_with_others(
    store_settings: StoreSettings, a_file: StoreSettings, clock: FrozenClock, tmp_path: Path
) -> None:
    await filled(a_file, clock)
    await filled(store_settings, clock)
    async with row_source(a_file, clock) as source:
        backup = await take_backup(source, tmp_path / "backup", program="1", created_at=clock.now())
        before = await source.counts()
    with pytest.raises(BackupError, match="--replace"):
        async with row_target(store_settings, SCHEMA_VERSION, clock) as target:
            await fill_from_backup(target, backup, None, now=clock.now())
    async with row_target(store_settings, SCHEMA_VERSION, clock, replace=True) as target:
        await fill_from_backup(target, backup, None, now=clock.now())
    await require_same(a_file, store_settings, clock)
    async with row_source(store_settings, clock) as source:
        assert await source.counts() == before


async def test_two_cannot_fill_the_same_store(store_settings: StoreSettings, clock: FrozenClock) -> None:
    async with row_target(store_settings, SCHEMA_VERSION, clock):
        with pytest.raises(BackupError, match="nother restore"):
            async with row_target(store_settings, SCHEMA_VERSION, clock):
                raise AssertionError


async def move(source: StoreSettings, target: StoreSettings, clock: FrozenClock, watch: object) -> None:
    async with (
        row_source(source, clock, closed_to_writers=True) as rows,
        row_target(target, SCHEMA_VERSION, clock, resume=True) as there,
    ):
        await fill_from_store(there, rows, now=clock.now(), watch=watch)  # type: ignore[arg-type]  # a list's append is one


async def require_same(one: StoreSettings, other: StoreSettings, clock: FrozenClock) -> None:
    async with row_source(one, clock) as source, row_source(other, clock) as copy:
        await compare_stores(source, copy, of_rows=0, now=clock.now())
