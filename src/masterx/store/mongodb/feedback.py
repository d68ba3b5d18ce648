"""`FeedbackStore`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from masterx.records.costs import GENERAL
from masterx.records.feedback_standing import MOST_ANSWERS, MOST_OF_ONE_LEARNER, FeedbackDay, FeedbackStanding
from masterx.records.messages import Completeness
from masterx.records.sessions import SessionStatus
from masterx.store.feedback_folds import AnswerSums, SessionSums, standings
from masterx.store.mongodb.database import Access, Pipeline
from masterx.store.mongodb.documents import Row, date_of, within
from masterx.store.mongodb.tables import Tables

_FIELDS: Final = tuple(AnswerSums.__dataclass_fields__)[2:]


def _known(field: str) -> Row:
    """1 where there is a value."""
    return {"$cond": [{"$eq": [{"$ifNull": [field, None]}, None]}, 0, 1]}


def _yes(field: str) -> Row:
    return {"$cond": [{"$eq": [field, True]}, 1, 0]}


def _weight(count: str) -> Row:
    return {"$min": [count, MOST_OF_ONE_LEARNER]}


def _bounded(total: str, count: str) -> Row:
    """The mean of a learner by their weight."""
    share = {"$divide": [{"$multiply": [_weight(count), total]}, count]}
    return {"$sum": {"$cond": [{"$gt": [count, 0]}, share, 0]}}


_STANDS: Final[Row] = {"$eq": ["$superseded_by", None]}
_SAID: Final[Row] = {"$ne": ["$completeness", Completeness.BROKE_OFF.value]}
_OF_A_LEARNER: Final[Pipeline] = (
    {
        "$project": {
            "provider": "$provider_used",
            "category": 1,
            "user_id": 1,
            "stands": {"$cond": [_STANDS, 1, 0]},
            "session": {"$cond": [_STANDS, "$session_id", None]},
            "rating": {"$cond": [_SAID, "$quality_rating", None]},
            "helpful": {"$cond": [_SAID, "$helpful", None]},
            "continued": {"$cond": [_STANDS, "$user_continued", None]},
        }
    },
    {
        "$group": {
            "_id": {"provider": "$provider", "category": "$category", "user": "$user_id"},
            "answers": {"$sum": "$stands"},
            "ratings": {"$sum": _known("$rating")},
            "rated": {"$sum": "$rating"},
            "squares": {"$sum": {"$multiply": ["$rating", "$rating"]}},
            "votes": {"$sum": _known("$helpful")},
            "helped": {"$sum": _yes("$helpful")},
            "sessions": {"$addToSet": "$session"},
            "known": {"$sum": _known("$continued")},
            "continued": {"$sum": _yes("$continued")},
        }
    },
    {"$set": {"sessions": {"$size": {"$setDifference": ["$sessions", [None]]}}}},
    {
        "$group": {
            "_id": {"provider": "$_id.provider", "category": "$_id.category"},
            "answers": {"$sum": "$answers"},
            "learners": {"$sum": {"$cond": [{"$gt": ["$ratings", 0]}, 1, 0]}},
            "ratings_given": {"$sum": "$ratings"},
            "ratings_weight": {"$sum": _weight("$ratings")},
            "ratings_sum": _bounded("$rated", "$ratings"),
            "squares_sum": _bounded("$squares", "$ratings"),
            "helpful_weight": {"$sum": _weight("$votes")},
            "helpful_sum": _bounded("$helped", "$votes"),
            "sessions": {"$sum": "$sessions"},
            "sessions_weight": {"$sum": _weight("$sessions")},
            "answers_sum": _bounded("$answers", "$sessions"),
            "continued_weight": {"$sum": _weight("$known")},
            "continued_sum": _bounded("$continued", "$known"),
        }
    },
    {"$sort": {"_id.category": 1, "_id.provider": 1}},
)
_OF_ENDED_SESSIONS: Final[Pipeline] = (
    {
        "$group": {
            "_id": {
                "provider": "$assigned_provider",
                "category": {"$ifNull": ["$current_topic", GENERAL]},
                "user": "$user_id",
            },
            "ended": {"$sum": 1},
            "completed": {"$sum": {"$cond": [{"$eq": ["$status", SessionStatus.COMPLETED.value]}, 1, 0]}},
        }
    },
    {
        "$group": {
            "_id": {"provider": "$_id.provider", "category": "$_id.category"},
            "weight": {"$sum": _weight("$ended")},
            "completed_sum": _bounded("$completed", "$ended"),
        }
    },
)
_OF_A_DAY: Final[Pipeline] = (
    {"$match": {"quality_rating": {"$ne": None}, "completeness": {"$ne": Completeness.BROKE_OFF.value}}},
    {
        "$group": {
            "_id": {
                "day": {"$dateToString": {"date": "$timestamp", "format": "%Y-%m-%d"}},
                "provider": "$provider_used",
                "category": "$category",
                "user": "$user_id",
            },
            "ratings": {"$sum": 1},
            "rated": {"$sum": "$quality_rating"},
        }
    },
    {
        "$group": {
            "_id": {"day": "$_id.day", "category": "$_id.category", "provider": "$_id.provider"},
            "weight": {"$sum": _weight("$ratings")},
            "total": _bounded("$rated", "$ratings"),
        }
    },
    {"$sort": {"_id.day": 1, "_id.category": 1, "_id.provider": 1}},
)
_ENDED: Final = [SessionStatus.COMPLETED.value, SessionStatus.ABANDONED.value]


class MongoFeedback(Tables):
    async def feedback_standing(self, since: datetime, until: datetime) -> Sequence[FeedbackStanding]:
        return await self._database.report(_standings, since, until)

    async def feedback_days(self, since: datetime, until: datetime) -> Sequence[FeedbackDay]:
        return await self._database.report(_days, since, until)


def _newest(since: datetime, until: datetime) -> list[Row]:
    return [
        {"$match": {"category": {"$gt": ""}, **within("timestamp", since, until)}},
        {"$sort": {"timestamp": -1}},
        {"$limit": MOST_ANSWERS},
    ]


async def _standings(access: Access, since: datetime, until: datetime) -> list[FeedbackStanding]:
    answers = await access.aggregate("messages", [*_newest(since, until), *_OF_A_LEARNER])
    ended = await access.aggregate(
        "sessions",
        [{"$match": {"status": {"$in": _ENDED}, **within("started_at", since, until)}}, *_OF_ENDED_SESSIONS],
    )
    sessions = {
        (row["_id"].get("provider") or "", row["_id"]["category"]): SessionSums(
            weight=int(row["weight"]), completed_sum=float(row["completed_sum"])
        )
        for row in ended
    }
    sums = (
        AnswerSums(row["_id"]["provider"], row["_id"]["category"], *(row[field] for field in _FIELDS))
        for row in answers
    )
    return standings(since, until, sums, sessions)


async def _days(access: Access, since: datetime, until: datetime) -> list[FeedbackDay]:
    rows = await access.aggregate("messages", [*_newest(since, until), *_OF_A_DAY])
    return [
        FeedbackDay(
            day=date_of(row["_id"]["day"]),
            provider=row["_id"]["provider"],
            category=row["_id"]["category"],
            ratings_count=int(row["weight"]),
            ratings_mean=row["total"] / row["weight"],
        )
        for row in rows
    ]
