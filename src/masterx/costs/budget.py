"""The arithmetic of budgets. Nothing here knows a store or a clock.

- Windows are those of the UTC calendar: an hour, a day, a month.
- Every budget whose scope a call falls into applies; a call needs room in all of them.
- Of several without room, the one that resets last is named: until then, room in the others is of no use.
- `NEAR` a cap, the cheapest candidate is asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from masterx.errors import BudgetExceeded, InvalidInput
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, ScopeKind, Spending
from masterx.records.money import NanoDollars, from_dollars
from masterx.records.users import SubscriptionTier

NEAR = 0.8
"""The part of a cap beyond which it counts as nearly used up."""
LARGEST_DOLLARS = Decimal(1_000_000)
SMALLEST_DOLLARS = Decimal("1e-9")
MESSAGE_TOKENS = 16
"""More than what the role and the separators of a message take in any chat template."""


def window_around(window: BudgetWindow, moment: datetime) -> tuple[datetime, datetime]:
    """Its beginning and the beginning of the next, in UTC."""
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if window is BudgetWindow.HOUR:
        return start, start + timedelta(hours=1)
    start = start.replace(hour=0)
    if window is BudgetWindow.DAY:
        return start, start + timedelta(days=1)
    start = start.replace(day=1)
    return start, (start + timedelta(days=31)).replace(day=1)


def cap_at(budget: Budget, moment: datetime) -> Cap:
    starts_at, resets_at = window_around(budget.window, moment)
    return Cap(budget=budget, starts_at=starts_at, resets_at=resets_at)


def caps_for(
    budgets: Iterable[Budget], *, provider: str, user_id: str | None, tier: str | None, moment: datetime
) -> list[Cap]:
    """The caps that a call of this learner to this provider falls under."""
    scopes = {BudgetScope(ScopeKind.SYSTEM), BudgetScope(ScopeKind.PROVIDER, provider)}
    if tier is not None:
        scopes.add(BudgetScope(ScopeKind.TIER, tier))
    if user_id is not None:
        scopes.add(BudgetScope(ScopeKind.USER, user_id))
    return [cap_at(budget, moment) for budget in budgets if budget.scope in scopes]


def remaining(spending: Spending) -> NanoDollars:
    """What may still be reserved; 0 also where a cap was set below what is spent already."""
    return NanoDollars(max(0, spending.cap.budget.amount - spending.spent - spending.reserved))


def tightest(caps: Sequence[Spending]) -> Spending:
    """The one that leaves least; of equals, the one that holds longest."""
    return min(caps, key=lambda spending: (remaining(spending), -spending.cap.resets_at.timestamp()))


def lasting_longest(full: Sequence[Spending]) -> Spending:
    """Of caps without room the one that resets last; of equals, the one that leaves least."""
    return max(full, key=lambda spending: (spending.cap.resets_at, -remaining(spending)))


def waiting_may_help(full: Sequence[Spending], amount: NanoDollars) -> bool:
    """Whether only calls under way stand in the way: they may cost less than they hold."""
    return all(spending.spent + amount <= spending.cap.budget.amount for spending in full)


def is_near(spending: Spending, amount: NanoDollars) -> bool:
    """Whether a call that may cost this much would leave the cap nearly used up."""
    return amount > 0 and spending.spent + spending.reserved + amount > NEAR * spending.cap.budget.amount


def most_input_tokens(texts: Iterable[str]) -> int:
    """Never fewer than any vendor counts: a token is at least one byte of text.

    Four to five times what English prose takes, so that no text, however odd, passes a cap.
    """
    return sum(MESSAGE_TOKENS + (len(text) if text.isascii() else len(text.encode(errors="replace"))) for text in texts)


def refusal(full: Sequence[Spending], now: datetime, *, under_way: bool) -> BudgetExceeded:
    """What the learner is told: when it goes on, never how much money it is about.

    ``under_way``: calls that run hold what is left, so that another try may work soon.
    """
    cap, least = lasting_longest(full).cap, tightest(full).cap.budget
    details = {
        "scope": cap.budget.scope.kind.value,
        "window": cap.budget.window.value,
        "resets_at": cap.resets_at.isoformat().replace("+00:00", "Z"),
        "tightest": {"scope": least.scope.kind.value, "window": least.window.value},
    }
    if under_way:
        message = "Answers that are being written hold what is left of the budget. Try again in a moment."
        return BudgetExceeded(message, details=details, retry_after=5)
    message = f"What may be spent this {cap.budget.window} is used up. It goes on at {_clock_time(cap.resets_at, now)}."
    return BudgetExceeded(message, details=details, retry_after=max(1.0, (cap.resets_at - now).total_seconds()))


def _clock_time(moment: datetime, now: datetime) -> str:
    day = "" if moment - now < timedelta(days=1) else f"{moment.day} {moment:%B}, "
    return f"{day}{moment:%H:%M} UTC"


def parse_scope(text: str) -> BudgetScope:
    """`system`, `provider:NAME`, `tier:NAME` or `user:NAME`. Raises `InvalidInput` that says what is possible."""
    kind, colon, name = text.strip().partition(":")
    name = name.strip()
    if kind == ScopeKind.SYSTEM and not colon:
        return BudgetScope(ScopeKind.SYSTEM)
    if kind not in {ScopeKind.PROVIDER, ScopeKind.TIER, ScopeKind.USER} or not name:
        raise InvalidInput(f"{text!r} is no scope; use system, provider:NAME, tier:NAME or user:EMAIL.")
    if kind == ScopeKind.TIER and name not in set(SubscriptionTier):
        raise InvalidInput(f"{name!r} is no tier; there are {', '.join(SubscriptionTier)}.")
    return BudgetScope(ScopeKind(kind), name.lower() if kind == ScopeKind.PROVIDER else name)


def parse_window(text: str) -> BudgetWindow:
    """Raises `InvalidInput`."""
    try:
        return BudgetWindow(text.strip().lower())
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no window; there are {', '.join(BudgetWindow)}.") from error


def parse_amount(text: str) -> NanoDollars:
    """Dollars, from 0 to `LARGEST_DOLLARS`. Raises `InvalidInput`."""
    try:
        dollars = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation as error:
        raise InvalidInput(f"{text!r} is no amount of dollars, such as 12.50.") from error
    if not dollars.is_finite() or not 0 <= dollars <= LARGEST_DOLLARS:
        raise InvalidInput(f"An amount has to be from 0 to {LARGEST_DOLLARS:,} dollars, not {text!r}.")
    if dollars % SMALLEST_DOLLARS:
        raise InvalidInput(f"An amount has at most nine decimals, unlike {text!r}.")
    return from_dollars(dollars)
