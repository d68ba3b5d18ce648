"""Collections, indexes, shard keys: what `masterx init` makes of `store.schema` on MongoDB.

How the collections that grow without end are read and spread:

- `messages`: by learner and session, always with both, so a shard key of the two sends each read and each turn to one
  shard. The learner is hashed, since ids that grow with time would send all new learners to the same shard. Read from
  the primary: a learner must find what was just said.
- `cost_events`: written one after the other and added up over time, whoever it was for: `_id` hashed spreads the
  writes, and sums ask all shards at once. Sums and lists for operators are read from a secondary where there is one
  (`database.REPORTS`), after what this process wrote.

Everything else stays on one shard. A unique index that does not begin with the shard key cannot be had on a sharded
collection; these two have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pymongo import IndexModel

from masterx.store.mongodb.idempotency import REMEMBERED
from masterx.store.mongodb.operations import OPEN
from masterx.store.schema import COLLECTIONS, INDEXES, SIDE_COLLECTIONS, Index

BOOKKEEPING: Final = ("schema_version",)
ALL_COLLECTIONS: Final = (*COLLECTIONS, *SIDE_COLLECTIONS, *BOOKKEEPING)

SHARD_KEYS: Final[Mapping[str, Mapping[str, Any]]] = {
    "messages": {"user_id": "hashed", "session_id": 1},
    "cost_events": {"_id": "hashed"},
}

_A_LITTLE: Final = timedelta(minutes=10)
"""Longer than hosts' clocks differ: the server removes only what every one of them takes for over."""
EXPIRY: Final[Mapping[str, timedelta]] = {
    "idempotency_used": REMEMBERED + _A_LITTLE,
    "devices_expiry": _A_LITTLE,
    "refresh_tokens_expiry": _A_LITTLE,
    "one_time_links_expiry": _A_LITTLE,
    "invitations_expiry": _A_LITTLE,
    "reservations_expiry": _A_LITTLE,
    "request_windows_expiry": _A_LITTLE,
}
"""Indexes on a time by which the server removes rows, so long after it. Every query looks at the time itself."""

_WHERE: Final[Mapping[str, Mapping[str, Any]]] = {
    "status = 'active'": {"status": "active"},
    "delivery = 'pending'": {"delivery": "pending"},
    "superseded_by IS NOT NULL": {"superseded_by": {"$gt": ""}},
    "user_id IS NOT NULL": {"user_id": {"$gte": ""}},
    "session_id IS NOT NULL": {"session_id": {"$gt": ""}},
    "run_id IS NOT NULL": {"run_id": {"$gt": ""}},
    "embedding IS NULL": {"embedding": None},
    "category IS NOT NULL": {"category": {"$gt": ""}},
}
_OWN_INDEXES: Final = (
    Index("alerts_open", "alerts", ((OPEN, 1), ("kind", 1), ("subject", 1)), unique=True, where=OPEN),
    Index("refresh_tokens_hash", "refresh_tokens", (("token_hash", 1),), unique=True),
    Index("refresh_tokens_user", "refresh_tokens", (("user_id", 1),)),
    Index("one_time_links_hash", "one_time_links", (("secret_hash", 1),), unique=True),
    Index("api_keys_hash", "api_keys", (("secret_hash", 1),), unique=True),
    Index("invitations_hash", "invitations", (("secret_hash", 1),), unique=True),
    Index("invitations_creator", "invitations", (("created_by", 1),)),
    Index("idempotency_owner", "idempotency_keys", (("user_id", 1),)),
    Index("reservations_owner", "reservations", (("user_id", 1),)),
    Index("budgets_scope", "budgets", (("kind", 1), ("name", 1))),
    Index("cost_series_period", "cost_series", (("span", 1), ("period", 1))),
    Index("user_costs_period", "user_costs", (("span", 1), ("period", 1))),
    Index("user_costs_owner", "user_costs", (("user_id", 1),)),
    Index("benchmark_answers_run", "benchmark_answers", (("run_id", 1),)),
    Index("book_checks_time", "book_checks", (("checked_at", -1),)),
    Index("learner_states_owner", "learner_states", (("user_id", 1), ("subject", 1))),
    Index("learner_standings_owner", "learner_standings", (("user_id", 1), ("subject", 1))),
    Index("concept_reviews_owner", "concept_reviews", (("user_id", 1), ("due_at", 1))),
    Index("goals_owner", "goals", (("user_id", 1), ("subject", 1))),
    Index("spending_period", "budget_spending", (("period", 1),)),
    Index("spending_scope", "budget_spending", (("kind", 1), ("name", 1), ("period", 1))),
)
"""What is a primary key of SQLite's, or a partial index that is written otherwise there."""
_REPLACED: Final = frozenset(index.name for index in _OWN_INDEXES)


def indexes() -> list[Index]:
    return [*(index for index in INDEXES if index.name not in _REPLACED), *_OWN_INDEXES]


def index_model(index: Index) -> IndexModel:
    keys = [("_id" if field == "id" else field, direction) for field, direction in index.keys]
    options: dict[str, Any] = {"name": index.name}
    if index.unique:
        options["unique"] = True
    if index.where == OPEN:
        options["partialFilterExpression"] = {OPEN: True}
    elif index.where is not None:
        options["partialFilterExpression"] = dict(_WHERE[index.where])
    if index.name in EXPIRY:
        options["expireAfterSeconds"] = int(EXPIRY[index.name].total_seconds())
    return IndexModel(keys, **options)
