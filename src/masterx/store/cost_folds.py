"""Sums of costs put together from finer ones, the same for every store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from masterx.records.costs import CostBreakdown, CostSum
from masterx.records.money import NanoDollars

Figures = tuple[int, int, int, int, int]
"""Requests, failed, tokens, cost, unpriced."""
NONE: Figures = (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Cell:
    """Calls to one model for one category."""

    provider: str
    model: str
    category: str
    figures: Figures


def breakdown_of(
    cells: Sequence[Cell], named: Sequence[CostSum], windows: Sequence[CostSum], top: int
) -> CostBreakdown:
    """`named`: of the same calls, by person; the `top` dearest of them are kept."""
    total = sum_of(None, _together(cell.figures for cell in cells))
    return CostBreakdown(
        total=total,
        by_provider=_by(cells, lambda cell: cell.provider),
        by_model=_by(cells, lambda cell: f"{cell.provider} {cell.model}"),
        by_category=_by(cells, lambda cell: cell.category),
        by_user=tuple(with_nobody(named, total)[:top]),
        windows=tuple(windows),
    )


def with_nobody(named: Iterable[CostSum], total: CostSum) -> list[CostSum]:
    """Calls without a user are what is left of all calls: sums by person hold no others."""
    named = [each for each in named if each.name is not None]
    requests, failed, tokens, cost, unpriced = _together(map(figures_of, named))
    nobody = sum_of(
        None,
        (
            total.requests - requests,
            total.failed - failed,
            total.tokens - tokens,
            total.cost - cost,
            total.unpriced - unpriced,
        ),
    )
    return sorted([*named, nobody] if nobody.requests else named, key=_place)


def sum_of(name: str | None, figures: Figures) -> CostSum:
    requests, failed, tokens, cost, unpriced = figures
    return CostSum(
        name=name, requests=requests, failed=failed, tokens=tokens, cost=NanoDollars(cost), unpriced=unpriced
    )


def figures_of(total: CostSum) -> Figures:
    return total.requests, total.failed, total.tokens, total.cost, total.unpriced


def _by(cells: Iterable[Cell], name: Callable[[Cell], str]) -> tuple[CostSum, ...]:
    groups: dict[str, list[Figures]] = {}
    for cell in cells:
        groups.setdefault(name(cell), []).append(cell.figures)
    return tuple(sorted((sum_of(each, _together(figures)) for each, figures in groups.items()), key=_place))


def _together(figures: Iterable[Figures]) -> Figures:
    requests, failed, tokens, cost, unpriced = (sum(column) for column in zip(NONE, *figures, strict=True))
    return requests, failed, tokens, cost, unpriced


def _place(each: CostSum) -> tuple[int, bool, str]:
    return -each.cost, each.name is not None, each.name or ""
