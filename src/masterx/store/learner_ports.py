"""Those who practise, for administrators; part of the contract in `store.ports`."""

from __future__ import annotations

from typing import Protocol

from masterx.records.learners import LearnersPage, LearnersQuery


class LearnersStore(Protocol):
    async def learners(self, query: LearnersQuery) -> LearnersPage:
        """Who answered a question of practice, with the standing that the last answer in each subject left.

        The number of reads does not grow with that of learners. A cursor is `encode_cursor` of the order and of the
        id of the last one shown. Raises `InvalidInput` for another one, and when that person is gone.
        """
        ...
