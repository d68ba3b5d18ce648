"""`SwitchStore`: what an operator told all processes, when keys were seen first, and snapshots of health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from masterx.records.administration import ProviderSwitch, Signals
from masterx.records.health import ProviderHealth
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, not_before, time_in, whole
from masterx.store.mongodb.health import health_of
from masterx.store.mongodb.tables import Tables

_NEWEST: Final = "newest"


class MongoSwitches(Tables):
    async def signals(self) -> Signals:
        return await self._database.read(_signals)

    async def disable_provider(self, provider: str, disabled: bool, now: datetime) -> ProviderSwitch:
        change = {"$set": {"disabled": disabled} | document(changed_at=now), "$setOnInsert": {"resets": whole(0)}}
        return await self._database.write(_switch, provider, change)

    async def reset_provider(self, provider: str, now: datetime) -> ProviderSwitch:
        change = {
            "$set": document(changed_at=now),
            "$inc": {"resets": whole(1)},
            "$setOnInsert": {"disabled": False},
        }
        return await self._database.write(_switch, provider, change)

    async def set_routing_rule(self, rule: RoutingRule) -> None:
        await self._database.transact(None, _set_rule, rule)

    async def remove_routing_rule(self, category: str, provider: str) -> bool:
        where = {"_id": rule_id(category, provider)}
        return await self._database.write(Access.delete, "routing_rules", where) > 0

    async def ask_for_reload(self, now: datetime) -> int:
        return await self._database.write(_ask_for_reload, now)

    async def note_provider_keys(self, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        found = await self._database.read(_keys_seen, fingerprints)
        if len(found) == len(fingerprints):
            return found
        return await self._database.write(_note_keys, fingerprints, now)

    async def health_since(self, since: datetime) -> Sequence[ProviderHealth]:
        return await self._database.report(_health_since, since)


async def _signals(access: Access) -> Signals:
    """All in one command."""
    others = [{"$unionWith": {"coll": "reloads"}}, {"$unionWith": {"coll": "routing_rules"}}]
    rows = await access.aggregate("provider_switches", others)
    switches = [_switch_of(row) for row in rows if "disabled" in row]
    rules = [_rule_of(row) for row in rows if "kind" in row]
    return Signals(
        switches={switch.provider: switch for switch in switches},
        reload_generation=next((row["generation"] for row in rows if "generation" in row), 0),
        rules=tuple(sorted(rules, key=lambda rule: (rule.category, rule.provider))),
    )


async def _switch(access: Access, provider: str, change: Row) -> ProviderSwitch:
    row = await access.upserted("provider_switches", provider, change)
    return _switch_of(row)


def _switch_of(row: Mapping[str, Any]) -> ProviderSwitch:
    return ProviderSwitch(
        provider=row["_id"], disabled=row["disabled"], resets=row["resets"], changed_at=time_in(row, "changed_at")
    )


def rule_id(category: str, provider: str) -> str:
    return f"{category} {provider}"


def _rule_of(row: Mapping[str, Any]) -> RoutingRule:
    return RoutingRule(
        category=row["category"],
        provider=row["provider"],
        kind=RuleKind(row["kind"]),
        changed_at=time_in(row, "changed_at"),
    )


async def _set_rule(access: Access, rule: RoutingRule) -> None:
    key = rule_id(rule.category, rule.provider)
    if rule.kind is RuleKind.PINNED:
        pinned = {"category": rule.category, "kind": RuleKind.PINNED.value, "_id": {"$ne": key}}
        await access.delete("routing_rules", pinned)
    row = document(category=rule.category, provider=rule.provider, kind=rule.kind, changed_at=rule.changed_at)
    await access.update("routing_rules", {"_id": key}, {"$set": row}, upsert=True)


async def _ask_for_reload(access: Access, now: datetime) -> int:
    change = {"$inc": {"generation": whole(1)}, "$set": document(asked_at=now)}
    return int((await access.upserted("reloads", _NEWEST, change))["generation"])


def _key_id(provider: str, fingerprint: str) -> str:
    return f"{provider} {fingerprint}"


async def _keys_seen(access: Access, fingerprints: Mapping[str, str]) -> dict[str, datetime]:
    keys = {_key_id(name, mark): name for name, mark in fingerprints.items()}
    rows = await access.all("provider_keys", {"_id": {"$in": list(keys)}}) if keys else []
    return {keys[row["_id"]]: time_in(row, "first_seen_at") for row in rows}


async def _note_keys(access: Access, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
    await access.batch(
        [
            Write(
                collection="provider_keys",
                where={"_id": _key_id(name, mark)},
                change={"$setOnInsert": {"provider": name, "fingerprint": mark} | document(first_seen_at=now)},
                upsert=True,
            )
            for name, mark in fingerprints.items()
        ]
    )
    return await _keys_seen(access, fingerprints)


async def _health_since(access: Access, since: datetime) -> list[ProviderHealth]:
    where = {"timestamp": {"$gte": not_before(since)}}
    return [health_of(row) for row in await access.all("provider_health", where, sort=[("timestamp", 1), ("_id", 1)])]
