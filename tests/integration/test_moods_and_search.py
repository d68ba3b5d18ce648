"""Through the whole application: what was read, the learner's word on it, and finding what was said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.readings import FakeReader, make_reading
from tests.fakes.records import make_session, make_turn
from tests.fakes.settings import make_settings

from masterx.accounts.accounts import SignIn
from masterx.memory.recall import ExactRecall
from masterx.memory.search import MessageSearch
from masterx.records.messages import EmotionState
from masterx.records.turns import TurnRecord
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

HOST = "http://127.0.0.1"
PASSWORD = "correct horse battery"
FRUSTRATED = EmotionState(
    primary_emotion="frustration",
    arousal=0.3,
    valence=-0.6,
    learning_readiness="low_readiness",
    said="frustration",
    certainty=0.9,
    engagement=0.4,
    intervention="light",
    trend="steady",
)


@pytest.fixture
async def services(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Services]:
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        readings = dict.fromkeys(("my dog", "Euler"), make_reading("dog"))
        search = MessageSearch(FakeReader(readings), ExactRecall(opened.store, clock))
        yield replace(opened, search=search)


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as opened:
        yield opened


async def sign_in(services: Services, name: str) -> SignIn:
    await services.accounts.register(email=f"{name}@example.org", name=name, password=PASSWORD)
    return await services.accounts.login(email=f"{name}@example.org", password=PASSWORD)


def bearer(who: SignIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {who.tokens.access_token}"}


async def record(services: Services, who: SignIn, text: str = "This is hopeless") -> TurnRecord:
    turn = make_turn(make_session(who.user), opens_session=True, question=text)
    meaning = tuple(make_reading("dog").embedding.tolist())
    turn = replace(turn, question=replace(turn.question, emotion_state=FRUSTRATED, embedding=meaning))
    await services.store.record_turn(turn)
    return turn


@pytest.fixture
async def ada(services: Services) -> SignIn:
    return await sign_in(services, "ada")


@pytest.fixture
async def turn(services: Services, ada: SignIn) -> TurnRecord:
    return await record(services, ada)


async def test_a_message_says_how_it_was_read_and_what_that_changes(
    client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord
) -> None:
    lesson = (await client.get(f"/api/v1/sessions/{turn.session.id}", headers=bearer(ada))).json()
    assert lesson["messages"][0]["emotion_state"] == {
        "primary_emotion": "frustration",
        "arousal": 0.3,
        "valence": -0.6,
        "learning_readiness": "low_readiness",
        "certainty": 0.9,
        "intervention": "light",
        "trend": "steady",
        "told": False,
        "change": "smaller steps, one thing at a time",
    }
    assert lesson["messages"][1]["emotion_state"] is None


async def test_the_learners_word_counts_and_can_be_taken_back(
    client: httpx2.AsyncClient, services: Services, ada: SignIn, turn: TurnRecord
) -> None:
    place = f"/api/v1/messages/{turn.question.id}/mood"
    told = await client.put(place, json={"state": "curiosity"}, headers=bearer(ada))
    assert told.status_code == 200
    assert (told.json()["emotion_state"]["primary_emotion"], told.json()["emotion_state"]["told"]) == (
        "curiosity",
        True,
    )
    profile = (await services.accounts.user(ada.user.id)).emotional_profile
    assert profile is not None
    assert profile.frustration_threshold > 0.5, "being read wrongly as frustrated raises the threshold"
    undone = await client.delete(place, headers=bearer(ada))
    assert undone.json()["emotion_state"]["primary_emotion"] == "frustration"


async def test_a_correction_is_an_example_only_with_consent(
    client: httpx2.AsyncClient, services: Services, ada: SignIn, turn: TurnRecord
) -> None:
    place = f"/api/v1/messages/{turn.question.id}/mood"
    await client.put(place, json={"state": "curiosity"}, headers=bearer(ada))
    assert await services.store.labelled_messages(limit=5) == []
    await client.patch("/api/v1/users/me/mood", json={"share_corrections": True}, headers=bearer(ada))
    await client.put(place, json={"state": "curiosity"}, headers=bearer(ada))
    assert [one.id for one in await services.store.labelled_messages(limit=5)] == [turn.question.id]


async def test_a_strangers_message_is_not_there(
    client: httpx2.AsyncClient, services: Services, turn: TurnRecord
) -> None:
    eve = await sign_in(services, "eve")
    place = f"/api/v1/messages/{turn.question.id}/mood"
    assert (await client.put(place, json={"state": "joy"}, headers=bearer(eve))).status_code == 404
    assert (await client.delete(place, headers=bearer(eve))).status_code == 404
    assert (await client.get("/api/v1/search", params={"q": "my dog"}, headers=bearer(eve))).json() == {"results": []}


@pytest.mark.parametrize("body", [{"state": "sad"}, {"state": None}, {}, {"state": "joy", "share": True}])
async def test_a_word_that_is_none_of_the_states_is_refused(
    client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord, body: dict[str, object]
) -> None:
    refused = await client.put(f"/api/v1/messages/{turn.question.id}/mood", json=body, headers=bearer(ada))
    assert refused.status_code == 422


async def test_an_answer_has_no_mood_to_correct(client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord) -> None:
    refused = await client.put(f"/api/v1/messages/{turn.answer.id}/mood", json={"state": "joy"}, headers=bearer(ada))
    assert refused.status_code == 422


async def test_reading_is_the_learners_choice(client: httpx2.AsyncClient, services: Services, ada: SignIn) -> None:
    before = (await client.get("/api/v1/users/me/mood", headers=bearer(ada))).json()
    assert (before["read"], before["shown"], before["share_corrections"]) == (True, True, False)
    assert before["help_text"] == services.settings.turn.help_text
    after = await client.patch("/api/v1/users/me/mood", json={"read": False}, headers=bearer(ada))
    assert (after.json()["read"], after.json()["shown"]) == (False, True)
    identity = await services.accounts.identify(ada.tokens.access_token)
    assert not identity.mood_preferences.read, "the next turn knows"


async def test_what_was_read_can_be_forgotten(client: httpx2.AsyncClient, ada: SignIn, turn: TurnRecord) -> None:
    assert (await client.delete("/api/v1/users/me/mood", headers=bearer(ada))).status_code == 204
    lesson = (await client.get(f"/api/v1/sessions/{turn.session.id}", headers=bearer(ada))).json()
    assert lesson["messages"][0]["emotion_state"] is None
    assert lesson["session"]["emotion_trajectory"] == []


async def test_a_search_finds_by_meaning_and_prefers_the_very_words(
    client: httpx2.AsyncClient, services: Services, ada: SignIn
) -> None:
    await record(services, ada, "He is a good boy")
    named = await record(services, ada, "I wrote about Euler. " + "More words follow. " * 40)
    found = (await client.get("/api/v1/search", params={"q": "Euler"}, headers=bearer(ada))).json()["results"]
    assert found[0]["message_id"] == named.question.id
    assert found[0]["session_id"] == named.session.id
    assert found[0]["session_title"] == "Fractions"
    assert found[0]["excerpt"].startswith("I wrote about Euler.")
    assert found[0]["excerpt"].endswith("…")
    assert found[0]["role"] == "user"


@pytest.mark.parametrize("query", ["", "x" * 501, "a\x00b"])
async def test_a_query_that_cannot_be_one_is_refused(client: httpx2.AsyncClient, ada: SignIn, query: str) -> None:
    refused = await client.get("/api/v1/search", params={"q": query}, headers=bearer(ada))
    assert refused.status_code == 422
