"""`LearnersStore`, and the rows behind it, which each answer moves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from masterx.errors import InvalidInput
from masterx.records.learners import RECENT, LearnerRow, LearnersPage, LearnersQuery, LearnersSort, SubjectStanding
from masterx.records.performance import UserPerformance
from masterx.records.practice import LearnerState, PracticeResponse
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_after, not_before, time_in
from masterx.store.mongodb.people import following
from masterx.store.mongodb.tables import Tables

_NAME: Final = "name_folded"
_ORDERS: Final[Mapping[LearnersSort, tuple[str, int]]] = {
    LearnersSort.LAST_PRACTISED: ("last_answered_at", -1),
    LearnersSort.LONGEST_AWAY: ("last_answered_at", 1),
    LearnersSort.NAME: (_NAME, 1),
    LearnersSort.LEVEL: ("level", 1),
    LearnersSort.STRUGGLING: ("struggling", -1),
    LearnersSort.MASTERED: ("mastered", -1),
    LearnersSort.ANSWERS: ("answers", -1),
    LearnersSort.TIME: ("practice_seconds", -1),
    LearnersSort.SUCCESS: ("success", 1),
    LearnersSort.DUE: ("due", -1),
}
_OF_A_LEARNER: Final[Row] = {
    "$group": {
        "_id": "$user_id",
        "level": {"$min": "$level"},
        "mastered": {"$sum": "$mastered"},
        "struggling": {"$sum": "$struggling"},
        "answers": {"$sum": "$answers"},
        "practice_seconds": {"$sum": "$practice_seconds"},
        "last_answered_at": {"$max": "$last_answered_at"},
    }
}
_WITH_NAMES: Final[Sequence[Row]] = (
    {"$lookup": {"from": "users", "localField": "_id", "foreignField": "_id", "as": "user"}},
    {"$unwind": "$user"},
    {"$set": {_NAME: "$user.name_folded", "name": "$user.name", "email": "$user.email"}},
    {"$unset": "user"},
)


class MongoLearners(Tables):
    async def learners(self, query: LearnersQuery) -> LearnersPage:
        after = None if query.cursor is None else _last_shown(query)
        return await self._database.snapshot(_learners, query, after)


def _last_shown(query: LearnersQuery) -> str:
    """Whose page it was: the cursor holds no address and no name, for it stands in URLs."""
    sort, user_id = decode_cursor(query.cursor or "", 2)
    if sort != query.sort:
        raise InvalidInput("That cursor is of another order.")
    return user_id


async def put_standing(
    access: Access, key: str, response: PracticeResponse, state: LearnerState, performance: UserPerformance
) -> None:
    theta, error = performance.theta, performance.theta_error
    row = document(
        user_id=state.user_id,
        subject=state.subject,
        level=float(performance.ability_level),
        theta=None if theta is None else float(theta),
        theta_error=None if error is None else float(error),
        mastered=len(performance.mastery_topics),
        struggling=len(performance.struggling_topics),
        answers=state.answers,
        practice_seconds=float(state.practice_seconds),
        last_answered_at=response.answered_at,
    )
    await access.update("learner_standings", {"_id": key}, {"$set": row}, upsert=True)


async def _learners(access: Access, query: LearnersQuery, after: str | None) -> LearnersPage:
    key, direction = _ORDERS[query.sort]
    where: Row = {} if query.subject is None else {"subject": query.subject}
    found = await _named(access, query.search)
    if found is not None:
        where["user_id"] = {"$in": found}
    grouped: list[Row] = [{"$match": where}, _OF_A_LEARNER]
    sums = _sums(query)
    counted = await access.aggregate("learner_standings", [*grouped, {"$count": "total"}])
    late = key != _NAME
    pipeline = [*grouped, *sums, *(() if late else _WITH_NAMES)]
    if after is not None:
        of_one = [{"$match": where | {"user_id": after}}, _OF_A_LEARNER, *sums, *_WITH_NAMES]
        place = await access.aggregate("learner_standings", of_one)
        if not place:
            raise InvalidInput("Whoever ended that page is gone. Begin with the first one again.")
        pipeline.append({"$match": following(key, direction, place[0][key], after)})
    pipeline += [{"$sort": {key: direction, "_id": direction}}, {"$limit": query.limit + 1}]
    rows = await access.aggregate("learner_standings", [*pipeline, *(_WITH_NAMES if late else ())])
    shown = rows[: query.limit]
    return LearnersPage(
        learners=await _with_details(access, shown, query),
        total=counted[0]["total"] if counted else 0,
        next_cursor=encode_cursor(query.sort.value, shown[-1]["_id"]) if len(rows) > query.limit else None,
    )


def _sums(query: LearnersQuery) -> list[Row]:
    """For everybody where they are what is sorted by: nothing is kept beside, because both change with time alone."""
    match query.sort:
        case LearnersSort.DUE:
            there, theirs = "concept_reviews", {"due_at": {"$lte": not_after(query.now)}}
            summed: Row = {"$sum": 1}
        case LearnersSort.SUCCESS:
            there, theirs = "practice_responses", {"answered_at": {"$gte": not_before(query.now - RECENT)}}
            summed = {"$avg": {"$cond": [{"$eq": ["$verdict", "accept"]}, 1.0, 0.0]}}
        case _:
            return []
    pipeline = [{"$match": theirs}, {"$group": {"_id": None, "of_one": summed}}]
    # Behind every share: who has not answered of late.
    none = 0 if query.sort is LearnersSort.DUE else 2.0
    found = {"$reduce": {"input": "$found", "initialValue": none, "in": "$$this.of_one"}}
    return [
        {
            "$lookup": {
                "from": there,
                "localField": "_id",
                "foreignField": "user_id",
                "pipeline": pipeline,
                "as": "found",
            }
        },
        {"$set": {query.sort.value: found}},
        {"$unset": "found"},
    ]


async def _named(access: Access, search: str) -> list[str] | None:
    """Ids of those whose name or address holds it; None where nobody is looked for."""
    words = search.strip().casefold()
    if not words:
        return None
    part = {"$regex": re.escape(words)}
    rows = await access.all("users", {"$or": [{"name_folded": part}, {"email_normalised": part}]}, fields=["_id"])
    return [row["_id"] for row in rows]


async def _with_details(
    access: Access, shown: Sequence[Mapping[str, Any]], query: LearnersQuery
) -> tuple[LearnerRow, ...]:
    theirs = {"user_id": {"$in": [row["_id"] for row in shown]}}
    subjects = defaultdict[str, list[SubjectStanding]](list)
    where = theirs if query.subject is None else theirs | {"subject": query.subject}
    for row in await access.all("learner_standings", where, sort=[("subject", 1)]):
        subjects[row["user_id"]].append(_standing_of(row))
    due = await access.aggregate(
        "concept_reviews",
        [
            {"$match": theirs | {"due_at": {"$lte": not_after(query.now)}}},
            {"$group": {"_id": "$user_id", "due": {"$sum": 1}}},
        ],
    )
    right = {"$sum": {"$cond": [{"$eq": ["$verdict", "accept"]}, 1, 0]}}
    recent = await access.aggregate(
        "practice_responses",
        [
            {"$match": theirs | {"answered_at": {"$gte": not_before(query.now - RECENT)}}},
            {"$group": {"_id": "$user_id", "answers": {"$sum": 1}, "right": right}},
        ],
    )
    dues = {row["_id"]: int(row["due"]) for row in due}
    answered = {row["_id"]: (int(row["answers"]), int(row["right"])) for row in recent}
    return tuple(
        LearnerRow(
            user_id=row["_id"],
            name=row["name"],
            email=row["email"],
            subjects=tuple(subjects[row["_id"]]),
            due=dues.get(row["_id"], 0),
            recent_answers=answered.get(row["_id"], (0, 0))[0],
            recent_right=answered.get(row["_id"], (0, 0))[1],
        )
        for row in shown
    )


def _standing_of(row: Mapping[str, Any]) -> SubjectStanding:
    return SubjectStanding(
        subject=row["subject"],
        level=row["level"],
        theta=row["theta"],
        theta_error=row["theta_error"],
        mastered=row["mastered"],
        struggling=row["struggling"],
        answers=row["answers"],
        practice_seconds=row["practice_seconds"],
        last_answered_at=time_in(row, "last_answered_at"),
    )
