"""`LearnersStore`, and the rows behind it, which each answer moves."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from masterx.errors import InvalidInput
from masterx.records.learners import RECENT, LearnerRow, LearnersPage, LearnersQuery, LearnersSort, SubjectStanding
from masterx.records.performance import UserPerformance
from masterx.records.practice import LearnerState, PracticeResponse
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.people import Order, fold_cases
from masterx.store.sqlite.tables import Tables

_ORDERS: Final = {
    LearnersSort.LAST_PRACTISED: Order("standing.last_answered_at", descending=True),
    LearnersSort.LONGEST_AWAY: Order("standing.last_answered_at"),
    LearnersSort.NAME: Order("folded(users.name)"),
    LearnersSort.LEVEL: Order("standing.level"),
    LearnersSort.STRUGGLING: Order("standing.struggling", descending=True),
    LearnersSort.MASTERED: Order("standing.mastered", descending=True),
    LearnersSort.ANSWERS: Order("standing.answers", descending=True),
    LearnersSort.TIME: Order("standing.practice_seconds", descending=True),
    LearnersSort.SUCCESS: Order("standing.success"),
    LearnersSort.DUE: Order("standing.due", descending=True),
}
# Summed for everybody where they are what is sorted by, each through an index: kept beside, both would change with
# time alone. Behind every share: who has not answered of late.
_SUCCESS: Final = """SELECT ifnull(avg(verdict = 'accept'), 2.0) FROM practice_responses AS response
    WHERE response.user_id = learner_standings.user_id AND answered_at >= :recent"""
_DUE_NOW: Final = """SELECT count(*) FROM concept_reviews AS review
    WHERE review.user_id = learner_standings.user_id AND due_at <= :now"""
_SUMS: Final = {
    LearnersSort.SUCCESS: f", ({_SUCCESS}) AS success",
    LearnersSort.DUE: f", ({_DUE_NOW}) AS due",
}
_FROM: Final = """
    FROM (
        SELECT user_id, min(level) AS level, sum(mastered) AS mastered, sum(struggling) AS struggling,
            sum(answers) AS answers, sum(practice_seconds) AS practice_seconds,
            max(last_answered_at) AS last_answered_at{sums}
        FROM learner_standings WHERE :subject IS NULL OR subject = :subject GROUP BY user_id
    ) AS standing JOIN users ON users.id = standing.user_id
"""
_SEARCH: Final = "(instr(folded(users.name), :search) OR instr(users.email_normalised, :search))"
_SUBJECTS: Final = """
    SELECT user_id, subject, level, theta, theta_error, mastered, struggling, answers, practice_seconds,
        last_answered_at
    FROM learner_standings WHERE user_id IN ({places}) AND ({subject} IS NULL OR subject = {subject})
    ORDER BY user_id, subject
"""
_DUE: Final = """
    SELECT user_id, count(*) FROM concept_reviews WHERE user_id IN ({places}) AND due_at <= {moment} GROUP BY user_id
"""
_RECENT: Final = """
    SELECT user_id, count(*), count(*) FILTER (WHERE verdict = 'accept') FROM practice_responses
    WHERE user_id IN ({places}) AND answered_at >= {moment} GROUP BY user_id
"""
_PUT: Final = """
    INSERT INTO learner_standings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_id, subject) DO UPDATE SET level = excluded.level, theta = excluded.theta,
        theta_error = excluded.theta_error, mastered = excluded.mastered, struggling = excluded.struggling,
        answers = excluded.answers, practice_seconds = excluded.practice_seconds,
        last_answered_at = excluded.last_answered_at
"""


class SQLiteLearners(Tables):
    async def learners(self, query: LearnersQuery) -> LearnersPage:
        after = None if query.cursor is None else last_shown(query)
        return await self._readers.run(_learners, query, after)


def last_shown(query: LearnersQuery) -> str:
    """Whose page it was: the cursor holds no address and no name, for it stands in URLs."""
    sort, user_id = decode_cursor(query.cursor or "", 2)
    if sort != query.sort:
        raise InvalidInput("That cursor is of another order.")
    return user_id


def put_standing(
    connection: sqlite3.Connection, response: PracticeResponse, state: LearnerState, performance: UserPerformance
) -> None:
    connection.execute(
        _PUT,
        (
            state.user_id,
            state.subject,
            performance.ability_level,
            performance.theta,
            performance.theta_error,
            len(performance.mastery_topics),
            len(performance.struggling_topics),
            state.answers,
            state.practice_seconds,
            time_text(response.answered_at),
        ),
    )


def _learners(connection: sqlite3.Connection, query: LearnersQuery, after: str | None) -> LearnersPage:
    fold_cases(connection)
    order, everybody = _ORDERS[query.sort], _FROM.format(sums="")
    sorted_by = _FROM.format(sums=_SUMS.get(query.sort, ""))
    values: dict[str, Any] = {
        "search": query.search.strip().casefold() or None,
        "subject": query.subject,
        "limit": query.limit + 1,
        "now": time_text(query.now),
        "recent": time_text(query.now - RECENT),
    }
    conditions = [_SEARCH] if values["search"] is not None else []
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with one_moment(connection):
        (total,) = connection.execute(f"SELECT count(*) {everybody} {where}", values).fetchone()
        if after is not None:
            values["after"] = after
            place = connection.execute(f"SELECT {order.key} {sorted_by} WHERE users.id = :after", values).fetchone()
            if place is None:
                raise InvalidInput("Whoever ended that page is gone. Begin with the first one again.")
            (values["key"],) = place
            where = f"WHERE {' AND '.join([*conditions, order.following])}"
        rows = connection.execute(
            f"SELECT users.id, users.name, users.email {sorted_by} {where} {order.clause} LIMIT :limit", values
        ).fetchall()
        shown = rows[: query.limit]
        found = _details(connection, [row[0] for row in shown], query)
    return LearnersPage(
        learners=tuple(found.of(user_id, name, email) for user_id, name, email in shown),
        total=total,
        next_cursor=encode_cursor(query.sort.value, shown[-1][0]) if len(rows) > query.limit else None,
    )


class _Details:
    """Of everybody on a page."""

    def __init__(
        self,
        subjects: Mapping[str, Sequence[SubjectStanding]],
        due: Mapping[str, int],
        recent: Mapping[str, tuple[int, int]],
    ) -> None:
        self._subjects = subjects
        self._due = due
        self._recent = recent

    def of(self, user_id: str, name: str, email: str) -> LearnerRow:
        answers, right = self._recent.get(user_id, (0, 0))
        return LearnerRow(
            user_id=user_id,
            name=name,
            email=email,
            subjects=tuple(self._subjects[user_id]),
            due=self._due.get(user_id, 0),
            recent_answers=answers,
            recent_right=right,
        )


def _details(connection: sqlite3.Connection, ids: Sequence[str], query: LearnersQuery) -> _Details:
    places, last = ", ".join("?" * len(ids)), f"?{len(ids) + 1}"
    subjects = defaultdict[str, list[SubjectStanding]](list)
    for row in connection.execute(_SUBJECTS.format(places=places, subject=last), (*ids, query.subject)):
        subjects[row[0]].append(
            SubjectStanding(
                subject=row[1],
                level=row[2],
                theta=row[3],
                theta_error=row[4],
                mastered=row[5],
                struggling=row[6],
                answers=row[7],
                practice_seconds=row[8],
                last_answered_at=time_of(row[9]),
            )
        )
    due = connection.execute(_DUE.format(places=places, moment=last), (*ids, time_text(query.now)))
    recent = connection.execute(_RECENT.format(places=places, moment=last), (*ids, time_text(query.now - RECENT)))
    return _Details(subjects, dict(due.fetchall()), {row[0]: (row[1], row[2]) for row in recent})
