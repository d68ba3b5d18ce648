"""What every backend calls the same: the schema's version, collections and indexes.

The collections and their fields are the specification's; the indexes too, with three differences: e-mail is
unique in its normalised form, `user_performance` has one, and the one on the embedding is left out (a vector
is not a place on the globe). Some are added for reads that the specification did not foresee.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SCHEMA_VERSION: Final = 7
"""A server refuses a database with a higher one: a newer server has been there."""

COLLECTIONS: Final = (
    "users",
    "sessions",
    "messages",
    "benchmark_results",
    "provider_health",
    "user_performance",
    "cost_tracking",
)

SIDE_COLLECTIONS: Final = (
    "cost_events",
    "idempotency_keys",
    "devices",
    "refresh_tokens",
    "one_time_links",
    "invitations",
    "budgets",
    "budget_spending",
    "reservations",
    "leases",
    "alerts",
    "breakers",
    "instances",
    "recent_errors",
    "cost_series",
    "user_costs",
    "book_checks",
    "provider_switches",
    "reloads",
    "provider_keys",
    "mood_corrections",
)


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    collection: str
    keys: tuple[tuple[str, int], ...]
    """Field and direction: 1 ascending, -1 descending."""
    unique: bool = False
    where: str | None = None
    """Only rows of which this is true; a backend without partial indexes may take all."""


INDEXES: Final = (
    Index("users_email", "users", (("email_normalised", 1),), unique=True),
    Index("users_last_active", "users", (("last_active", -1),)),
    Index("users_role", "users", (("role", 1), ("created_at", 1))),
    Index("sessions_user_started", "sessions", (("user_id", 1), ("started_at", -1))),
    Index("sessions_user_activity", "sessions", (("user_id", 1), ("last_activity_at", -1), ("id", -1))),
    Index("sessions_status_started", "sessions", (("status", 1), ("started_at", -1))),
    Index("sessions_active_activity", "sessions", (("last_activity_at", 1),), where="status = 'active'"),
    Index("sessions_topic", "sessions", (("current_topic", 1),)),
    Index("messages_session_time", "messages", (("session_id", 1), ("timestamp", 1))),
    Index("messages_user_time", "messages", (("user_id", 1), ("timestamp", -1))),
    Index("messages_superseded", "messages", (("superseded_by", 1),), where="superseded_by IS NOT NULL"),
    Index("messages_unread", "messages", (("timestamp", -1),), where="embedding IS NULL"),
    Index("mood_corrections_session", "mood_corrections", (("session_id", 1),)),
    Index("mood_corrections_user", "mood_corrections", (("user_id", 1), ("corrected_at", 1))),
    Index("benchmarks_category", "benchmark_results", (("category", 1), ("timestamp", -1))),
    Index("benchmarks_provider", "benchmark_results", (("provider", 1), ("category", 1), ("timestamp", -1))),
    Index("benchmarks_time", "benchmark_results", (("timestamp", -1),)),
    Index("health_provider", "provider_health", (("provider", 1), ("timestamp", -1))),
    Index("health_status", "provider_health", (("status", 1), ("timestamp", -1))),
    Index("health_time", "provider_health", (("timestamp", 1),)),
    Index("alerts_period", "alerts", (("kind", 1), ("subject", 1), ("period", 1)), unique=True),
    Index("alerts_raised", "alerts", (("raised_at", -1), ("id", -1))),
    Index("alerts_open", "alerts", (("kind", 1), ("subject", 1)), where="resolved_at IS NULL"),
    Index("alerts_due", "alerts", (("next_try_at", 1),), where="delivery = 'pending'"),
    Index("instances_started", "instances", (("started_at", 1), ("id", 1))),
    Index("recent_errors_time", "recent_errors", (("timestamp", -1),)),
    Index("performance_subject", "user_performance", (("user_id", 1), ("subject", 1), ("timestamp", -1))),
    Index("cost_tracking_date", "cost_tracking", (("date", -1), ("provider", 1))),
    Index("cost_tracking_user", "cost_tracking", (("user_id", 1), ("date", -1))),
    Index("cost_events_time", "cost_events", (("timestamp", 1),)),
    Index("cost_events_user", "cost_events", (("user_id", 1), ("timestamp", 1)), where="user_id IS NOT NULL"),
    Index("idempotency_used", "idempotency_keys", (("last_used_at", 1),)),
    Index("idempotency_session", "idempotency_keys", (("session_id", 1),), where="session_id IS NOT NULL"),
    Index("devices_user_seen", "devices", (("user_id", 1), ("last_seen_at", -1))),
    Index("devices_expiry", "devices", (("expires_at", 1),)),
    Index("refresh_tokens_device", "refresh_tokens", (("device_id", 1),)),
    Index("refresh_tokens_expiry", "refresh_tokens", (("expires_at", 1),)),
    Index("one_time_links_expiry", "one_time_links", (("expires_at", 1),)),
    Index("one_time_links_user", "one_time_links", (("user_id", 1),)),
    Index("invitations_expiry", "invitations", (("expires_at", 1),)),
    Index("reservations_time", "reservations", (("created_at", 1),)),
    Index("reservations_expiry", "reservations", (("expires_at", 1),)),
)
"""Beside these, ids, `token_hash`, `secret_hash`, (user_id, key) of a claim, (date, provider, user_id) of a daily sum,
all but the figures of `cost_series` and `user_costs`, (provider, fingerprint) of a key, the provider of a switch, the
generation of a reload, and scope and window of a budget and of what was spent are unique in every backend."""

PERSONAL_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "users": (
        "id",
        "email",
        "name",
        "created_at",
        "role",
        "learning_preferences",
        "emotional_profile",
        "mood_preferences",
        "subscription_tier",
        "total_sessions",
        "last_active",
    ),
    "devices": ("id", "label", "first_seen_at", "last_seen_at", "expires_at"),
    "one_time_links": ("id", "purpose", "created_at", "expires_at", "used_at"),
    "invitations": ("id", "role", "created_at", "expires_at", "used_at"),
    "sessions": (
        "id",
        "started_at",
        "last_activity_at",
        "ended_at",
        "title",
        "current_topic",
        "assigned_provider",
        "total_messages",
        "total_tokens",
        "total_cost",
        "avg_response_time_ms",
        "emotion_trajectory",
        "performance_score",
        "status",
    ),
    "messages": (
        "id",
        "session_id",
        "role",
        "content",
        "timestamp",
        "superseded_by",
        "replaces",
        "reply_to",
        "provider_used",
        "model_used",
        "response_time_ms",
        "first_token_ms",
        "tokens_used",
        "cost",
        "completeness",
        "usage_estimated",
        "emotion_state",
        "quality_rating",
        "helpful",
        "feedback_text",
        "user_continued",
    ),
    "mood_corrections": ("message_id", "read", "told", "corrected_at", "may_be_learned_from"),
    "user_performance": (
        "id",
        "subject",
        "timestamp",
        "ability_level",
        "difficulty_preference",
        "learning_velocity",
        "mastery_topics",
        "struggling_topics",
        "total_practice_time_hours",
        "improvement_rate",
    ),
    "cost_events": (
        "id",
        "timestamp",
        "provider",
        "model",
        "purpose",
        "outcome",
        "pricing",
        "cost",
        "category",
        "tier",
        "session_id",
        "message_id",
        "input_tokens",
        "output_tokens",
        "cached_input_tokens",
        "reasoning_tokens",
        "usage_estimated",
        "duration_ms",
        "error_code",
    ),
    "cost_tracking": (
        "id",
        "date",
        "provider",
        "total_requests",
        "total_tokens",
        "total_cost",
        "category_breakdown",
    ),
    "idempotency_keys": ("key", "last_used_at", "session_id", "message_id"),
}
"""What a person gets of themselves, by collection. Left out: hashes of secrets and of requests, refresh tokens (their
devices are there), the routing of an answer, which is for administrators, and embeddings, which repeat its text."""
