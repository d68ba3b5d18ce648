"""Documents as the values of `store.rows`, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bson.binary import VECTOR_SUBTYPE, Binary, BinaryVectorDtype

from masterx.store.mongodb.benchmark_runs import answer_id
from masterx.store.mongodb.costs import day_id
from masterx.store.mongodb.documents import SUB_MS, document, key_text, name_of_key, plain, time_in, time_text, whole
from masterx.store.mongodb.documents import Row as Document
from masterx.store.mongodb.idempotency import key_id
from masterx.store.mongodb.kept_sums import FIGURES, user_cost_id
from masterx.store.mongodb.operations import OPEN
from masterx.store.mongodb.practice import pair_id
from masterx.store.mongodb.switches import rule_id
from masterx.store.rows import Fields, Kind, Row

_VECTOR_HEAD: Final = 2
"""Bytes of a packed vector before its numbers: their type, and how many bits are unused."""

SUMS: Final[Mapping[str, Sequence[str]]] = {
    "cost_tracking": ("total_requests", "total_tokens", "total_cost"),
    "budget_spending": ("spent",),
    "cost_series": FIGURES,
}
"""What is kept in parts, and which of its fields are added up."""
_BREAKDOWN: Final = "category_breakdown"

_IDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "cost_tracking": lambda row: day_id(row["date"], row["provider"], row["user_id"], 0),
    "idempotency_keys": lambda row: key_id(row["user_id"], row["key"]),
    "budgets": lambda row: f"{row['kind']} {row['span']} {row['name']}",
    "budget_spending": lambda row: f"{row['kind']} {row['period']} 0 {row['name']}",
    "cost_series": lambda row: "\n".join(
        (row["span"], row["period"], row["provider"], row["model"], row["category"], "0")
    ),
    "user_costs": lambda row: user_cost_id(row["span"], row["period"], row["user_id"]),
    "learner_states": lambda row: pair_id(row["user_id"], row["subject"]),
    "learner_standings": lambda row: pair_id(row["user_id"], row["subject"]),
    "concept_reviews": lambda row: pair_id(row["user_id"], row["concept"]),
    "goals": lambda row: pair_id(row["user_id"], row["subject"]),
    "routing_rules": lambda row: rule_id(row["category"], row["provider"]),
    "benchmark_answers": lambda row: answer_id(row["run_id"], row["category"], row["provider"], row["test_id"]),
    "provider_keys": lambda row: f"{row['provider']} {row['fingerprint']}",
}
"""Of rows that are known by more than one field; others by the one that is their key."""


def document_of(collection: str, fields: Fields, keys: Sequence[str], row: Row) -> Document:
    """As this store would have written it: a sum as its first part."""
    named = dict(zip(fields, row, strict=True))
    stored: Document = {}
    for (name, value), kind in zip(named.items(), fields.values(), strict=True):
        if value is None:
            stored[name] = None
        elif kind is Kind.TIME:
            time = document(**{name: datetime.fromisoformat(value)})
            stored.setdefault(SUB_MS, {}).update(time.pop(SUB_MS, {}))
            stored |= time
        elif kind is Kind.VECTOR:
            stored[name] = Binary(BinaryVectorDtype.FLOAT32.value + b"\x00" + b64decode(value), VECTOR_SUBTYPE)
        else:
            stored[name] = plain(value)
    if not stored.get(SUB_MS):
        stored.pop(SUB_MS, None)
    if collection in SUMS:
        stored["part"] = whole(0)
    if _BREAKDOWN in stored:
        stored[_BREAKDOWN] = {key_text(name): amount for name, amount in stored[_BREAKDOWN].items()}
    if collection == "alerts" and named["resolved_at"] is None:
        stored[OPEN] = True
    stored.pop("id", None)
    make_id = _IDS.get(collection)
    return {"_id": named[keys[0]] if make_id is None else make_id(named)} | stored


def row_of(fields: Fields, keys: Sequence[str], stored: Mapping[str, Any]) -> list[Any]:
    """The values in the order of the fields; what is not there is nothing, but for a key that is the id."""
    return [_value(name, kind, keys, stored) for name, kind in fields.items()]


def _value(name: str, kind: Kind, keys: Sequence[str], stored: Mapping[str, Any]) -> Any:
    if name == "id" or (name not in stored and list(keys) == [name]):
        return stored["_id"]
    value = stored.get(name)
    if value is None:
        return None
    match kind:
        case Kind.TIME:
            return time_text(time_in(stored, name))
        case Kind.VECTOR:
            return b64encode(bytes(value)[_VECTOR_HEAD:]).decode()
        case Kind.JSON if name == _BREAKDOWN:
            return {name_of_key(key): amount for key, amount in value.items()}
        case _:
            return value


def key_of(fields: Fields, keys: Sequence[str], row: Row) -> tuple[Any, ...]:
    names = list(fields)
    return tuple(row[names.index(name)] for name in keys)


def added(collection: str, fields: Fields, first: list[Any], second: Sequence[Any]) -> list[Any]:
    """Two parts of one sum."""
    names = list(fields)
    for name in SUMS[collection]:
        place = names.index(name)
        first[place] = int(first[place]) + int(second[place])
    if _BREAKDOWN in fields:
        place = names.index(_BREAKDOWN)
        first[place] = {
            key: int(first[place].get(key, 0)) + int(second[place].get(key, 0))
            for key in {**first[place], **second[place]}
        }
    return first
