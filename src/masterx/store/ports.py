"""What a store can do, whichever database is behind it.

Each method is one whole operation of the domain and atomic: it happens or it does not. Every method raises
`DatabaseUnavailable` when the database is locked or gone, and `DatabaseError` when it refuses for good.
A value that cannot be stored (a lone surrogate, an integer beyond 64 bits, a score out of range) raises
`InvalidInput`, an id that exists already `Conflict`.
Reads of one learner's rows carry the learner in the query; an id of somebody else's finds nothing.
Times that come back are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, Spending
from masterx.records.costs import CostEvent, CostTracking
from masterx.records.health import ProviderHealth
from masterx.records.idempotency import CompletedRequest, IdempotencyClaim
from masterx.records.messages import Feedback, Message
from masterx.records.money import NanoDollars
from masterx.records.operations import Alert, AlertKind, ProviderTraffic
from masterx.records.performance import UserPerformance
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.store.account_ports import AccountStore
from masterx.store.administration_ports import CostSumStore, SwitchStore
from masterx.store.benchmark_ports import BenchmarkStore
from masterx.store.feedback_ports import FeedbackStore
from masterx.store.goal_ports import GoalStore, OverviewStore
from masterx.store.learner_ports import LearnersStore
from masterx.store.limit_ports import LimitStore
from masterx.store.mood_ports import MoodStore
from masterx.store.operations_ports import BreakerStore, InstanceStore
from masterx.store.practice_ports import PracticeStore
from masterx.store.recall_ports import RecallStore, VectorSearchStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    sessions: tuple[Session, ...]
    next_cursor: str | None
    """Opaque; pass it back for the following page. None at the end."""


class SessionStore(Protocol):
    async def session(self, session_id: str, user_id: str) -> Session | None: ...

    async def sessions(self, user_id: str, *, limit: int, cursor: str | None = None) -> SessionPage:
        """Latest activity first. Raises `InvalidInput` for a cursor that this store did not make."""
        ...

    async def rename_session(self, session_id: str, user_id: str, title: str) -> Session:
        """Raises `NotFound`."""
        ...

    async def end_session(self, session_id: str, user_id: str, now: datetime) -> Session:
        """Active becomes completed; ended ones stay as they are. Raises `NotFound`."""
        ...

    async def delete_session(self, session_id: str, user_id: str) -> None:
        """With its messages and idempotency keys; the ledger keeps its rows. Raises `NotFound`."""
        ...

    async def abandon_idle_sessions(self, idle_since: datetime, now: datetime) -> int:
        """Active ones without activity since then become abandoned, their last answers not gone on with; how many."""
        ...


class MessageStore(Protocol):
    async def messages(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> Sequence[Message]:
        """The current branch (nothing superseded), oldest first: the newest `limit`, or those before an id.

        An unknown `before` finds nothing. Embeddings are left out: they are larger than the text.
        """
        ...

    async def lesson(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message]] | None:
        """`SessionStore.session` and `messages` as of one moment, in one call; None where there is no session."""
        ...

    async def message(self, message_id: str, user_id: str) -> Message | None: ...

    async def versions(self, message_id: str, user_id: str, *, limit: int | None = None) -> Sequence[Message]:
        """What a retry or an edit put aside when the learner message `message_id` took over.

        Oldest first: all of it, or the first `limit`.
        """
        ...

    async def rate_message(self, message_id: str, user_id: str, feedback: Feedback) -> Message:
        """Replace what the learner said of an answer. Raises `NotFound`, and `InvalidInput` for what is no answer."""
        ...

    async def record_turn(self, turn: TurnRecord) -> Session:
        """Write all of a turn, durably, and return the session as it now is.

        In one transaction: the session (opened, or its totals, provider, topic, activity and status moved, and the
        question's emotion added to its trajectory; an ended one becomes active again), both messages, what the
        question supersedes and says of the answer before it, the ledger rows with their daily sums and what they add
        to budgets, the reservations given back, the learner's `total_sessions`, `last_active` and
        `emotional_profile`, and the completed idempotency claim.
        Raises `NotFound` when the learner, the session or the replaced message is not there (any more),
        `Conflict` when the replaced message is already superseded, and `RequestInProgress` when the claim was
        lost to somebody else; nothing is written then.
        """
        ...


class IdempotencyStore(Protocol):
    async def claim_request(self, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
        """Claim a key, or return what it led to before.

        Raises `IdempotencyMismatch` for another body, `RequestInProgress` while somebody's lease runs, `NotFound`
        when the learner is gone.
        A lapsed lease is taken over. Keys are forgotten 24 hours after their last use.
        """
        ...

    async def renew_claim(self, claim: IdempotencyClaim) -> bool:
        """Move the lease to `claim.lease_until`; False when the claim is no longer held."""
        ...

    async def release_claim(self, claim: IdempotencyClaim) -> None:
        """Give a claim up after a failure, so that a repeat works at once."""
        ...


class CostStore(Protocol):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str] = ()) -> None:
        """Append to the ledger what no turn records (all candidates failed), and give reservations back.

        The daily sums, the totals of their session, and what they add to budgets follow in the same transaction.
        Calls for a session that is not there are kept without one, those of somebody who was erased without a name.
        """
        ...

    async def cost_events(self, since: datetime, until: datetime, *, user_id: str | None = None) -> Sequence[CostEvent]:
        """By time, oldest first; `since` included, `until` not."""
        ...

    async def cost_tracking(self, since: date, until: date) -> Sequence[CostTracking]:
        """Both days included; by date, provider, user (system rows first)."""
        ...


class BudgetStore(Protocol):
    async def set_budget(self, budget: Budget) -> None:
        """Replaces the one of the same scope and window. Raises `NotFound` for a user who is gone."""
        ...

    async def remove_budget(self, scope: BudgetScope, window: BudgetWindow) -> None:
        """Raises `NotFound`."""
        ...

    async def budgets(self) -> Sequence[Budget]:
        """System, providers, tiers, users; within these by name, then hour, day, month."""
        ...

    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]:
        """How full each cap is, in the order given."""
        ...

    async def reserve(
        self, reservation: Reservation, caps: Sequence[Cap], *, instead_of: str | None = None
    ) -> Sequence[Spending]:
        """Hold the amount if each cap has room for it beside what was spent and what is held, else hold nothing.

        Returns the caps without room: empty when the amount is held. `instead_of` is given back in any case.
        Reservations that have expired by `created_at` are forgotten first. Of many who ask at once, in any number
        of processes, no more get theirs than fit. A reservation survives the process, not always a power cut.
        """
        ...

    async def release(self, reservations: Sequence[str]) -> None:
        """Give back what was not used; ids that are not there (any more) are passed over."""
        ...


class HealthStore(Protocol):
    async def add_provider_health(self, snapshot: ProviderHealth) -> None: ...

    async def provider_health(self, provider: str, *, limit: int) -> Sequence[ProviderHealth]:
        """Newest first."""
        ...


class OperationsStore(Protocol):
    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool:
        """Take it, or keep it for longer; False while somebody else holds it."""
        ...

    async def release_lease(self, name: str, holder: str) -> None:
        """Let others take it at once."""
        ...

    async def raise_alert(self, alert: Alert) -> bool:
        """False where one of this kind and subject is not resolved yet, or was raised in the same period."""
        ...

    async def resolve_alert(self, kind: AlertKind, subject: str, now: datetime) -> Alert | None:
        """End what is not resolved, and have that delivered where its beginning was to be. None: there was nothing."""
        ...

    async def alerts(self, *, limit: int) -> Sequence[Alert]:
        """Newest first."""
        ...

    async def open_alerts(self) -> Sequence[Alert]: ...

    async def due_alerts(self, now: datetime, *, limit: int) -> Sequence[Alert]:
        """Whose delivery is to be tried now, the longest due first."""
        ...

    async def note_delivery(self, alert: Alert) -> None:
        """Keep what became of a delivery, unless the alert was resolved since: then that is the news."""
        ...

    async def forget_operations(self, before: datetime) -> None:
        """Snapshots of health and resolved alerts that are older."""
        ...

    async def provider_traffic(self, since: datetime) -> Sequence[ProviderTraffic]:
        """From the ledger, so over all workers; by provider."""
        ...

    async def spent_since(self, since: datetime) -> NanoDollars:
        """The ledger's sum."""
        ...


class PerformanceStore(Protocol):
    async def add_user_performance(self, performance: UserPerformance) -> None: ...

    async def user_performance(self, user_id: str, subject: str, *, limit: int) -> Sequence[UserPerformance]:
        """Newest first."""
        ...


class Store(
    AccountStore,
    SessionStore,
    MessageStore,
    RecallStore,
    VectorSearchStore,
    MoodStore,
    IdempotencyStore,
    CostStore,
    CostSumStore,
    BudgetStore,
    BenchmarkStore,
    FeedbackStore,
    HealthStore,
    OperationsStore,
    BreakerStore,
    InstanceStore,
    LimitStore,
    SwitchStore,
    PerformanceStore,
    PracticeStore,
    LearnersStore,
    GoalStore,
    OverviewStore,
    Protocol,
):
    """Everything. Callers ask for the narrow port that they need; only wiring knows this one."""

    async def ping(self) -> None:
        """A real read. Raises `DatabaseUnavailable`."""
        ...

    async def schema_version(self) -> int:
        """The version that the database is at."""
        ...

    async def close(self) -> None:
        """Finish what is queued, then close. Safe to call twice."""
        ...
