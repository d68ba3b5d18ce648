"""What an address says about the people to show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from masterx.records.administration import PeopleSort
from masterx.records.users import Role, SubscriptionTier

Choice = TypeVar("Choice", bound=StrEnum)

STATES = {"active": False, "disabled": True}


def chosen(kind: type[Choice], text: str) -> Choice | None:
    """None for anything that is none of them."""
    return kind(text) if text in set(kind) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    search: str
    role: Role | None
    tier: SubscriptionTier | None
    disabled: bool | None
    sort: PeopleSort

    @classmethod
    def of(cls, *, search: str, role: str, tier: str, state: str, sort: str) -> PeopleFilter:
        return cls(
            search=search.strip(),
            role=chosen(Role, role),
            tier=chosen(SubscriptionTier, tier),
            disabled=STATES.get(state),
            sort=chosen(PeopleSort, sort) or PeopleSort.NEWEST,
        )

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.role or self.tier or self.disabled is not None)

    def query(self) -> dict[str, Any]:
        return {
            "search": self.search,
            "role": self.role,
            "tier": self.tier,
            "disabled": self.disabled,
            "sort": self.sort,
        }
