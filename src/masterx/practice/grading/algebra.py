"""What the algebra process is asked, and how long it may work on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from masterx.practice.grading.algebra_process import MEMORY_LIMIT, AlgebraProcess
from masterx.practice.grading.formulas import Formula

TIME_LIMIT = 3.0
"""Seconds of CPU for one question, and for all that the grading of one answer asks."""
WALL_LIMIT = 15.0
"""Seconds of the clock: on a machine that is busy with other things, three of CPU may take as long."""


class Algebra:
    """May be used from several threads; they take turns.

    Every question raises `TooLarge` when it could not be settled in time or in memory, and `AlgebraUnavailable` when
    that is not its own fault.
    """

    def __init__(
        self, *, time_limit: float = TIME_LIMIT, wall_limit: float = WALL_LIMIT, memory_limit: int = MEMORY_LIMIT
    ) -> None:
        self._process = AlgebraProcess(wall_limit=wall_limit, memory_limit=memory_limit)
        self._time_limit = time_limit
        self._left: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def killed(self) -> int:
        """How often a process ended over a question."""
        return self._process.killed

    def for_one_answer(self) -> Algebra:
        """The same process; everything that is asked of what comes back has the time of one question together."""
        share = Algebra.__new__(Algebra)
        share._process, share._time_limit = self._process, self._time_limit
        share._left = self._time_limit
        return share

    def are_equal(self, first: Formula, second: Formula, *, imaginary: bool = False, natural: bool = False) -> bool:
        """`natural`: log without a base is ln, else to base 10."""
        return bool(self._ask("equal", (first, second), imaginary=imaginary, natural=natural))

    def ratio(self, first: Formula, second: Formula) -> int:
        """The sign of the constant by which the first is the second's multiple; 0 where there is none."""
        return int(self._ask("ratio", (first, second)))

    def differ_by_constant(self, first: Formula, second: Formula, variables: frozenset[str]) -> bool:
        return bool(self._ask("antiderivative", (first, second), natural=True, variables=sorted(variables)))

    def settle(self, op: str, formulas: Sequence[Formula], variables: Sequence[str] = ()) -> tuple[str, ...]:
        """See `settling.settle`."""
        return tuple(self._ask(op, tuple(formulas), variables=list(variables)))

    def start(self) -> None:
        """The first question starts the process too, and waits for it. Raises `AlgebraUnavailable`."""
        self._process.start()

    def close(self) -> None:
        """Ends the process, whatever it is at; nothing is settled afterwards."""
        self._process.close()

    def _ask(self, op: str, formulas: Sequence[Formula], **how: Any) -> Any:
        request = {"op": op, "trees": [formula.as_json() for formula in formulas], **how}
        if self._left is None:
            return self._process.ask(request, self._time_limit).value
        left, self._left = self._left, 0.0
        found = self._process.ask(request, left)
        self._left = left - found.cpu
        return found.value
