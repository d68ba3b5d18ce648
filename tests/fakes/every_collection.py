"""Rows in every collection that is copied, with values that are easily lost: parts of a second, vectors, nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.fakes import practice
from tests.fakes.clock import START
from tests.fakes.records import (
    MINUTE,
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

from masterx.clock import new_id
from masterx.records.audits import BooksCheck
from masterx.records.benchmarks import (
    BenchmarkAnswer,
    BenchmarkedModel,
    BenchmarkedSuite,
    BenchmarkResult,
    BenchmarkRun,
    RunState,
    RunTrigger,
    TestResult,
)
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, ScopeKind
from masterx.records.costs import CallOutcome, Pricing
from masterx.records.emotions import LearningState
from masterx.records.goals import Goal, GoalKind
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.messages import EmotionState, Feedback
from masterx.records.money import NanoDollars
from masterx.records.moods import MoodCorrection
from masterx.records.operations import Alert, AlertKind, Delivery
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.records.sessions import Session
from masterx.records.users import Difficulty, LearningPreferences, User
from masterx.store.ports import Store

TURNS = 5
ODD = timedelta(microseconds=123_457)
MOOD = EmotionState(primary_emotion="joy", arousal=0.5, valence=1.0, learning_readiness="high_readiness")


async def fill_every_collection(store: Store) -> User:
    """The person that most of it is about; another one has a lesson too."""
    preferences = LearningPreferences(
        preferred_subjects=("algebra", "Ἀριθμός"), difficulty_preference=Difficulty.EASIER
    )
    user = make_user(at=START + ODD, learning_preferences=preferences, name="Emmy “N.” Noether")
    other = make_user(at=START)
    await store.add_user(user)
    await store.add_user(other)
    await _lessons(store, user, make_session(user, at=START + ODD))
    answer = make_answer(make_question(make_session(other)))
    await store.record_turn(make_turn(make_session(other), opens_session=True, at=answer.timestamp))
    await _credentials(store, user)
    await _money(store, user)
    await _practice(store, user)
    await _operations(store)
    await _benchmarks(store)
    return user


async def _lessons(store: Store, user: User, session: Session) -> None:
    await store.claim_request(make_claim(user), START)
    turn = make_turn(session, opens_session=True)
    vector = tuple(number / 7 for number in range(384))
    asked = replace(turn.question, emotion_state=MOOD, embedding=vector, content="½ + ⅓ = ? 🙂\n\n\\frac{1}{2}")
    after = await store.record_turn(replace(turn, question=asked))
    await store.rate_message(turn.answer.id, user.id, Feedback(quality_rating=5, helpful=True, feedback_text="Ah!"))
    told = MoodCorrection(message_id=asked.id, user_id=user.id, told=LearningState.CONFUSION, corrected_at=START + ODD)
    await store.correct_mood(told)
    for number in range(TURNS):
        at = START + timedelta(minutes=number) + ODD
        after = await store.record_turn(make_turn(after, at=at))


async def _credentials(store: Store, user: User) -> None:
    device = make_device(user)
    await store.add_device(device, make_refresh_token(device), password_hash=user.password_hash)
    await store.add_one_time_link(make_one_time_link(user))
    await store.add_invitation(make_invitation())
    await store.add_invitation(make_invitation(created_by=user.id))
    await store.add_api_key(make_api_key(user, at=START + ODD))


async def _money(store: Store, user: User) -> None:
    budget = Budget(scope=BudgetScope(ScopeKind.USER, user.id), window=BudgetWindow.DAY, amount=NanoDollars(5))
    await store.set_budget(budget)
    failed = make_call(outcome=CallOutcome.FAILED, cost=NanoDollars(0), error_code="provider_timeout", provider="a.b$c")
    await store.record_calls([failed])
    midnight = START.replace(hour=0, minute=0, second=0)
    room = replace(budget, amount=NanoDollars(10**15))
    held = Reservation(
        id=new_id(START),
        provider="openai",
        user_id=user.id,
        tier="free",
        amount=NanoDollars(7),
        created_at=START,
        expires_at=START + 3 * MINUTE,
    )
    await store.reserve(held, [Cap(budget=room, starts_at=midnight, resets_at=midnight + timedelta(days=1))])
    await store.note_books_check(BooksCheck(checked_at=START + ODD, calls=7, cost=NanoDollars(9), mismatches=0))


async def _practice(store: Store, user: User) -> None:
    answered = practice.make_question(user)
    await store.ask(answered)
    await store.record_answer(practice.make_record(user, answered))
    await store.ask(practice.make_question(user, at=START + MINUTE))
    await store.put_goal(
        Goal(
            user_id=user.id,
            subject="mathematics",
            kind=GoalKind.ABILITY,
            target=0.75,
            until=date(2026, 12, 24),
            start=0.5,
            created_at=START + ODD,
        )
    )


async def _operations(store: Store) -> None:
    await store.disable_provider("groq", True, START + ODD)
    await store.set_routing_rule(
        RoutingRule(category="math", provider="a.b$c", kind=RuleKind.PINNED, changed_at=START + ODD)
    )
    await store.note_provider_keys({"groq": "mark"}, START)
    await store.pause_benchmarks(START + ODD)
    await store.add_provider_health(
        ProviderHealth(
            id=new_id(START),
            provider="openai",
            timestamp=START + ODD,
            status=HealthStatus.DEGRADED,
            success_rate=0.98,
            avg_response_time_ms=2800.5,
            requests_last_hour=1250,
            errors_last_hour=5,
            circuit_breaker_state=BreakerState.HALF_OPEN,
            last_success=START,
        )
    )
    await store.raise_alert(
        Alert(
            id=new_id(START),
            kind=AlertKind.COST_HOUR,
            subject="",
            period="15",
            value=12.5,
            threshold=10,
            raised_at=START,
            delivery=Delivery.PENDING,
            next_try_at=START + ODD,
        )
    )


async def _benchmarks(store: Store) -> None:
    run = BenchmarkRun(
        id=new_id(START),
        trigger=RunTrigger.OPERATOR,
        state=RunState.RUNNING,
        suites=(BenchmarkedSuite("coding", "1", 2), BenchmarkedSuite("math", "1+a.b$c", 3)),
        models=(BenchmarkedModel("groq", "llama 3.3"),),
        cost_cap=None,
        started_at=START,
        seen_at=START + ODD,
    )
    await store.add_benchmark_run(run)
    await store.add_benchmark_answer(
        BenchmarkAnswer(
            run_id=run.id,
            category="coding",
            provider="groq",
            model_name="llama 3.3",
            test_id="coding.loop",
            answered_at=START + ODD,
            quality=87.5,
            passed=True,
            time_ms=1_234,
            cost=NanoDollars(41_000),
            pricing=Pricing.PRICED,
            tokens=120,
            reasons=("It says what has to be said.", "Σ is “right”."),
            answer="Answer: 42 ∑\n",
        )
    )
    await store.add_benchmark_results(
        [
            BenchmarkResult(
                id=new_id(START),
                category="coding",
                provider="groq",
                model_name="llama 3.3",
                timestamp=START + ODD,
                quality_score=87.5,
                speed_score=78.5,
                cost_score=65.2,
                final_score=85.7,
                avg_response_time_ms=3200.5,
                avg_cost=NanoDollars(15_000_000),
                tests_passed=1,
                tests_total=1,
                test_results=(TestResult(test_id="coding.loop", quality=87.5, time_ms=3100, passed=True),),
                run_id=run.id,
            )
        ]
    )
