from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.fakes.clock import START
from tests.fakes.records import MINUTE

from masterx.clock import new_id
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.store.ports import Store


async def test_nothing_is_switched_at_first(store: Store) -> None:
    signals = await store.signals()
    assert (dict(signals.switches), signals.reload_generation) == ({}, 0)


async def test_a_provider_is_disabled_and_enabled(store: Store) -> None:
    disabled = await store.disable_provider("groq", True, START)
    assert (disabled.provider, disabled.disabled, disabled.resets, disabled.changed_at) == ("groq", True, 0, START)
    assert (await store.signals()).switches == {"groq": disabled}
    enabled = await store.disable_provider("groq", False, START + MINUTE)
    assert (enabled.disabled, enabled.changed_at) == (False, START + MINUTE)
    assert (await store.signals()).switches == {"groq": enabled}


async def test_resets_are_counted_and_leave_the_switch_alone(store: Store) -> None:
    await store.disable_provider("groq", True, START)
    await asyncio.gather(*(store.reset_provider("groq", START) for _ in range(20)))
    assert (await store.reset_provider("openai", START)).resets == 1
    switches = (await store.signals()).switches
    assert (switches["groq"].disabled, switches["groq"].resets) == (True, 20)
    assert (switches["openai"].disabled, switches["openai"].resets) == (False, 1)


async def test_each_reload_begins_a_generation(store: Store) -> None:
    generations = await asyncio.gather(*(store.ask_for_reload(START) for _ in range(20)))
    assert len(set(generations)) == 20  # a number may be left out: the driver asks again when it hears nothing
    assert (await store.signals()).reload_generation == max(generations)


async def test_a_key_is_as_old_as_its_first_sight(store: Store) -> None:
    assert await store.note_provider_keys({}, START) == {}
    assert await store.note_provider_keys({"groq": "mark", "openai": "mark"}, START) == {"groq": START, "openai": START}
    later = START + timedelta(days=40)
    seen = await store.note_provider_keys({"groq": "mark", "openai": "another mark"}, later)
    assert seen == {"groq": START, "openai": later}
    assert await store.note_provider_keys({"openai": "mark"}, later) == {"openai": START}


async def test_snapshots_of_all_providers_come_by_time(store: Store) -> None:
    snapshots = [
        ProviderHealth(
            id=new_id(START),
            provider=provider,
            timestamp=START + minutes * MINUTE,
            status=HealthStatus.HEALTHY,
            success_rate=None,
            avg_response_time_ms=None,
            requests_last_hour=0,
            errors_last_hour=0,
            circuit_breaker_state=BreakerState.CLOSED,
        )
        for minutes, provider in ((2, "groq"), (0, "openai"), (1, "openai"))
    ]
    for snapshot in snapshots:
        await store.add_provider_health(snapshot)
    assert await store.health_since(START + MINUTE) == [snapshots[2], snapshots[0]]


def rule(category: str, provider: str, kind: RuleKind, minutes: int = 0) -> RoutingRule:
    return RoutingRule(category=category, provider=provider, kind=kind, changed_at=START + minutes * MINUTE)


async def test_rules_of_routing_come_by_category_and_provider(store: Store) -> None:
    kept = [
        rule("coding", "openai", RuleKind.FORBIDDEN),
        rule("math", "groq", RuleKind.PINNED),
        rule("math", "openai", RuleKind.FORBIDDEN),
    ]
    for each in reversed(kept):
        await store.set_routing_rule(each)
    await store.disable_provider("groq", True, START)
    signals = await store.signals()
    assert (signals.rules, list(signals.switches)) == (tuple(kept), ["groq"])


async def test_a_category_has_one_pin(store: Store) -> None:
    await store.set_routing_rule(rule("coding", "groq", RuleKind.PINNED))
    await store.set_routing_rule(rule("math", "groq", RuleKind.PINNED))
    await store.set_routing_rule(rule("math", "openai", RuleKind.FORBIDDEN))
    later = rule("math", "openai", RuleKind.PINNED, minutes=1)
    await store.set_routing_rule(later)
    assert (await store.signals()).rules == (rule("coding", "groq", RuleKind.PINNED), later)


async def test_a_rule_is_removed_once(store: Store) -> None:
    await store.set_routing_rule(rule("math", "groq", RuleKind.PINNED))
    assert [await store.remove_routing_rule("math", "groq") for _ in range(2)] == [True, False]
    assert (await store.signals()).rules == ()
