"""`SwitchStore`: what an operator told all processes, when keys were seen first, and snapshots of health."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from masterx.records.administration import ProviderSwitch, Signals
from masterx.records.health import ProviderHealth
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.health import HEALTH_COLUMNS, health_of
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.tables import Tables

_COLUMNS = "provider, disabled, resets, changed_at"
_SWITCHES = f"SELECT {_COLUMNS} FROM provider_switches"
_GENERATION = "SELECT ifnull(max(generation), 0) FROM reloads"
_DISABLE = f"""
    INSERT INTO provider_switches (provider, disabled, resets, changed_at) VALUES (?1, ?2, 0, ?3)
    ON CONFLICT (provider) DO UPDATE SET disabled = excluded.disabled, changed_at = excluded.changed_at
    RETURNING {_COLUMNS}
"""
_RESET = f"""
    INSERT INTO provider_switches (provider, disabled, resets, changed_at) VALUES (?1, 0, 1, ?2)
    ON CONFLICT (provider) DO UPDATE SET resets = resets + 1, changed_at = excluded.changed_at
    RETURNING {_COLUMNS}
"""
_RULES = "SELECT category, provider, kind, changed_at FROM routing_rules ORDER BY category, provider"
_SET_RULE = """
    INSERT INTO routing_rules (category, provider, kind, changed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (category, provider) DO UPDATE SET kind = excluded.kind, changed_at = excluded.changed_at
"""
_UNPIN = "DELETE FROM routing_rules WHERE category = ? AND kind = 'pinned'"
_REMOVE_RULE = "DELETE FROM routing_rules WHERE category = ? AND provider = ?"
_RELOAD = "INSERT INTO reloads (generation, asked_at) SELECT ifnull(max(generation), 0) + 1, ? FROM reloads RETURNING 1"
_FORGET_RELOADS = "DELETE FROM reloads WHERE generation < ?"
_NOTE_KEY = "INSERT INTO provider_keys (provider, fingerprint, first_seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_KEY_SEEN = "SELECT first_seen_at FROM provider_keys WHERE provider = ? AND fingerprint = ?"
_HEALTH_SINCE = f"SELECT {HEALTH_COLUMNS} FROM provider_health WHERE timestamp >= ? ORDER BY timestamp, id"


class SQLiteSwitches(Tables):
    async def signals(self) -> Signals:
        return await self._readers.run(_signals)

    async def disable_provider(self, provider: str, disabled: bool, now: datetime) -> ProviderSwitch:
        return await self._writer.run(_switch, _DISABLE, (provider, disabled, time_text(now)))

    async def reset_provider(self, provider: str, now: datetime) -> ProviderSwitch:
        return await self._writer.run(_switch, _RESET, (provider, time_text(now)))

    async def set_routing_rule(self, rule: RoutingRule) -> None:
        await self._writer.run(_set_rule, rule)

    async def remove_routing_rule(self, category: str, provider: str) -> bool:
        return await self._writer.run(_remove_rule, category, provider)

    async def ask_for_reload(self, now: datetime) -> int:
        return await self._writer.run(_ask_for_reload, now)

    async def note_provider_keys(self, fingerprints: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        found = await self._readers.run(_keys_seen, fingerprints)
        if len(found) == len(fingerprints):
            return found
        return await self._writer.run(_note_keys, fingerprints, now)

    async def health_since(self, since: datetime) -> Sequence[ProviderHealth]:
        return await self._readers.run(_health_since, since)


def _signals(connection: sqlite3.Connection) -> Signals:
    with one_moment(connection):
        switches = [_switch_of(row) for row in connection.execute(_SWITCHES)]
        (generation,) = connection.execute(_GENERATION).fetchone()
        rules = tuple(_rule_of(row) for row in connection.execute(_RULES))
    return Signals(switches={switch.provider: switch for switch in switches}, reload_generation=generation, rules=rules)


def _switch(connection: sqlite3.Connection, statement: str, parameters: tuple[Any, ...]) -> ProviderSwitch:
    return _switch_of(connection.execute(statement, parameters).fetchall()[0])


def _switch_of(row: tuple[Any, ...]) -> ProviderSwitch:
    return ProviderSwitch(provider=row[0], disabled=bool(row[1]), resets=row[2], changed_at=time_of(row[3]))


def _rule_of(row: tuple[Any, ...]) -> RoutingRule:
    return RoutingRule(category=row[0], provider=row[1], kind=RuleKind(row[2]), changed_at=time_of(row[3]))


def _set_rule(connection: sqlite3.Connection, rule: RoutingRule) -> None:
    if rule.kind is RuleKind.PINNED:
        connection.execute(_UNPIN, (rule.category,))
    connection.execute(_SET_RULE, (rule.category, rule.provider, rule.kind, time_text(rule.changed_at)))


def _remove_rule(connection: sqlite3.Connection, category: str, provider: str) -> bool:
    return connection.execute(_REMOVE_RULE, (category, provider)).rowcount > 0


def _ask_for_reload(connection: sqlite3.Connection, now: datetime) -> int:
    connection.execute(_RELOAD, (time_text(now),)).fetchall()
    (generation,) = connection.execute(_GENERATION).fetchone()
    connection.execute(_FORGET_RELOADS, (generation,))
    return int(generation)


def _keys_seen(connection: sqlite3.Connection, fingerprints: Mapping[str, str]) -> dict[str, datetime]:
    rows = ((name, connection.execute(_KEY_SEEN, (name, mark)).fetchone()) for name, mark in fingerprints.items())
    return {name: time_of(row[0]) for name, row in rows if row is not None}


def _note_keys(
    connection: sqlite3.Connection, fingerprints: Mapping[str, str], now: datetime
) -> Mapping[str, datetime]:
    connection.executemany(_NOTE_KEY, [(name, mark, time_text(now)) for name, mark in fingerprints.items()])
    return _keys_seen(connection, fingerprints)


def _health_since(connection: sqlite3.Connection, since: datetime) -> list[ProviderHealth]:
    return [health_of(row) for row in connection.execute(_HEALTH_SINCE, (time_text(since),))]
