"""The algebra process from outside: asked one thing at a time, ended when it takes too long, started anew."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masterx.practice.grading.verdicts import AlgebraUnavailable, TooLarge

START_LIMIT = 60.0
"""Seconds until sympy is imported, on a machine under load."""
MEMORY_LIMIT = 1 << 30
"""Bytes of address space."""
MAX_ANSWER_LINE = 1 << 16
LEAST_CPU = 0.001
"""Seconds: no timer runs for less."""


class _Slow(Exception):
    """It was still at work when the time was over."""


class _Gone(Exception):
    """The process ended before it had answered."""


@dataclass(frozen=True, slots=True)
class Found:
    value: Any
    cpu: float
    """Seconds that the process worked for it."""


class AlgebraProcess:
    """May be used from several threads; they take turns. After `close` it answers nobody any more."""

    def __init__(self, *, wall_limit: float, memory_limit: int = MEMORY_LIMIT) -> None:
        self._wall_limit = wall_limit
        self._memory_limit = memory_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self.killed = 0
        """How often a process ended over a question."""

    def start(self) -> None:
        """Where none runs. Raises `AlgebraUnavailable`."""
        with self._turn:
            self._started()

    def ask(self, request: Mapping[str, Any], cpu_limit: float) -> Found:
        """Raises `TooLarge` where it worked for `cpu_limit` seconds or ran out of memory, and `AlgebraUnavailable`
        where the question is not to blame: the machine gave it no time, or it was ended from outside, twice.
        """
        if cpu_limit < LEAST_CPU:
            raise TooLarge
        line = json.dumps({**request, "seconds": cpu_limit}).encode() + b"\n"
        with self._turn:
            try:
                return self._exchange(line)
            except _Gone:
                pass
            try:
                return self._exchange(line)
            except _Gone:
                raise AlgebraUnavailable from None

    def close(self) -> None:
        """Ends what is being worked out, too: whoever waits for it gets `AlgebraUnavailable`."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.kill()
        with self._turn:
            self._end()

    def _exchange(self, line: bytes) -> Found:
        process = self._started()
        assert process.stdin is not None  # noqa: S101 - both pipes were asked for
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = json.loads(_read_line(process, self._wall_limit))
        except (_Slow, _Gone, OSError) as error:
            self.killed += 1
            ended = self._end(slowly=not isinstance(error, _Slow))
            if ended == -signal.SIGPROF:
                raise TooLarge from error
            raise (AlgebraUnavailable if isinstance(error, _Slow) else _Gone) from error
        if "value" not in answer:
            raise TooLarge
        return Found(answer["value"], float(answer["cpu"]))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._closed.is_set():
            raise AlgebraUnavailable
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
        try:
            _read_line(self._process, START_LIMIT)
        except (_Slow, _Gone) as error:
            self._end()
            raise AlgebraUnavailable from error
        if self._closed.is_set():
            self._end()
            raise AlgebraUnavailable
        return self._process

    def _end(self, *, slowly: bool = False) -> int:
        """How it ended. `slowly`: it is going by itself, and how tells why."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if slowly:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
        process.kill()
        ended = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return ended


def _read_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """A whole line. Raises `_Slow` when the time is over, `_Gone` when the process is, or its line has no end."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    deadline = time.monotonic() + seconds
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            rest = deadline - time.monotonic()
            if rest <= 0 or not selector.select(rest):
                raise _Slow
            piece = os.read(process.stdout.fileno(), 65_536)
            if not piece or len(line) > MAX_ANSWER_LINE:
                raise _Gone
            line += piece
    return line
