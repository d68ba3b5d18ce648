"""Records with sensible values, for tests that care about one or two fields of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import START

from masterx.clock import new_id
from masterx.records.api_keys import ALL_SCOPES, ApiKey
from masterx.records.benchmarks import BenchmarkResult
from masterx.records.costs import CallOutcome, CallPurpose, CostEvent, Pricing
from masterx.records.idempotency import IdempotencyClaim
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.money import NanoDollars
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import Device, Invitation, OneTimeLink, RefreshToken, Role, User

MINUTE = timedelta(minutes=1)


def make_user(*, at: datetime = START, **changes: Any) -> User:
    user_id = new_id(at)
    user = User(id=user_id, email=f"{user_id}@example.org", name="Noether", created_at=at)
    return replace(user, **changes)


def make_session(user: User, *, at: datetime = START, **changes: Any) -> Session:
    session = Session(id=new_id(at), user_id=user.id, started_at=at, last_activity_at=at, title="Fractions")
    return replace(session, **changes)


def make_question(session: Session, *, at: datetime = START, **changes: Any) -> Message:
    question = Message(
        id=new_id(at),
        session_id=session.id,
        user_id=session.user_id,
        role=MessageRole.USER,
        content="What is a half of a half?",
        timestamp=at,
    )
    return replace(question, **changes)


def make_answer(question: Message, *, at: datetime | None = None, **changes: Any) -> Message:
    moment = at or question.timestamp + timedelta(milliseconds=900)
    answer = Message(
        id=new_id(moment),
        session_id=question.session_id,
        user_id=question.user_id,
        role=MessageRole.ASSISTANT,
        content="What would you get if you cut half a cake in two?",
        timestamp=moment,
        reply_to=question.id,
        provider_used="openai",
        model_used="test-model",
        response_time_ms=900,
        first_token_ms=200,
        tokens_used=120,
        cost=NanoDollars(750_000),
        completeness=Completeness.COMPLETE,
        usage_estimated=False,
    )
    return replace(answer, **changes)


def make_call(*, at: datetime = START, **changes: Any) -> CostEvent:
    call = CostEvent(
        id=new_id(at),
        timestamp=at,
        provider="openai",
        model="test-model",
        purpose=CallPurpose.CHAT,
        outcome=CallOutcome.SUCCEEDED,
        pricing=Pricing.PRICED,
        cost=NanoDollars(750_000),
        input_tokens=100,
        output_tokens=20,
        duration_ms=900,
    )
    call = replace(call, **changes)
    return call if "budget_charge" in changes else replace(call, budget_charge=call.cost)


def make_benchmark_result(
    provider: str = "openai", score: float = 80.0, *, at: datetime = START, **changes: Any
) -> BenchmarkResult:
    """Of 25 tests in mathematics, without the answers; `score` is that of quality, speed and cost alike."""
    result = BenchmarkResult(
        id=new_id(at),
        category="math",
        provider=provider,
        model_name="gpt-4o-mini",
        timestamp=at,
        quality_score=score,
        speed_score=score,
        cost_score=score,
        final_score=score,
        avg_response_time_ms=1_000,
        avg_cost=NanoDollars(1_000_000),
        tests_passed=20,
        tests_total=25,
        suite_version="1",
        quality_error=3.0,
        final_error=3.0,
        pricing=Pricing.PRICED,
    )
    return replace(result, **changes)


def make_turn(
    session: Session,
    *,
    opens_session: bool = False,
    at: datetime | None = None,
    replaces: Message | None = None,
    calls: Sequence[CostEvent] | None = None,
    claim: IdempotencyClaim | None = None,
    question: str = "What is a half of a half?",
    answer: str = "What would you get if you cut half a cake in two?",
) -> TurnRecord:
    """With one priced call, unless calls are given."""
    moment = at or session.last_activity_at
    asked = make_question(session, at=moment, content=question, replaces=replaces.id if replaces else None)
    answered = make_answer(asked, content=answer)
    if calls is None:
        calls = [make_call(at=moment, user_id=session.user_id, session_id=session.id, message_id=answered.id)]
    return TurnRecord(
        session=session,
        opens_session=opens_session,
        question=asked,
        answer=answered,
        calls=tuple(calls),
        claim=claim,
    )


def make_claim(user: User, *, at: datetime = START, **changes: Any) -> IdempotencyClaim:
    claim = IdempotencyClaim(
        user_id=user.id,
        key="first-try",
        request_hash="a" * 64,
        holder=new_id(at),
        lease_until=at + MINUTE,
    )
    return replace(claim, **changes)


def make_device(user: User, *, at: datetime = START, **changes: Any) -> Device:
    device = Device(
        id=new_id(at),
        user_id=user.id,
        label="Firefox on Linux",
        first_seen_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(days=30),
    )
    return replace(device, **changes)


def make_refresh_token(device: Device, *, at: datetime | None = None, **changes: Any) -> RefreshToken:
    created_at = at or device.first_seen_at
    token_id = new_id(created_at)
    token = RefreshToken(
        id=token_id,
        user_id=device.user_id,
        device_id=device.id,
        token_hash=f"hash of {token_id}",
        created_at=created_at,
        expires_at=created_at + timedelta(days=30),
    )
    return replace(token, **changes)


def make_one_time_link(user: User, *, at: datetime = START, **changes: Any) -> OneTimeLink:
    link_id = new_id(at)
    link = OneTimeLink(
        id=link_id,
        user_id=user.id,
        secret_hash=f"hash of {link_id}",
        created_at=at,
        expires_at=at + timedelta(hours=1),
    )
    return replace(link, **changes)


def make_invitation(*, at: datetime = START, **changes: Any) -> Invitation:
    invitation_id = new_id(at)
    invitation = Invitation(
        id=invitation_id,
        secret_hash=f"hash of {invitation_id}",
        role=Role.LEARNER,
        created_at=at,
        expires_at=at + timedelta(days=7),
    )
    return replace(invitation, **changes)


def make_api_key(user: User, *, at: datetime = START, **changes: Any) -> ApiKey:
    key_id = new_id(at)
    key = ApiKey(
        id=key_id,
        user_id=user.id,
        name="Homework helper",
        secret_hash=f"hash of {key_id}",
        hint="mx-abcd",
        scopes=ALL_SCOPES,
        created_at=at,
    )
    return replace(key, **changes)
