"""The algebra process from outside: asked one thing at a time, killed when it takes too long, started anew."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Self

from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.verdicts import TooLarge

TIME_LIMIT = 3.0
"""Seconds for one request."""
START_LIMIT = 60.0
"""Seconds until sympy is imported, on a machine under load."""
MEMORY_LIMIT = 1 << 30
"""Bytes of address space."""
MAX_ANSWER_LINE = 1 << 16


class Algebra:
    """May be used from several threads; they take turns.

    Every question raises `TooLarge` when it could not be settled in time or in memory.
    """

    def __init__(self, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self.killed = 0
        """How often a process had to be ended."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def are_equal(self, first: Formula, second: Formula, *, imaginary: bool = False, natural: bool = False) -> bool:
        """`natural`: log without a base is ln, else to base 10."""
        found = self._ask("equal", (first, second), imaginary=imaginary, natural=natural)
        return bool(found["value"])

    def ratio(self, first: Formula, second: Formula) -> int:
        """The sign of the constant by which the first is the second's multiple; 0 where there is none."""
        return int(self._ask("ratio", (first, second))["value"])

    def differ_by_constant(self, first: Formula, second: Formula, variables: frozenset[str]) -> bool:
        found = self._ask("antiderivative", (first, second), natural=True, variables=sorted(variables))
        return bool(found["value"])

    def settle(self, op: str, formulas: Sequence[Formula], variables: Sequence[str] = ()) -> tuple[str, ...]:
        """See `settling.settle`."""
        return tuple(self._ask(op, tuple(formulas), variables=list(variables))["value"])

    def close(self) -> None:
        """Ends the process; the next question starts a new one."""
        with self._turn:
            self._end()

    def _ask(self, op: str, formulas: Sequence[Formula], **how: Any) -> dict[str, Any]:
        request = {"op": op, "trees": [formula.as_json() for formula in formulas], **how}
        line = json.dumps(request).encode() + b"\n"
        with self._turn:
            found = self._exchange(line)
        if "value" not in found:
            raise TooLarge
        return found

    def _exchange(self, line: bytes) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None  # noqa: S101 - both pipes were asked for
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = _read_line(process, self._time_limit)
        except OSError:
            answer = None
        if answer is None:
            self.killed += 1
            self._end()
            return {}
        found: dict[str, Any] = json.loads(answer)
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        command = [sys.executable, "-m", "masterx.practice.grading.worker", str(self._memory_limit)]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # The server's environment holds keys; nothing of it is needed there.
            env={"PYTHONHASHSEED": "0"},
        )
        if _read_line(self._process, START_LIMIT) is None:
            self._end()
            raise TooLarge
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _read_line(process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """A whole line, or None when the time is over, the process is gone or the line has no end."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    deadline = time.monotonic() + seconds
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            rest = deadline - time.monotonic()
            if rest <= 0 or len(line) > MAX_ANSWER_LINE or not selector.select(rest):
                return None
            piece = os.read(process.stdout.fileno(), 65_536)
            if not piece:
                return None
            line += piece
    return line
