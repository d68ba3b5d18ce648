"""The algebra process: one JSON request a line on its input, one answer a line on its output.

It is started by `algebra.py` with limits on memory and is killed when a request takes too long. It reads trees that
our own parser made, never text of a learner.
"""

from __future__ import annotations

import contextlib
import json
import sys
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
        try:
            found = answer(json.loads(line))
        except (symbolic.Refused, MemoryError, OverflowError):
            found = {"refused": True}
        except Exception:  # noqa: BLE001 - the outermost edge of this process; sympy raises whatever it likes
            found = {"failed": True}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
