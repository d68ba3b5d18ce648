"""What `audit` asks. Each comparison puts the ledger's sums and a book's side by side under one key, and gives those
that differ: the key, each figure by the ledger, each figure by the book.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from masterx.records.budgets import ScopeKind
from masterx.records.costs import CallPurpose
from masterx.store.mongodb.cost_sums import OF_A_CALL
from masterx.store.mongodb.documents import Row, time_text
from masterx.store.mongodb.kept_sums import FIGURES, LENGTHS

AT_MOST: Final = 1_000
"""Of rows that do not agree, for each book: who has more has to look for another cause than a row."""
_TOKENS: Final = OF_A_CALL["tokens"]
_SCOPES: Final[Mapping[ScopeKind, Any]] = {
    ScopeKind.SYSTEM: {"$literal": ""},
    ScopeKind.PROVIDER: "$provider",
    ScopeKind.TIER: "$tier",
    ScopeKind.USER: "$user_id",
}
_DAY: Final = {"$dateToString": {"date": "$timestamp", "format": "%Y-%m-%d"}}
_HOUR: Final = {"$dateToString": {"date": "$timestamp", "format": "%Y-%m-%dT%H"}}
_IS_CHAT: Final = {"$eq": ["$purpose", CallPurpose.CHAT.value]}


@dataclass(frozen=True, slots=True)
class Comparison:
    book: str
    figures: Sequence[str]
    pipeline: Sequence[Row]
    start: str = "cost_events"
    """The collection that the pipeline begins with."""


def totals_of(calls: Row) -> list[Row]:
    return [
        {"$match": calls},
        {"$lookup": {"from": "sessions", "localField": "session_id", "foreignField": "_id", "as": "session"}},
        {
            "$group": {
                "_id": None,
                "calls": {"$sum": 1},
                "cost": {"$sum": "$cost"},
                "chat": {"$sum": {"$cond": [_IS_CHAT, "$cost", 0]}},
                "erased": {"$sum": {"$cond": [{"$and": [_IS_CHAT, {"$eq": ["$session", []]}]}, "$cost", 0]}},
            }
        },
    ]


def of_days(calls: Row, first: str, end: str) -> Iterator[Comparison]:
    """`calls` finds those of the days from the first to before the end."""
    found: Row = {"key": {"day": "$date", "provider": "$provider", "user": "$user_id"}}
    by_day = {"key": {"day": _DAY, "provider": "$provider", "user": "$owner"}}
    books = {"book_calls": "$total_requests", "book_tokens": "$total_tokens", "book_cost": "$total_cost"}
    figures = {"calls": {"$literal": 1}, "tokens": _TOKENS, "cost": "$cost"}
    yield _comparison(
        "cost_tracking",
        figures,
        [{"$match": calls}, *_owners(), _shown(by_day | figures)],
        [{"$match": {"date": {"$gte": first, "$lt": end}}}, _shown(found | books)],
    )
    by_category = {"key": {"day": _DAY, "provider": "$provider", "user": "$owner", "key": _encoded("$category")}}
    parts: list[Row] = [{"$set": {"part": {"$objectToArray": "$category_breakdown"}}}, {"$unwind": "$part"}]
    of_part = {"key": found["key"] | {"key": "$part.k"}, "book_cost": "$part.v"}
    comparison = _comparison(
        "cost_tracking",
        {"cost": "$cost"},
        [{"$match": calls}, *_owners(), _shown(by_category | {"cost": "$cost"})],
        [{"$match": {"date": {"$gte": first, "$lt": end}}}, *parts, _shown(of_part)],
    )
    yield Comparison("category_breakdown", comparison.figures, comparison.pipeline)
    named = {"provider": "$provider", "model": "$model", "category": "$category"}
    yield _comparison(
        "cost_series",
        OF_A_CALL,
        [{"$match": calls}, _shown({"key": {"period": _HOUR, **named}, **OF_A_CALL})],
        _kept("hour", {"$gte": first, "$lt": end}, named),
    )
    yield _comparison(
        "user_costs",
        OF_A_CALL,
        [
            {"$match": calls | {"user_id": {"$ne": None}}},
            _shown({"key": {"period": _DAY, "user": "$user_id"}, **OF_A_CALL}),
        ],
        _kept("day", {"$gte": first, "$lt": end}, {"user": "$user_id"}),
    )


def of_spans() -> Iterator[Comparison]:
    """The shorter spans are compared with the ledger: the longer ones are their sums."""
    named = {"provider": "$provider", "model": "$model", "category": "$category"}
    for book, short, long, names in (
        ("cost_series", "hour", "day", named),
        ("user_costs", "day", "month", {"user": "$user_id"}),
    ):
        period = {"$substrBytes": ["$period", 0, LENGTHS[long]]}
        figures = {figure: f"${figure}" for figure in FIGURES}
        shorter: list[Row] = [{"$match": {"span": short}}, _shown({"key": {"period": period, **names}, **figures})]
        yield _comparison(book, figures, shorter, _kept(long, None, names), start=book)


def without_calls(stretches: Sequence[tuple[str, str]]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of days on which the ledger has nothing, with their `place` and their `calls`."""
    outside: list[Row] = [{"$gte": first, "$lt": end} for first, end in stretches]
    of_date: Row = {"$nor": [{"date": stretch} for stretch in outside]} if outside else {}
    of_period: Row = {"$nor": [{"period": stretch} for stretch in outside]} if outside else {}
    yield "cost_tracking", _named(of_date, {"$concat": ["$date", " ", "$provider"]}, "$total_requests")
    hours, days = {"span": "hour"} | of_period, {"span": "day"} | of_period
    yield "cost_series", _named(hours, {"$concat": ["$period", " ", "$provider"]}, "$requests")
    yield "user_costs", _named(days, {"$concat": ["$period", " ", "$user_id"]}, "$requests")


def sessions() -> Comparison:
    """Only those that are there: the ledger outlives them."""
    figures = {"tokens": _TOKENS, "cost": "$cost"}
    calls = [{"$match": {"session_id": {"$ne": None}}}, _shown({"key": "$session_id", **figures})]
    book = {"key": "$_id", "is_there": {"$literal": True}, "book_tokens": "$total_tokens", "book_cost": "$total_cost"}
    return _comparison("sessions", figures, calls, [_shown(book)], there=True)


def messages() -> Comparison:
    figures = {"calls": {"$literal": 1}, "tokens": _TOKENS, "cost": "$cost"}
    calls = [{"$match": {"message_id": {"$ne": None}}}, _shown({"key": "$message_id", **figures})]
    book = {
        "key": "$_id",
        "is_there": {"$literal": True},
        "book_calls": {"$literal": 1},
        "book_tokens": {"$ifNull": ["$tokens_used", 0]},
        "book_cost": {"$ifNull": ["$cost", 0]},
    }
    return _comparison("messages", figures, calls, [{"$match": {"role": "assistant"}}, _shown(book)], there=True)


def budgets(moment: datetime) -> Comparison:
    """Of windows that had not ended at that moment."""
    since = time_text(moment)
    month = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begun = {"$gte": ["$period", {"$substrBytes": [since, 0, {"$strLenBytes": "$period"}]}]}
    periods = [{"$substrBytes": [_HOUR, 0, length]} for length in LENGTHS.values()]
    scopes = [{"kind": kind.value, "name": name} for kind, name in _SCOPES.items()]
    of_scope = {"kind": "$scope.kind", "name": "$scope.name", "period": "$period"}
    charges: list[Row] = [
        {"$match": {"timestamp": {"$gte": month}, "budget_charge": {"$gt": 0}}},
        {"$set": {"scope": scopes, "period": periods}},
        {"$unwind": "$scope"},
        {"$match": {"scope.name": {"$ne": None}}},
        {"$unwind": "$period"},
        {"$match": {"$expr": begun}},
        _shown({"key": of_scope, "charge": "$budget_charge"}),
    ]
    key = {"kind": "$kind", "name": "$name", "period": "$period"}
    book = [{"$match": {"$expr": begun}}, _shown({"key": key, "book_charge": "$spent"})]
    return _comparison("budget_spending", {"charge": "$budget_charge"}, charges, book)


def _comparison(
    book: str,
    figures: Mapping[str, Any],
    ledger: Sequence[Row],
    found: Sequence[Row],
    *,
    there: bool = False,
    start: str = "cost_events",
) -> Comparison:
    """`there`: only keys that the book has are compared."""
    sums: Row = {figure: {"$sum": f"${figure}"} for figure in figures}
    sums |= {f"book_{figure}": {"$sum": f"$book_{figure}"} for figure in figures}
    differ: Row = {"$or": [{"$ne": [f"${figure}", f"$book_{figure}"]} for figure in figures]}
    pipeline = [
        *ledger,
        {"$unionWith": {"coll": book, "pipeline": list(found)}},
        {"$group": {"_id": "$key", **sums, "is_there": {"$max": "$is_there"}}},
        {"$match": {"$expr": differ} | ({"is_there": True} if there else {})},
    ]
    return Comparison(book, tuple(figures), pipeline, start)


def _kept(span: str, period: Any, names: Mapping[str, Any]) -> list[Row]:
    where: Row = {"span": span} if period is None else {"span": span, "period": period}
    figures = {f"book_{figure}": f"${figure}" for figure in FIGURES}
    return [{"$match": where}, _shown({"key": {"period": "$period", **names}, **figures})]


def _shown(fields: Mapping[str, Any]) -> Row:
    return {"$project": {"_id": 0, **fields}}


def _named(where: Row, place: Any, calls: str) -> list[Row]:
    return [{"$match": where}, {"$limit": AT_MOST}, _shown({"place": place, "calls": calls})]


def _owners() -> list[Row]:
    """Each call for the whole system, and once more for its learner."""
    owners = {"$cond": [{"$eq": ["$user_id", None]}, [None], [None, "$user_id"]]}
    return [{"$set": {"owner": owners}}, {"$unwind": {"path": "$owner", "preserveNullAndEmptyArrays": True}}]


def _encoded(name: str) -> Row:
    """As `documents.key_text`."""
    text: Any = name
    for plain, encoded in (("%", "%25"), (".", "%2E"), ("$", "%24")):
        text = {"$replaceAll": {"input": text, "find": {"$literal": plain}, "replacement": {"$literal": encoded}}}
    return {"$cond": [{"$eq": [name, ""]}, "%", text]}
