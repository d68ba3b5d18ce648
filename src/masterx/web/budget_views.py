"""Budgets in words, and the form that sets one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from masterx.costs.budget_book import BudgetState
from masterx.errors import MasterXError
from masterx.records.budgets import BudgetWindow
from masterx.web.figures import cap_amount, percent
from masterx.web.tables import Key

KINDS = {
    "system": "The whole server",
    "provider": "One provider",
    "tier": "All learners of a tier",
    "user": "One person",
}
WINDOWS = {"hour": "an hour", "day": "a day", "month": "a month"}
_SPANS = list(BudgetWindow)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetForm:
    """What stands in the form; `name` means a provider, a tier or a person's e-mail."""

    kind: str
    name: str
    window: str
    amount: str
    changes: str = ""
    """The budget that is changed, in words; empty for a new one."""

    @classmethod
    def empty(cls) -> BudgetForm:
        return cls(kind="system", name="", window="day", amount="")

    @classmethod
    def of(cls, budget: BudgetState) -> BudgetForm:
        kind, _, name = budget.shown.partition(":")
        amount = cap_amount(budget.amount).removeprefix("$").replace(",", "")
        return cls(kind=kind, name=name, window=budget.window.value, amount=amount, changes=words_of(budget))

    @property
    def scope(self) -> str:
        return self.kind if self.kind == "system" else f"{self.kind}:{self.name}"

    def problem(self) -> tuple[str, str] | None:
        """What can be told without asking: the field, and a sentence."""
        if self.kind not in KINDS:
            return "kind", "Choose what the cap is on."
        if self.kind != "system" and not self.name:
            return "name", _WHOSE[self.kind]
        if not self.amount.strip():
            return "amount", "Say how many dollars, such as 20 or 0.50."
        return None


_WHOSE = {
    "provider": "Say which provider.",
    "tier": "Say which tier.",
    "user": "Give the e-mail of the person.",
}


def field_of(error: MasterXError, form: BudgetForm) -> str:
    """Which field an error is about, by what it says is wrong."""
    if repr(form.amount.strip()) in error.message or repr(form.amount) in error.message or "amount" in error.message:
        return "amount"
    if repr(form.window) in error.message:
        return "window"
    return "name" if form.kind != "system" else "kind"


@dataclass(frozen=True, slots=True)
class BudgetRow:
    budget: BudgetState
    whose: str
    kind: str
    note: str

    @property
    def key(self) -> str:
        """For ids in the page."""
        return f"{self.budget.scope}-{self.budget.window.value}".replace(" ", "_")

    @property
    def used(self) -> float:
        return _share(self.budget.spent, self.budget.amount)

    @property
    def held(self) -> float:
        return _share(self.budget.reserved, self.budget.amount)

    @property
    def words(self) -> str:
        return words_of(self.budget)

    @property
    def full(self) -> bool:
        return self.budget.remaining == 0


SORTED_BY: Mapping[str, Key] = {
    "scope": lambda row: (list(KINDS).index(row.kind), row.whose, _SPANS.index(row.budget.window)),
    "window": lambda row: (_SPANS.index(row.budget.window), row.whose),
    "cap": lambda row: row.budget.amount,
    "used": lambda row: row.used + row.held,
    "resets": lambda row: row.budget.resets_at,
}


def budget_rows(budgets: Sequence[BudgetState]) -> list[BudgetRow]:
    return [BudgetRow(budget, _whose(budget), budget.scope.partition(":")[0], _note(budget)) for budget in budgets]


def words_of(budget: BudgetState) -> str:
    return f"{_whose(budget)}, {WINDOWS[budget.window.value]}"


def _whose(budget: BudgetState) -> str:
    kind, _, name = budget.shown.partition(":")
    if kind == "system":
        return "The whole server"
    return f"Tier {name}" if kind == "tier" else name


def _note(budget: BudgetState) -> str:
    """What whoever set it should know: that it is full, or that another cap is met before it."""
    if budget.remaining == 0:
        return "Used up"
    if budget.met_first is not None:
        scope, _, window = budget.met_first.rpartition(", ")
        whose = "the whole server" if scope == "system" else scope.partition(":")[2]
        return f"Tighter: {whose}, {WINDOWS.get(window, window)}"
    share = (budget.spent + budget.reserved) / budget.amount if budget.amount else 0.0
    return f"Near: {percent(share)}" if budget.is_near else ""


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float(part > 0)
