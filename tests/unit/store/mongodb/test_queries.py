"""Every command on the path of a turn, a page or a job finds its rows through an index.

What the store sends is noted. SecantusDB's `explain` cannot judge it: it tells of a whole reading wherever a filter has
a second condition, even beside `_id`. So each filter is held against the indexes by a rule: one of its conditions (in
each branch of an `$or` one) is on the first field of an index, and what a partial index asks for stands in the filter;
without a filter, the order goes by an index. A real server is asked for its plans as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pymongo import MongoClient
from tests.fakes.clock import START, FrozenClock
from tests.fakes.mongodb import REAL_SERVER, dropped_after, fresh_name, on_server
from tests.fakes.mongodb_commands import Commands
from tests.fakes.practice import make_question, make_record, make_state
from tests.fakes.records import (
    MINUTE,
    make_call,
    make_claim,
    make_device,
    make_one_time_link,
    make_refresh_token,
    make_session,
    make_turn,
    make_user,
)

from masterx.clock import new_id
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, ScopeKind
from masterx.records.costs import CostGrouping, CostSpan, CostStep
from masterx.records.learners import LearnersQuery, LearnersSort
from masterx.records.messages import Feedback
from masterx.records.money import NanoDollars
from masterx.records.routing_rules import RoutingRule, RuleKind
from masterx.records.users import LinkPurpose, User
from masterx.store.mongodb.collections import index_model, indexes
from masterx.store.mongodb.store import MongoStore
from masterx.store.schema import PERSONAL_FIELDS

SMALL = {
    "budgets",
    "breakers",
    "instances",
    "provider_switches",
    "routing_rules",
    "reloads",
    "paused_jobs",
    "recent_errors",
    "leases",
    "item_difficulties",
    "learner_standings",
    "schema_version",
}
"""A row for each provider, process, item of the bank or cap, learner in each subject, and what is bounded: wanted
whole."""

Found = tuple[str, dict[str, Any], dict[str, Any] | None]
"""A collection, a filter and an order."""


async def use(store: MongoStore) -> None:
    """What turns, pages and jobs ask."""
    user, other = make_user(), make_user()
    for each in (user, other):
        await store.add_user(each)
    await store.user_by_email(user.email)
    await store.users(limit=10, after=user.id)
    device = make_device(user)
    token = make_refresh_token(device)
    await store.add_device(device, token, password_hash=None)
    await store.device_user(device.id)
    await store.devices(user.id, START)
    await store.refresh_token(token.token_hash)
    await store.rotate_refresh_token(token, make_refresh_token(device), START)
    link = make_one_time_link(user)
    await store.add_one_time_link(link)
    await store.redeem_one_time_link(link.secret_hash, LinkPurpose.SIGN_IN, START)
    await turns(store, user.id)
    await money(store, user.id)
    await practice(store, user)
    for collection in PERSONAL_FIELDS:
        await store.personal_rows(user.id, collection, limit=1)
    await store.prune_credentials(START)
    await store.abandon_idle_sessions(START, START)
    await store.feedback_standing(START - MINUTE, START + MINUTE)
    rule = RoutingRule(category="math", provider="groq", kind=RuleKind.PINNED, changed_at=START)
    await store.set_routing_rule(rule)
    await store.signals()
    await store.remove_routing_rule("math", "groq")
    await store.forget_operations(START)
    await store.erase_user(user.id)


async def turns(store: MongoStore, user_id: str) -> None:
    user = await store.user(user_id)
    assert user is not None
    session = make_session(user)
    claim = make_claim(user)
    await store.claim_request(claim, START)
    await store.renew_claim(claim)
    first = make_turn(session, opens_session=True, claim=claim)
    session = await store.record_turn(first)
    await store.claim_request(make_claim(user), START)
    await store.record_turn(make_turn(session, at=START + MINUTE, replaces=first.question))
    await store.sessions(user_id, limit=1)
    page = await store.sessions(user_id, limit=1)
    assert page.next_cursor is None
    await store.lesson(session.id, user_id, limit=40)
    await store.messages(session.id, user_id, limit=40, before=first.question.id)
    await store.versions(first.question.id, user_id)
    await store.rate_message(first.answer.id, user_id, Feedback(helpful=True))
    await store.rename_session(session.id, user_id, "Light")
    await store.message_vectors(user_id, limit=10)
    await store.unread_messages(since=START, limit=10)
    await store.end_session(session.id, user_id, START)
    await store.delete_session(session.id, user_id)


async def practice(store: MongoStore, user: User) -> None:
    question = make_question(user, session_id=new_id(START))
    await store.ask(question)
    await store.open_questions(user.id)
    await store.open_question(question.id, user.id)
    await store.note_hints(question.id, user.id, 1)
    await store.record_answer(make_record(user, question))
    await store.response(question.id, user.id)
    await store.responses(user.id, limit=5)
    await store.responses(user.id, subject="mathematics", limit=5, before=(START, question.id))
    await store.put_learner_state(make_state(user, version=1))
    await store.learner_state(user.id, "mathematics")
    await store.learner_states(user.id)
    await store.concept_reviews(user.id)
    await store.item_difficulties()
    for sort in LearnersSort:
        await store.learners(LearnersQuery(now=START, sort=sort))


async def money(store: MongoStore, user_id: str) -> None:
    await store.record_calls([make_call(user_id=user_id)])
    hour = START.replace(minute=0, second=0)
    budget = Budget(scope=BudgetScope(ScopeKind.USER, user_id), window=BudgetWindow.HOUR, amount=NanoDollars(10**9))
    cap = Cap(budget=budget, starts_at=hour, resets_at=hour + 60 * MINUTE)
    held = Reservation(
        id=new_id(START),
        provider="openai",
        user_id=user_id,
        tier=None,
        amount=NanoDollars(1),
        created_at=START,
        expires_at=START + MINUTE,
    )
    await store.reserve(held, [cap])
    await store.spending([cap], START)
    await store.release([held.id])
    span = (START - MINUTE, START + MINUTE)
    await store.cost_events(*span)
    await store.cost_events(*span, user_id=user_id)
    await store.cost_tracking(START.date(), START.date())
    for grouping in (None, *CostGrouping):
        await store.cost_sums(*span, grouping)
        await store.cost_sums(hour, hour + 48 * 60 * MINUTE, grouping)
    await store.cost_breakdown(CostSpan(*span), [CostSpan(hour, hour + 60 * MINUTE)], top=5)
    await store.cost_series(*span, CostStep.HOUR)
    await store.month_costs(START.date(), [user_id])
    await store.provider_traffic(START)
    await store.spent_since(START)
    await store.open_alerts()
    await store.alerts(limit=5)
    await store.due_alerts(START, limit=5)
    await store.provider_health("openai", limit=1)
    await store.benchmark_results(category="math", limit=1)
    await store.benchmark_results(provider="openai", category="math", limit=1)


def filters(name: str, command: Mapping[str, Any]) -> Iterator[Found]:
    target = command.get(name)
    match name:
        case "find":
            yield str(target), command["filter"], command.get("sort")
        case "findAndModify":
            yield str(target), command["query"], None
        case "update":
            yield from ((str(target), each["q"], None) for each in command["updates"])
        case "delete":
            yield from ((str(target), each["q"], None) for each in command["deletes"])
        case "aggregate":
            yield from _of_pipeline(str(target), command["pipeline"])
        case "bulkWrite":
            spaces = [each["ns"].partition(".")[2] for each in command["nsInfo"]]
            for each in command["ops"]:
                place = each.get("update", each.get("delete"))
                if place is not None:
                    yield spaces[place], each["filter"], None


def _of_pipeline(collection: str, pipeline: list[dict[str, Any]]) -> Iterator[Found]:
    first = pipeline[0].get("$match") if pipeline else None
    following = pipeline[1].get("$sort") if len(pipeline) > 1 else None
    yield collection, first or {}, following
    for stage in pipeline:
        for joined in (stage.get("$lookup"), stage.get("$unionWith")):
            inner = (joined or {}).get("pipeline")
            if joined is not None and inner and "foreignField" in joined:
                inner = [{"$match": {joined["foreignField"]: "of each", **inner[0]["$match"]}}, *inner[1:]]
            if joined is not None and inner:
                yield from _of_pipeline(joined.get("from") or joined["coll"], inner)


def is_served(collection: str, where: Mapping[str, Any], order: Mapping[str, int] | None = None) -> bool:
    """Whether an index can find the rows, or give the first of all of them."""
    if not where and order:
        first = next(iter(order))
        return first == "_id" or any((each.collection, each.keys[0][0]) == (collection, first) for each in indexes())
    conditions = {name: value for name, value in where.items() if not name.startswith("$") and _narrows(value)}
    if "_id" in conditions:
        return True
    for index in indexes():
        partial = index_model(index).document.get("partialFilterExpression", {})
        holds = all(_implies(where.get(name, {"$ne": 0}), wanted) for name, wanted in partial.items())
        if index.collection == collection and index.keys[0][0] in conditions and holds:
            return True
    if any(is_served(collection, part) for part in where.get("$and", ())):
        return True
    branches = where.get("$or", ())
    return bool(branches) and all(is_served(collection, branch) for branch in branches)


def _narrows(value: Any) -> bool:
    return not isinstance(value, Mapping) or not {"$ne", "$nin", "$exists"} & set(value)


def _implies(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, str) or value == wanted
    return bool(value == wanted)


async def test_every_filter_has_an_index(store: MongoStore, commands: Commands) -> None:
    await use(store)
    asked = {repr(found): found for name, command in commands.sent for found in filters(name, command)}
    assert len(asked) > 60
    assert [found for found in asked.values() if not is_served(*found) and found[0] not in SMALL] == []


@pytest.mark.parametrize(
    "where",
    [
        {"content": "x"},
        {"superseded_by": None},
        {"$or": [{"_id": "a"}, {"content": "x"}]},
        {"session_id": {"$ne": "a"}},
    ],
)
def test_a_filter_without_an_index_is_seen(where: dict[str, Any]) -> None:
    assert not is_served("messages", where)


def stages(plan: Mapping[str, Any]) -> Iterator[str]:
    yield plan.get("stage", "")
    for each in (plan.get("inputStage"), *plan.get("inputStages", ())):
        if each:
            yield from stages(each)


@pytest.mark.skipif(REAL_SERVER is None, reason="no MASTERX_TEST_MONGODB_URI")
async def test_no_plan_of_a_real_server_reads_a_collection_whole(clock: FrozenClock, commands: Commands) -> None:
    url = on_server(REAL_SERVER or "", fresh_name())
    with dropped_after(url), MongoClient[Any](url) as client:
        store = await MongoStore.open(url, clock, listeners=[commands])
        await use(store)
        await store.close()
        asked = {repr(found): found for name, command in commands.sent for found in filters(name, command)}
        scanned: list[Found] = []
        for collection, where, order in asked.values():
            find = {"find": collection, "filter": where} | ({"sort": order} if order else {})
            answer = client.get_default_database().command({"explain": find, "verbosity": "queryPlanner"})
            plan = answer["queryPlanner"]["winningPlan"]
            if "COLLSCAN" in [*stages(plan.get("queryPlan", plan))] and collection not in SMALL:
                scanned.append((collection, where, order))
        assert scanned == []
