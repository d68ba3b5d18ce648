"""Whom an operator pinned or forbade in a category, for all processes that share a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.administration import Signals
from masterx.records.readings import CATEGORIES
from masterx.records.routing_rules import RoutingRule, RuleKind

logger = structlog.get_logger()


class RuleStore(Protocol):
    async def signals(self) -> Signals: ...

    async def set_routing_rule(self, rule: RoutingRule) -> None: ...

    async def remove_routing_rule(self, category: str, provider: str) -> bool: ...


class RoutingRules:
    """What this process knows of them: as of `signals.LOOK_SECONDS` ago, while the store can be read.

    `by` is whoever asked, for the log; None at a command line.
    """

    def __init__(self, store: RuleStore, clock: Clock, *, known: Callable[[], Collection[str]]) -> None:
        """`known` names the providers that there are."""
        self._store = store
        self._clock = clock
        self._known = known
        self._rules: tuple[RoutingRule, ...] = ()

    def pinned(self, category: str) -> str | None:
        """Who is asked first, while it may be asked at all."""
        return next((rule.provider for rule in self._of(category, RuleKind.PINNED)), None)

    def forbidden(self, category: str) -> frozenset[str]:
        """Who is not asked."""
        return frozenset(rule.provider for rule in self._of(category, RuleKind.FORBIDDEN))

    def all(self) -> Sequence[RoutingRule]:
        """By category and provider; those for a provider that is configured no more are kept."""
        return self._rules

    async def apply(self, signals: Signals) -> None:
        self._rules = signals.rules

    async def refresh(self) -> None:
        await self.apply(await self._store.signals())

    async def pin(self, category: str, provider: str, *, by: str | None = None) -> None:
        """In the place of another pin of the category. Raises `NotFound` for a provider that is not configured, and
        `InvalidInput` for what is no category; the next does too.
        """
        await self._set(category, provider, RuleKind.PINNED, by)

    async def forbid(self, category: str, provider: str, *, by: str | None = None) -> None:
        """Raises `Conflict` where nobody would be left in the category."""
        await self.refresh()
        if self._known() and set(self._known()) <= self.forbidden(category) | {provider}:
            raise Conflict(f"Nobody would be left for {category}. Let another provider answer there first.")
        await self._set(category, provider, RuleKind.FORBIDDEN, by)

    async def lift(self, category: str, provider: str, *, by: str | None = None) -> bool:
        """Whether there was a pin or a ban to take away."""
        self._check(category)
        removed = await self._store.remove_routing_rule(category, provider)
        if removed:
            logger.info("routing_rule_lifted", category=category, provider=provider, by=by)
        await self.refresh()
        return removed

    async def _set(self, category: str, provider: str, kind: RuleKind, by: str | None) -> None:
        self._check(category)
        if provider not in self._known():
            raise NotFound("No provider of that name is configured; `masterx doctor` lists those that are.")
        rule = RoutingRule(category=category, provider=provider, kind=kind, changed_at=self._clock.now())
        await self._store.set_routing_rule(rule)
        logger.info("routing_rule_set", category=category, provider=provider, kind=kind.value, by=by)
        await self.refresh()

    def _of(self, category: str, kind: RuleKind) -> list[RoutingRule]:
        return [rule for rule in self._rules if rule.category == category and rule.kind is kind]

    @staticmethod
    def _check(category: str) -> None:
        if category not in CATEGORIES:
            raise InvalidInput(f"Categories are {', '.join(CATEGORIES)}.", details={"field": "category"})
