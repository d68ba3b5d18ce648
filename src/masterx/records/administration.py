"""What whoever runs the server tells all its processes, and what they are shown of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from masterx.records.money import NanoDollars
from masterx.records.routing_rules import RoutingRule
from masterx.records.users import Role, SubscriptionTier, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSwitch:
    """What an operator wants of a provider, whatever its calls come to."""

    provider: str
    disabled: bool = False
    """It is not called."""
    resets: int = 0
    """How often its breaker was reset by hand."""
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    switches: Mapping[str, ProviderSwitch]
    """By provider; one that was never touched is missing."""
    reload_generation: int = 0
    """How often a reload of the providers was asked for."""
    rules: tuple[RoutingRule, ...] = ()
    """By category and provider."""


class PeopleSort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    EMAIL = "email"
    LAST_ACTIVE = "last_active"
    """Who was here last comes first, who never was comes last."""
    SPEND = "spend"
    """The dearest of the month first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleQuery:
    month: date
    """Any day of the month whose spending is meant."""
    search: str = ""
    """Part of a name or an e-mail address, without regard to case."""
    role: Role | None = None
    tier: SubscriptionTier | None = None
    disabled: bool | None = None
    sort: PeopleSort = PeopleSort.NEWEST
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    user: User
    spent_this_month: NanoDollars


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    people: tuple[Person, ...]
    total: int
    """Of all pages."""
    next_cursor: str | None
