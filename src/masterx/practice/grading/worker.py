"""The algebra process: one JSON request a line on its input, one answer a line on its output.

It is started by `algebra_process.py` with a limit on memory. A timer ends it when a request takes too much CPU, whether
or not the server that asked is still there. It reads trees that our own parser made, never text of a learner.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from typing import Any

from masterx.practice.grading import settling, symbolic


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """`equal`, `ratio`, `antiderivative` on a pair of trees; `settle` on one."""
    how = {"imaginary": request.get("imaginary", False), "natural": request.get("natural", False)}
    trees = [symbolic.expression(tree, **how) for tree in request["trees"]]
    match request["op"]:
        case "equal":
            return {"value": symbolic.are_equal(trees[0], trees[1])}
        case "ratio":
            return {"value": symbolic.ratio(trees[0], trees[1])}
        case "antiderivative":
            return {"value": symbolic.differ_by_constant(trees[0], trees[1], frozenset(request["variables"]))}
        case op:
            return {"value": settling.settle(op, trees, request.get("variables", []))}


def main() -> None:
    """Answers until its input ends; says `ready` once sympy is there."""
    _limit_memory(int(sys.argv[1]))
    sys.stdout.write('{"value": "ready"}\n')
    sys.stdout.flush()
    for line in sys.stdin:
        started = time.process_time()
        try:
            request = json.loads(line)
            _limit_time(request["seconds"])
            found = answer(request)
        except (symbolic.Refused, MemoryError, OverflowError):
            found = {"refused": True}
        except Exception:  # noqa: BLE001 - the outermost edge of this process; sympy raises whatever it likes
            found = {"failed": True}
        _limit_time(0.0)
        sys.stdout.write(json.dumps({**found, "cpu": time.process_time() - started}) + "\n")
        sys.stdout.flush()


def _limit_time(seconds: float) -> None:
    """Of CPU, from now on; then the signal ends the process, even within a long multiplication. 0 lifts the limit."""
    if hasattr(signal, "setitimer"):  # not on Windows, where the server alone ends it
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
