from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import FrozenClock

from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.administration import Signals
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.routing.rules import RoutingRules


class Kept:
    """What all processes share."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], RoutingRule] = {}

    async def signals(self) -> Signals:
        return Signals(switches={}, rules=tuple(rule for _, rule in sorted(self.rules.items())))

    async def set_routing_rule(self, rule: RoutingRule) -> None:
        if rule.kind is RuleKind.PINNED:
            stay = [
                each for each in self.rules.values() if each.kind is not rule.kind or each.category != rule.category
            ]
            self.rules = {(each.category, each.provider): each for each in stay}
        self.rules[rule.category, rule.provider] = rule

    async def remove_routing_rule(self, category: str, provider: str) -> bool:
        return self.rules.pop((category, provider), None) is not None


def process(kept: Kept, clock: FrozenClock) -> RoutingRules:
    return RoutingRules(kept, clock, known=lambda: {"groq", "openai"})


async def test_scores_decide_at_first(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    assert (rules.pinned("math"), rules.forbidden("math"), rules.all()) == (None, frozenset(), ())


async def test_another_process_hears_of_a_pin_and_a_ban(clock: FrozenClock) -> None:
    kept = Kept()
    here, there = process(kept, clock), process(kept, clock)
    await here.pin("math", "groq")
    await here.forbid("empathy", "groq")
    await there.apply(await kept.signals())
    assert (there.pinned("math"), there.pinned("empathy")) == ("groq", None)
    assert there.forbidden("empathy") == frozenset({"groq"})
    assert there.forbidden("math") == frozenset()


async def test_a_pin_takes_the_place_of_another(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    await rules.pin("coding", "groq")
    await rules.pin("math", "groq")
    await rules.pin("math", "openai")
    assert (rules.pinned("math"), rules.pinned("coding")) == ("openai", "groq")


async def test_a_ban_takes_a_pin_away(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    await rules.pin("math", "groq")
    await rules.forbid("math", "groq")
    assert rules.pinned("math") is None
    assert rules.forbidden("math") == frozenset({"groq"})


async def test_somebody_is_always_left(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    await rules.forbid("math", "groq")
    with pytest.raises(Conflict, match="Nobody would be left for math"):
        await rules.forbid("math", "openai")
    await rules.forbid("coding", "openai")


async def test_a_rule_is_lifted_once(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    await rules.forbid("math", "groq")
    assert [await rules.lift("math", "groq") for _ in range(2)] == [True, False]
    assert rules.forbidden("math") == frozenset()


async def test_rules_are_of_providers_and_categories_that_there_are(clock: FrozenClock) -> None:
    rules = process(Kept(), clock)
    with pytest.raises(NotFound):
        await rules.pin("math", "nobody")
    for ask in (rules.pin, rules.forbid, rules.lift):
        with pytest.raises(InvalidInput, match="coding, math"):
            await ask("alchemy", "groq")


async def test_the_rule_of_a_provider_that_is_gone_can_be_lifted(clock: FrozenClock) -> None:
    kept = Kept()
    await process(kept, clock).forbid("math", "groq")
    kept.rules = {("math", "former"): replace(kept.rules["math", "groq"], provider="former")}
    assert await process(kept, clock).lift("math", "former")
