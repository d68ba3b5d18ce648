"""Every route of the real application against the one table of rules, and every id against its owner."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.accounts.access import RULES, Access
from masterx.accounts.accounts import SignIn
from masterx.api.cookies import REFRESH_COOKIE
from masterx.clock import new_id
from masterx.practice.bank_files import own_bank
from masterx.records.lesson_items import LessonItem
from masterx.records.messages import EmotionState, Message, MessageRole
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.settings import LimitSettings
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = "http://127.0.0.1"
PASSWORD = "correct horse battery"
MANY = 100_000
UNLIMITED = LimitSettings(
    _env_file=None, rate_limit_free=MANY, rate_limit_pro=MANY, rate_limit_premium=MANY, rate_limit_address=MANY
)
PLAIN_ROUTES = {"/openapi.json"}
"""Served without the dependency that authorises, so each has to be public."""

BODIES: dict[tuple[str, str], dict[str, object]] = {
    ("PATCH", "/api/v1/sessions/{session_id}"): {"title": "Recursion"},
    ("POST", "/api/v1/messages/{message_id}/feedback"): {"helpful": True},
    ("PUT", "/api/v1/messages/{message_id}/mood"): {"state": "joy"},
    ("POST", "/api/v1/admin/invitations"): {},
    ("POST", "/lessons/questions/{message_id}/answer"): {"answer": "3"},
    ("POST", "/lessons/questions/{message_id}/hint"): {},
    ("POST", "/lessons/questions/{message_id}/solution"): {},
}
ABOUT_ANSWERS = {
    "/api/v1/messages/{message_id}/feedback",
    "/lessons/questions/{message_id}",
    "/lessons/questions/{message_id}/answer",
    "/lessons/questions/{message_id}/hint",
    "/lessons/questions/{message_id}/solution",
}
NAMES = {"provider": "local", "action": "reset", "subject": "mathematics", "category": "math"}
"""What stands in a path and is nobody's own."""
QUERIES = {"/lessons/{session_id}/earlier": "before={message_id}"}

ITEM = next(iter(own_bank().items.values()))

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

GUARDED = [route for route, rule in RULES.items() if rule not in {Access.PUBLIC, Access.KEY}]
FOR_KEYS = [route for route, rule in RULES.items() if rule is Access.KEY]
ADMINS_ONLY = [route for route, rule in RULES.items() if rule is Access.ADMIN]
WITH_AN_ID = [route for route, rule in RULES.items() if "_id}" in route[1] and rule is Access.OWN]


@dataclass(frozen=True)
class Lesson:
    session_id: str
    message_id: str
    answer_id: str
    device_id: str
    user_id: str
    invitation_id: str
    key_id: str
    question_id: str
    """The practice question below the answer has the answer's id."""
    run_id: str


@dataclass(frozen=True)
class School:
    """The application with an administrator and two learners, one of whom has had a lesson."""

    app: FastAPI
    services: Services
    client: httpx2.AsyncClient
    admin: SignIn
    ada: SignIn
    bob: SignIn
    bobs: Lesson

    async def ask(
        self, method: str, template: str, who: SignIn | None, ids: Lesson, **options: object
    ) -> httpx2.Response:
        query = QUERIES.get(template)
        path = template + (f"?{query}" if query else "")
        path = path.replace("{path:path}", "x").replace("{model:path}", "masterx")
        headers = {"Authorization": f"Bearer {who.tokens.access_token}"} if who else {}
        return await self.client.request(
            method,
            path.format_map(asdict(ids) | NAMES | ({"message_id": ids.answer_id} if template in ABOUT_ANSWERS else {})),
            headers=headers,
            json=options.get("json", BODIES.get((method, template))),
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[School]:
    """Opened once: what nobody gets through to changes nothing. It all happens in one minute, so without limits."""
    settings = replace(make_settings(tmp_path_factory.mktemp("school")), limits=UNLIMITED)
    async with open_services(settings, clock=FrozenClock()) as services:
        app = create_app(services)
        await services.accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
        admin = await services.accounts.login(email="root@example.org", password=PASSWORD)
        ada, bob = [await sign_in(services, name) for name in ("ada", "bob")]
        bobs = await record_lesson(services, bob)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
            yield School(app, services, client, admin, ada, bob, bobs)


@pytest_asyncio.fixture(loop_scope="module")
async def school_with_new_bob(school: School) -> School:
    """For a test that reaches what is his."""
    bob = await sign_in(school.services, new_id(school.services.clock.now()))
    return replace(school, bob=bob, bobs=await record_lesson(school.services, bob))


async def sign_in(services: Services, name: str) -> SignIn:
    email = f"{name}@example.org"
    await services.accounts.register(email=email, name=name, password=PASSWORD)
    return await services.accounts.login(email=email, password=PASSWORD)


async def record_lesson(services: Services, owner: SignIn) -> Lesson:
    user_id = owner.user.id
    now = services.clock.now()
    session = Session(id=new_id(now), user_id=user_id, started_at=now, last_activity_at=now)
    question = Message(
        id=new_id(now),
        session_id=session.id,
        user_id=user_id,
        role=MessageRole.USER,
        content="Why is the sky blue?",
        timestamp=now,
        emotion_state=EmotionState(
            primary_emotion="curiosity", arousal=0.1, valence=0.2, learning_readiness="high_readiness"
        ),
    )
    answer = Message(
        id=new_id(now),
        session_id=session.id,
        user_id=user_id,
        role=MessageRole.ASSISTANT,
        content="What do you think?",
        timestamp=now,
        reply_to=question.id,
        item=LessonItem(subject="mathematics", skill=ITEM.skill, item_id=ITEM.id, seed=7),
    )
    await services.store.record_turn(
        TurnRecord(session=session, opens_session=True, question=question, answer=answer, calls=())
    )
    identity = await services.accounts.identify(owner.tokens.access_token)
    return Lesson(
        session_id=session.id,
        message_id=question.id,
        answer_id=answer.id,
        device_id=identity.device_id,
        user_id=user_id,
        invitation_id=new_id(now),
        key_id=new_id(now),
        question_id=answer.id,
        run_id=new_id(now),
    )


def absent(services: Services) -> Lesson:
    return Lesson(*(new_id(services.clock.now()) for _ in fields(Lesson)))


def without_ids(response: httpx2.Response) -> tuple[int, str]:
    """Ids of requests and rows taken out: what is left must not tell whose row it was."""
    return response.status_code, UUID.sub("ID", response.text)


def routes(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or {"any method"}) - {"HEAD"}
        if context.path is not None
    }


async def test_each_route_has_a_rule_and_each_rule_a_route(school: School) -> None:
    assert routes(school.app) == set(RULES)


async def test_nothing_is_served_around_the_rules(school: School) -> None:
    around = {
        context.path
        for context in iter_route_contexts(school.app.routes)
        if not isinstance(context.original_route, APIRoute)
    }

    assert around == PLAIN_ROUTES
    assert all(RULES[("GET", path)] is Access.PUBLIC for path in PLAIN_ROUTES)


@pytest.mark.parametrize(("method", "template"), FOR_KEYS)
async def test_no_sign_in_passes_where_keys_are_asked_for(school: School, method: str, template: str) -> None:
    for who in (None, school.ada):
        answer = await school.ask(method, template, who, school.bobs)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(("method", "template"), GUARDED)
async def test_nobody_passes_without_signing_in(school: School, method: str, template: str) -> None:
    answer = await school.ask(method, template, None, school.bobs)

    if template.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("method", "template"), ADMINS_ONLY)
async def test_learners_do_not_pass_where_administrators_do(
    school_with_new_bob: School, method: str, template: str
) -> None:
    school = school_with_new_bob
    assert (await school.ask(method, template, school.ada, school.bobs)).status_code == 403
    assert (await school.ask(method, template, school.admin, school.bobs)).status_code not in {401, 403}


@pytest.mark.parametrize(("method", "template"), WITH_AN_ID)
async def test_the_id_of_somebody_else_answers_like_an_absent_one(
    school_with_new_bob: School, method: str, template: str
) -> None:
    school = school_with_new_bob
    foreign = await school.ask(method, template, school.ada, school.bobs)
    missing = await school.ask(method, template, school.ada, absent(school.services))

    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(missing)
    # The owner is answered: nothing was taken from him, and the request was a good one.
    assert (await school.ask(method, template, school.bob, school.bobs)).status_code in {200, 204}


@pytest.mark.parametrize("field", ["session_id", "replaces"])
async def test_an_id_in_a_body_of_somebody_else_answers_like_an_absent_one(school: School, field: str) -> None:
    def body(ids: Lesson) -> dict[str, str]:
        named = {"session_id": ids.session_id}
        if field == "replaces":
            named["replaces"] = ids.message_id
        return {"message": "And why?"} | named

    elsewhere = absent(school.services)
    foreign = await school.ask("POST", "/api/v1/chat", school.ada, school.bobs, json=body(school.bobs))
    missing = await school.ask("POST", "/api/v1/chat", school.ada, elsewhere, json=body(elsewhere))

    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(missing)


async def test_a_list_holds_only_ones_own(school: School) -> None:
    assert (await school.ask("GET", "/api/v1/sessions", school.ada, school.bobs)).json()["sessions"] == []
    own = (await school.ask("GET", "/api/v1/sessions", school.bob, school.bobs)).json()["sessions"]
    assert [session["id"] for session in own] == [school.bobs.session_id]


async def test_head_is_answered_as_get_is_and_changes_nothing(school_with_new_bob: School) -> None:
    school = school_with_new_bob
    everybody = (None, school.bob, school.admin)
    templates = [template for method, template in RULES if method == "GET"]
    before = rows(school.services)
    heads = [await school.ask("HEAD", template, who, school.bobs) for template in templates for who in everybody]
    assert rows(school.services) == before

    gets = [await school.ask("GET", template, who, school.bobs) for template in templates for who in everybody]
    assert [head.content for head in heads] == [b""] * len(heads)
    for head, get in zip(heads, gets, strict=True):
        if get.request.url.path == "/sign-in/link":
            continue
        assert {**headers_of(head), "status": head.status_code} == {**headers_of(get), "status": get.status_code}, (
            get.request.url
        )


def rows(services: Services) -> list[str]:
    """All that the database holds, without the lease by which a look at its health finds out whether it can write."""
    with closing(sqlite3.connect(services.settings.store.data_dir / "masterx.sqlite3")) as database:
        return [line for line in database.iterdump() if not line.startswith('INSERT INTO "leases"')]


def headers_of(response: httpx2.Response) -> dict[str, str]:
    """Without what is another one each time: ids, how many requests are left, lengths of what tells the time."""
    changing = {"x-request-id", "ratelimit-remaining", "content-length", "set-cookie"}
    return {name: value for name, value in response.headers.items() if name not in changing}


@pytest.mark.parametrize("address", ["/practice?subject=mathematics", "/api/v1/practice/next?subject=mathematics"])
async def test_head_begins_no_question(school: School, address: str) -> None:
    before = rows(school.services)
    assert (await school.ask("HEAD", address, school.ada, school.bobs)).status_code == 200
    assert rows(school.services) == before
    nowhere = address.replace("mathematics", "alchemy")
    head, get = [await school.ask(method, nowhere, school.ada, school.bobs) for method in ("HEAD", "GET")]
    assert head.status_code == get.status_code >= 400


async def test_head_uses_up_neither_a_link_nor_a_sign_in(school: School) -> None:
    secret = await school.services.accounts.issue_one_time_link(school.ada.user.id, loopback_only=False)
    for method, status in (("HEAD", 200), ("HEAD", 200), ("GET", 303), ("GET", 401)):
        answer = await school.ask(method, f"/sign-in/link?secret={secret}", None, school.bobs)
        assert answer.status_code == status
    renewing = {"Cookie": f"{REFRESH_COOKIE}={school.ada.tokens.refresh_token}"}
    for method, location in (("HEAD", "/sign-in?next=/lessons"), ("GET", "/lessons")):
        answer = await school.client.request(method, "/lessons", headers=renewing)
        assert answer.headers["location"] == location
        assert ("set-cookie" in answer.headers) is (method == "GET")


async def test_head_of_what_takes_no_get_is_told_what_it_takes(school: School) -> None:
    refused = await school.ask("HEAD", "/api/v1/chat", school.ada, school.bobs)
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")
    for address in ("/api/v1/sessions", "/lessons"):
        refused = await school.ask("PUT", address, school.ada, school.bobs)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_an_address_that_is_no_route_is_not_found_for_everybody(school: School) -> None:
    for who in (None, school.ada):
        assert (await school.ask("GET", "/api/v1/nothing", who, school.bobs)).status_code == 404
