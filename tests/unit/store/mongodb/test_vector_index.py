"""Search by vectors inside MongoDB, held to the documented form of its commands: no server that has it is at hand."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.mongodb import MongoServer, dropped_after, fresh_name
from tests.fakes.mongodb_search import SearchNode
from tests.fakes.mongodb_wire import MongoWire
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.errors import DatabaseError
from masterx.records.readings import EMBEDDING_SIZE
from masterx.records.recall import VectorIndexState
from masterx.records.turns import TurnRecord
from masterx.store.mongodb.store import MongoStore, initialise
from masterx.store.mongodb.vector_index import NAME


def meaning(*values: float) -> tuple[float, ...]:
    return (*values, *[0.0] * (EMBEDDING_SIZE - len(values)))


def with_meaning(turn: TurnRecord, *values: float) -> TurnRecord:
    return replace(turn, question=replace(turn.question, embedding=meaning(*values)))


@pytest.fixture
def database() -> str:
    return fresh_name()


@pytest.fixture
def node(mongodb: MongoServer, wire: MongoWire, database: str) -> SearchNode:
    node = SearchNode(mongodb.url(database))
    wire.answers = node.answer
    return node


@pytest.fixture
async def store(
    mongodb: MongoServer, wire: MongoWire, node: SearchNode, database: str, clock: FrozenClock
) -> AsyncIterator[MongoStore]:
    """On a server that has vector search; `masterx init` was run."""
    with dropped_after(mongodb.url(database)):
        await initialise(wire.url(database), clock, dry_run=False)
        store = await MongoStore.open(wire.url(database), clock)
        yield store
        await store.close()


async def test_init_makes_the_index_once_and_a_dry_run_says_so(
    mongodb: MongoServer, wire: MongoWire, node: SearchNode, database: str, clock: FrozenClock
) -> None:
    url = wire.url(database)
    with dropped_after(mongodb.url(database)):
        said = await initialise(url, clock, dry_run=True)
        assert f"create search index {NAME}, where the server has such" in said
        assert node.indexes == {}
        await initialise(url, clock, dry_run=False)
        assert list(node.indexes) == [NAME]
        assert {field["path"]: field["type"] for field in node.indexes[NAME]["fields"]} == {
            "embedding": "vector",
            "user_id": "filter",
        }
        assert await initialise(url, clock, dry_run=False) == []


async def test_an_index_of_another_form_is_changed(
    store: MongoStore, wire: MongoWire, node: SearchNode, database: str, clock: FrozenClock
) -> None:
    node.indexes[NAME]["fields"][0] = {**node.indexes[NAME]["fields"][0], "numDimensions": 128}
    assert await initialise(wire.url(database), clock, dry_run=True) == [f"change search index {NAME}"]
    await initialise(wire.url(database), clock, dry_run=False)
    assert node.indexes[NAME]["fields"][0]["numDimensions"] == EMBEDDING_SIZE


async def test_the_index_tells_how_far_it_is(store: MongoStore, node: SearchNode) -> None:
    assert await store.vector_index.state() is VectorIndexState.READY
    node.queryable = False
    assert await store.vector_index.state() is VectorIndexState.BUILDING
    node.indexes.clear()
    assert await store.vector_index.state() is VectorIndexState.ABSENT


async def test_a_server_without_such_search_has_no_index_and_works(store: MongoStore, wire: MongoWire) -> None:
    wire.answers = None
    assert await store.vector_index.state() is VectorIndexState.ABSENT
    with pytest.raises(DatabaseError):
        await store.vector_index.near("u", meaning(1.0), limit=3)


async def test_the_nearest_of_this_learner_alone_come_first(store: MongoStore, node: SearchNode) -> None:
    user, stranger = make_user(), make_user()
    session = make_session(user)
    for person in (user, stranger):
        await store.add_user(person)
    far, near, gone = (
        with_meaning(make_turn(session, at=START + number * MINUTE, opens_session=number == 0), *values)
        for number, values in enumerate([(0.0, 1.0), (1.0, 0.1), (1.0, 0.0)])
    )
    for turn in (far, near, gone):
        await store.record_turn(turn)
    await store.record_turn(with_meaning(make_turn(make_session(stranger), opens_session=True), 1.0))
    again = make_turn(session, at=START + 4 * MINUTE, replaces=gone.question)
    await store.record_turn(with_meaning(again, 0.5, 0.5))
    found = await store.vector_index.near(user.id, meaning(1.0), limit=3)
    assert found[0].id == near.question.id, "what was replaced is passed over, though it was nearer"
    assert gone.question.id not in {each.id for each in found}
    assert {each.session_id for each in found} == {session.id}, "nobody else's"
    assert struct.unpack("<2f", found[0].vector[:8]) == pytest.approx((1.0, 0.1))
    (search,) = node.searches
    assert search["filter"] == {"user_id": {"$eq": user.id}}, "the search itself is of this learner's rows alone"
    assert search["numCandidates"] == 60
