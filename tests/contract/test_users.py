from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.errors import AlreadyRegistered, InvalidInput, NotFound
from masterx.records.users import (
    Difficulty,
    EmotionalProfile,
    LearningPreferences,
    LearningStyle,
    Role,
    SubscriptionTier,
    User,
)
from masterx.store.ports import Store


async def test_a_user_comes_back_as_added(store: Store) -> None:
    user = make_user(
        email="Ada@Example.org",
        name="Ada 🧮 لوفليس",
        role=Role.ADMIN,
        password_hash="$argon2id$v=19$…",
        learning_preferences=LearningPreferences(
            preferred_subjects=("maths", "música"),
            learning_style=LearningStyle.VISUAL,
            difficulty_preference=Difficulty.HARDER,
            review_retention=0.8,
            questions_in_lessons=False,
        ),
        emotional_profile=EmotionalProfile(
            baseline_engagement=0.7, frustration_threshold=0.6, celebration_responsiveness=0.8
        ),
        subscription_tier=SubscriptionTier.PRO,
        last_active=START + MINUTE,
    )
    await store.add_user(user)
    assert await store.user(user.id) == user


async def test_unknown_ids_and_addresses_find_nobody(store: Store, user: User) -> None:
    assert await store.user("nobody") is None
    assert await store.user_by_email("nobody@example.org") is None


@pytest.mark.parametrize("typed", ["Ada@Example.org", "  ada@example.ORG ", "ADA@EXAMPLE.ORG"])
async def test_an_address_is_found_however_it_is_typed(store: Store, typed: str) -> None:
    user = make_user(email="Ada@Example.org")
    await store.add_user(user)
    assert await store.user_by_email(typed) == user


async def test_an_address_is_taken_without_regard_to_case(store: Store) -> None:
    await store.add_user(make_user(email="ada@example.org"))
    with pytest.raises(AlreadyRegistered):
        await store.add_user(make_user(email="ADA@example.org"))


async def test_of_many_who_register_one_address_at_once_one_wins(store: Store) -> None:
    attempts = await asyncio.gather(
        *(store.add_user(make_user(email="ada@example.org")) for _ in range(50)), return_exceptions=True
    )
    assert attempts.count(None) == 1
    assert sum(isinstance(attempt, AlreadyRegistered) for attempt in attempts) == 49


async def test_update_replaces_what_a_person_can_change_and_leaves_the_counters(store: Store, user: User) -> None:
    await store.record_turn(make_turn(make_session(user), opens_session=True))
    before = await store.user(user.id)
    assert before is not None
    await store.update_user(
        replace(
            user,
            email="new@example.org",
            name="New",
            role=Role.ADMIN,
            password_hash="hash",
            learning_preferences=LearningPreferences(learning_style=LearningStyle.AUDITORY),
            subscription_tier=SubscriptionTier.PREMIUM,
            total_sessions=99,
            last_active=None,
        )
    )
    after = await store.user(user.id)
    assert after is not None
    assert (after.email, after.name, after.role, after.password_hash) == ("new@example.org", "New", "admin", "hash")
    assert after.learning_preferences.learning_style is LearningStyle.AUDITORY
    assert after.subscription_tier is SubscriptionTier.PREMIUM
    assert (after.total_sessions, after.last_active) == (1, before.last_active)
    assert await store.user_by_email(user.email) is None


async def test_a_profile_changes_where_something_is_given(store: Store, user: User) -> None:
    preferences = LearningPreferences(preferred_subjects=("maths",))
    assert await store.update_profile(user.id, name="New") == replace(user, name="New")
    changed = await store.update_profile(user.id, learning_preferences=preferences)
    assert changed == replace(user, name="New", learning_preferences=preferences)
    assert await store.update_profile(user.id) == changed == await store.user(user.id)
    with pytest.raises(NotFound):
        await store.update_profile("nobody", name="New")


async def test_users_come_in_pages_oldest_first(store: Store) -> None:
    added = [make_user(at=START + number * MINUTE) for number in range(5)]
    for user in reversed(added):
        await store.add_user(user)
    assert await store.users(limit=2) == added[:2]
    assert await store.users(limit=9, after=added[1].id) == added[2:]
    assert await store.users(limit=9, after=added[4].id) == []


async def test_update_refuses_a_taken_address_and_an_unknown_user(store: Store, user: User, stranger: User) -> None:
    with pytest.raises(AlreadyRegistered):
        await store.update_user(replace(user, email=stranger.email.upper()))
    with pytest.raises(NotFound):
        await store.update_user(make_user())
    assert await store.user(user.id) == user


async def test_a_user_may_respell_their_own_address(store: Store, user: User) -> None:
    await store.update_user(replace(user, email=user.email.upper()))
    found = await store.user_by_email(user.email)
    assert found is not None
    assert found.email == user.email.upper()


async def test_users_of_a_role_come_oldest_first(store: Store, user: User) -> None:
    young = make_user(role=Role.ADMIN, at=START + MINUTE)
    old = make_user(role=Role.ADMIN, at=START - MINUTE)
    await store.add_user(young)
    await store.add_user(old)
    assert [admin.id for admin in await store.users_with_role(Role.ADMIN)] == [old.id, young.id]
    assert await store.users_with_role(Role.LEARNER) == [user]


@pytest.mark.parametrize("change", [{"name": "\ud800"}, {"total_sessions": 2**70}, {"total_sessions": -1}])
async def test_values_that_cannot_be_stored_are_refused(store: Store, change: dict[str, Any]) -> None:
    user = make_user(**change)
    with pytest.raises(InvalidInput):
        await store.add_user(user)
    assert await store.user(user.id) is None
