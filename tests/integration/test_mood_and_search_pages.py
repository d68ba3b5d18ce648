"""What the lesson and search pages show of moods and of what was found: one's own, as plain text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
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
HOSTILE = "<script>alert(1)</script> about \"Euler\" & 'dogs'"
FRUSTRATED = EmotionState(
    primary_emotion="frustration",
    arousal=0.3,
    valence=-0.6,
    learning_readiness="low_readiness",
    certainty=0.9,
    intervention="light",
)


@dataclass
class Site:
    services: Services
    reader: FakeReader
    client: httpx2.AsyncClient

    async def sign_in(self, name: str) -> SignIn:
        await self.services.accounts.register(email=f"{name}@example.org", name=name, password=PASSWORD)
        return await self.services.accounts.login(email=f"{name}@example.org", password=PASSWORD)

    async def record(self, who: SignIn, text: str, state: EmotionState | None = FRUSTRATED) -> TurnRecord:
        turn = make_turn(make_session(who.user, title="<b>Dogs</b>"), opens_session=True, question=text)
        meaning = tuple(make_reading("dog").embedding.tolist())
        turn = replace(turn, question=replace(turn.question, emotion_state=state, embedding=meaning))
        await self.services.store.record_turn(turn)
        return turn

    async def get(self, path: str, who: SignIn) -> httpx2.Response:
        return await self.client.get(path, headers={"Authorization": f"Bearer {who.tokens.access_token}"})


@pytest.fixture
async def site(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Site]:
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        reader = FakeReader({"Euler": make_reading("dog")})
        services = replace(opened, search=MessageSearch(reader, ExactRecall(opened.store, clock)))
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
            yield Site(services, reader, client)


@pytest.fixture
async def ada(site: Site) -> SignIn:
    return await site.sign_in("ada")


async def test_what_is_found_is_shown_as_plain_text(site: Site, ada: SignIn) -> None:
    turn = await site.record(ada, HOSTILE)
    answer = await site.get("/search?q=Euler", ada)
    assert answer.status_code == 200
    assert f'href="/lessons/{turn.session.id}#m-{turn.question.id}"' in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<mark>Euler</mark>" in answer.text
    assert "&lt;b&gt;Dogs&lt;/b&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "<b>Dogs" not in answer.text


async def test_the_query_is_shown_as_plain_text(site: Site, ada: SignIn) -> None:
    answer = await site.get("/search?q=%22%3E%3Cscript%3Ex", ada)
    assert '"><script>x' not in answer.text
    assert "Nothing like that in your lessons." in answer.text


async def test_nobody_elses_words_or_moods_are_shown(site: Site, ada: SignIn) -> None:
    turn = await site.record(ada, "My dog is called Euler")
    bo = await site.sign_in("bo")
    found = await site.get("/search?q=Euler", bo)
    assert "My dog" not in found.text
    assert "Nothing like that" in found.text
    assert (await site.get(f"/lessons/{turn.session.id}", bo)).status_code == 404
    assert (await site.get(f"/lessons/{turn.session.id}/earlier?before={turn.answer.id}", bo)).status_code == 404


@pytest.mark.parametrize("query", ["x" * 501, "a%00b"])
async def test_what_cannot_be_searched_for_is_said(site: Site, ada: SignIn, query: str) -> None:
    answer = await site.get(f"/search?q={query}", ada)
    assert answer.status_code == 422
    assert "That cannot be searched for." in answer.text


@pytest.mark.parametrize("path", ["/search", "/search?q=", "/search?q=%20%20"])
async def test_without_a_query_the_page_says_what_it_is_for(site: Site, ada: SignIn, path: str) -> None:
    answer = await site.get(path, ada)
    assert answer.status_code == 200
    assert "After your first lesson" in answer.text
    assert site.reader.read_texts == []


async def test_without_the_encoder_the_page_says_what_is_possible(site: Site, ada: SignIn) -> None:
    site.reader.fails = True
    answer = await site.get("/search?q=Euler", ada)
    assert answer.status_code == 503
    assert "Search is not possible just now." in answer.text


async def test_a_signed_out_search_comes_back_after_signing_in(site: Site) -> None:
    answer = await site.client.get("/search?q=my+dog")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/search%3Fq%3Dmy%2Bdog"


async def test_a_lesson_shows_the_mood_beside_the_message(site: Site, ada: SignIn) -> None:
    turn = await site.record(ada, "This is hopeless")
    lesson = (await site.get(f"/lessons/{turn.session.id}", ada)).text
    assert "Mood read: frustrated. Change" in lesson
    assert "So: smaller steps, one thing at a time." in lesson
    assert 'role="note"' not in lesson.partition('id="turns"')[2].partition("</ol>")[0]


async def test_help_stands_with_the_message_that_called_for_it(site: Site, ada: SignIn) -> None:
    turn = await site.record(ada, "I cannot go on", replace(FRUSTRATED, intervention="care"))
    lesson = (await site.get(f"/lessons/{turn.session.id}", ada)).text
    said, answered = lesson.index("I cannot go on"), lesson.index(turn.answer.content)
    assert said < lesson.index("If you are in danger") < answered
    await site.services.moods.prefer(ada.user.id, replace(ada.user.mood_preferences, shown=False))
    site.services.accounts.profile_changed(ada.user.id)
    hidden = (await site.get(f"/lessons/{turn.session.id}", ada)).text
    assert "Mood read" not in hidden
    assert "If you are in danger" in hidden
    await site.services.moods.prefer(ada.user.id, replace(ada.user.mood_preferences, read=False))
    site.services.accounts.profile_changed(ada.user.id)
    off = (await site.get(f"/lessons/{turn.session.id}", ada)).text
    assert "If you are in danger" not in off
