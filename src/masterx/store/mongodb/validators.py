"""What the server checks of each row of the seven collections, whoever writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from masterx.records.health import BreakerState, HealthStatus
from masterx.records.messages import Completeness, MessageRole
from masterx.records.sessions import SessionStatus
from masterx.records.users import Difficulty, LearningStyle, Role, SubscriptionTier

Rule = Mapping[str, Any]

TEXT: Final[Rule] = {"bsonType": "string"}
TIME: Final[Rule] = {"bsonType": "date"}
YES_NO: Final[Rule] = {"bsonType": "bool"}
TEXTS: Final[Rule] = {"bsonType": "array", "items": TEXT}
COUNT: Final[Rule] = {"bsonType": "long", "minimum": 0}
MONEY: Final = COUNT
"""Whole nano-dollars."""
NUMBER: Final[Rule] = {"bsonType": "double"}
SHARE: Final[Rule] = {"bsonType": "double", "minimum": 0, "maximum": 1}
SCORE: Final[Rule] = {"bsonType": "double", "minimum": 0, "maximum": 100}
SPAN: Final[Rule] = {"bsonType": "double", "minimum": 0}
"""Of time."""


def one_of(values: type[StrEnum]) -> Rule:
    return {"enum": [value.value for value in values]}


def or_none(rule: Rule) -> Rule:
    if "enum" in rule:
        return {"enum": [*rule["enum"], None]}
    kinds = rule["bsonType"]
    return {**rule, "bsonType": [kinds, "null"]}


def record(fields: Mapping[str, Rule], *, optional: Iterable[str] = ()) -> Rule:
    """Fields that nobody named are let through, so that an older server does not refuse a newer one's."""
    return {
        "bsonType": "object",
        "required": [name for name in fields if name not in set(optional)],
        "properties": dict(fields),
    }


def _row(*, optional: Iterable[str] = (), **fields: Rule) -> Rule:
    return record({"_id": TEXT, **fields}, optional=optional)


VALIDATORS: Final[Mapping[str, Rule]] = {
    "users": _row(
        email=TEXT,
        email_normalised=TEXT,
        name=TEXT,
        created_at=TIME,
        role=one_of(Role),
        password_hash=or_none(TEXT),
        learning_preferences=record(
            {
                "preferred_subjects": TEXTS,
                "learning_style": or_none(one_of(LearningStyle)),
                "difficulty_preference": one_of(Difficulty),
                "review_retention": SHARE,
                "questions_in_lessons": YES_NO,
            },
            optional=("review_retention", "questions_in_lessons"),
        ),
        emotional_profile=or_none(
            record({"baseline_engagement": SHARE, "frustration_threshold": SHARE, "celebration_responsiveness": SHARE})
        ),
        subscription_tier=one_of(SubscriptionTier),
        total_sessions=COUNT,
        last_active=or_none(TIME),
    ),
    "sessions": _row(
        user_id=TEXT,
        started_at=TIME,
        last_activity_at=TIME,
        ended_at=or_none(TIME),
        title=or_none(TEXT),
        current_topic=or_none(TEXT),
        assigned_provider=or_none(TEXT),
        total_messages=COUNT,
        total_tokens=COUNT,
        total_cost=MONEY,
        avg_response_time_ms=or_none(SPAN),
        emotion_trajectory=TEXTS,
        performance_score=or_none(NUMBER),
        status=one_of(SessionStatus),
    ),
    "messages": _row(
        session_id=TEXT,
        user_id=TEXT,
        position=COUNT,
        role=one_of(MessageRole),
        content=TEXT,
        timestamp=TIME,
        superseded_by=or_none(TEXT),
        replaces=or_none(TEXT),
        reply_to=or_none(TEXT),
        provider_used=or_none(TEXT),
        model_used=or_none(TEXT),
        response_time_ms=or_none(COUNT),
        first_token_ms=or_none(COUNT),
        tokens_used=or_none(COUNT),
        cost=or_none(MONEY),
        completeness=or_none(one_of(Completeness)),
        usage_estimated=or_none(YES_NO),
        routing=or_none({"bsonType": "object"}),
        emotion_state=or_none(
            record(
                {
                    "primary_emotion": TEXT,
                    "arousal": NUMBER,
                    "valence": NUMBER,
                    "learning_readiness": TEXT,
                    "certainty": or_none(NUMBER),
                    "told": YES_NO,
                },
                optional=("certainty", "told"),
            )
        ),
        embedding=or_none({"bsonType": "binData"}),
        quality_rating=or_none({"bsonType": "long", "minimum": 1, "maximum": 5}),
        helpful=or_none(YES_NO),
        feedback_text=or_none(TEXT),
        user_continued=or_none(YES_NO),
        category=or_none(TEXT),
        optional=("category",),  # rows from before version 11
    ),
    "benchmark_results": _row(
        category=TEXT,
        provider=TEXT,
        model_name=TEXT,
        timestamp=TIME,
        quality_score=SCORE,
        speed_score=SCORE,
        cost_score=SCORE,
        final_score=SCORE,
        avg_response_time_ms=SPAN,
        avg_cost=MONEY,
        tests_passed=COUNT,
        tests_total=COUNT,
        test_results={
            "bsonType": "array",
            "items": record({"test_id": TEXT, "quality": NUMBER, "time_ms": COUNT, "passed": YES_NO}),
        },
    ),
    "provider_health": _row(
        provider=TEXT,
        timestamp=TIME,
        status=one_of(HealthStatus),
        success_rate=or_none(SHARE),
        avg_response_time_ms=or_none(SPAN),
        requests_last_hour=COUNT,
        errors_last_hour=COUNT,
        circuit_breaker_state=one_of(BreakerState),
        last_success=or_none(TIME),
        last_failure=or_none(TIME),
    ),
    "user_performance": _row(
        user_id=TEXT,
        subject=TEXT,
        timestamp=TIME,
        ability_level=SHARE,
        difficulty_preference=SHARE,
        learning_velocity=NUMBER,
        mastery_topics=TEXTS,
        struggling_topics=TEXTS,
        total_practice_time_hours=SPAN,
        improvement_rate=or_none(NUMBER),
        theta=or_none(NUMBER),
        theta_error=or_none(SPAN),
        improvement_rate_error=or_none(SPAN),
    ),
    "cost_tracking": _row(
        date={"bsonType": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        provider=TEXT,
        user_id=or_none(TEXT),
        part=COUNT,
        total_requests={"bsonType": "long", "minimum": 1},
        total_tokens=COUNT,
        total_cost=MONEY,
        category_breakdown={"bsonType": "object"},
    ),
}

CHECKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "benchmark_results": {"$expr": {"$lte": ["$tests_passed", "$tests_total"]}},
}
"""What a rule on one field cannot say."""


def validator(collection: str) -> dict[str, Any] | None:
    """As `create` and `collMod` take it; None where the server checks nothing."""
    rule = VALIDATORS.get(collection)
    if rule is None:
        return None
    check = CHECKS.get(collection)
    return {"$jsonSchema": dict(rule)} if check is None else {"$and": [{"$jsonSchema": dict(rule)}, dict(check)]}
