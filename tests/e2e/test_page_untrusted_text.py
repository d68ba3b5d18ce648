"""What a model writes never runs, never dresses up as the page, and never calls another host."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from benchmarks.servers import Server
from playwright.sync_api import expect
from tests.e2e.conftest import OpenVisit, Visit
from tests.fakes.hostile_text import PAYLOADS
from tests.fakes.scripted_model import Script, ScriptedModel

from masterx.clock import SystemClock, new_id
from masterx.records.messages import Message, MessageRole
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

pytestmark = pytest.mark.browser

TAGS = (
    "A B BLOCKQUOTE BR BUTTON CODE DEL DIV EM FIGCAPTION FIGURE H1 H2 H3 H4 H5 H6 HR I KBD LI OL P PRE S SPAN STRONG "
    "SUB SUP TABLE TBODY TD TH THEAD TR U UL SVG USE"
)

SURVEY = """(tags) => {
  const known = new Set(tags.split(' '));
  const suspicious = (name, value) =>
    /^(on|hx-)|^(style|id|name|src|srcdoc|action)$/.test(name) ||
    (name === 'data-action' && value !== 'copy-code') ||
    (name === 'href' && !/^(https?:|mailto:|[/]static[/])/.test(value)) ||
    (name === 'class' && /skip|button--|notice|dialog/.test(value));
  return [...document.querySelectorAll('#turns .prose *, #turns .question *')]
    .filter((node) => !node.closest('.katex, .katex-display'))
    .filter((node) => !known.has(node.tagName.toUpperCase())
      || [...node.attributes].some(({ name, value }) => suspicious(name, value)))
    .map((node) => node.outerHTML);
}"""
"""What stands in the lesson and is not on the list of harmless nodes; KaTeX's own nodes are its own."""


ANYWHERE = """() => [...document.querySelectorAll('*')]
  .filter((node) => [...node.attributes].some(({ name }) => name.startsWith('on') || name === 'style')
    || /^(iframe|object|embed|img|video|audio|base|frame|portal|marquee|applet)$/i.test(node.tagName)
    || (node.tagName === 'SCRIPT' && !node.getAttribute('src')?.startsWith('/static/'))
    || /^\\s*(?!https?:|mailto:)[a-z]+:/i.test(node.getAttribute('href') ?? ''))
  .filter((node) => !node.closest('.katex, .turn--old, #lesson-actions, #room, .turn'))
  .map((node) => node.outerHTML.slice(0, 200))"""
"""What could run or load on any page; a lesson's turns have a stricter survey of their own."""


def test_there_are_enough_of_them() -> None:
    assert len(PAYLOADS) >= 150


@pytest.mark.parametrize("piece_length", [1, 7, 10_000])
def test_nothing_in_an_answer_runs(lesson: Visit, model: ScriptedModel, piece_length: int) -> None:
    asked: list[str] = []
    lesson.page.on("request", lambda request: asked.append(request.url))
    lesson.page.on("dialog", lambda dialog: dialog.dismiss())
    model.scripts = {"everything": Script("\n\n".join(PAYLOADS), piece_length=piece_length)}
    lesson.ask_and_wait("Show me everything")
    for link in lesson.page.locator(".prose a", has_text="press").all():
        link.click(modifiers=["Alt"], no_wait_after=True)
    for _ in range(2):
        assert lesson.page.evaluate(SURVEY, TAGS) == []
        assert lesson.page.evaluate("window.hit") is None
        assert [url for url in asked if not url.startswith((lesson.url, "data:"))] == []
        expect(lesson.page.locator(".prose").last).to_contain_text("<script>window.hit=1</script>")
        lesson.page.reload()
        expect(lesson.page.locator(".prose[data-drawn]")).to_be_visible()


def test_links_open_elsewhere_and_tell_nothing(lesson: Visit, model: ScriptedModel) -> None:
    model.scripts = {"link": Script("See [the page](https://example.org/a) for more.")}
    lesson.ask_and_wait("A link?")
    link = lesson.page.get_by_role("link", name="the page")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")


def test_nothing_that_a_learner_writes_runs(lesson: Visit) -> None:
    lesson.ask_and_wait("\n\n".join(PAYLOADS))
    assert lesson.page.evaluate(SURVEY, TAGS) == []
    lesson.page.reload()
    expect(lesson.page.locator(".question[data-drawn]")).to_be_visible()
    assert lesson.page.evaluate(SURVEY, TAGS) == []
    assert lesson.page.evaluate("window.hit") is None


async def record_hostile_school(server: Server, user_id: str) -> str:
    """Lessons whose titles, and people whose names, are the payloads. Returns the newest lesson."""
    clock = SystemClock()
    store = await open_store(StoreSettings(_env_file=None, data_dir=server.log.parent / "data"), clock)
    opened = ""
    for n, payload in enumerate(PAYLOADS):
        now = clock.now()
        session = Session(id=new_id(now), user_id=user_id, started_at=now, last_activity_at=now, title=payload)
        question, answer = (
            Message(id=new_id(now), session_id=session.id, user_id=user_id, role=role, content=payload, timestamp=now)
            for role in (MessageRole.USER, MessageRole.ASSISTANT)
        )
        await store.record_turn(
            TurnRecord(
                session=session,
                opens_session=True,
                question=question,
                answer=replace(answer, reply_to=question.id, feedback_text=payload, helpful=False),
                calls=(),
            )
        )
        await store.add_user(User(id=new_id(now), email=f"hostile{n}@example.org", name=payload, created_at=now))
        opened = session.id
    await store.close()
    return opened


def titles_of_all_lessons(there: Visit) -> list[str]:
    """In the list, once its last page has come."""
    links, older = there.page.locator(".lesson-link"), there.page.get_by_role("button", name="Older lessons")
    while older.count():
        before = links.count()
        older.click()
        expect(links).not_to_have_count(before)
    return links.all_text_contents()


def test_no_name_and_no_title_runs_anywhere(operator: OpenVisit, school: Server) -> None:
    there = operator()
    page = there.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    user = there.context.request.get(f"{there.url}/api/v1/users/me").json()["id"]
    with ThreadPoolExecutor(1) as apart:
        newest = apart.submit(asyncio.run, record_hostile_school(school, user)).result()

    def survey() -> None:
        assert page.evaluate(ANYWHERE) == []
        assert page.evaluate("window.hit") is None
        assert [url for url in asked if not url.startswith((there.url, "data:"))] == []

    there.open()
    shown = titles_of_all_lessons(there)
    assert len(shown) >= len(PAYLOADS)
    assert {payload.strip() for payload in PAYLOADS} <= {text.strip() for text in shown}
    survey()

    there.open(f"/lessons/{newest}")
    expect(page.locator(".prose[data-drawn]")).to_be_visible()
    page.locator("#lesson-menu").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.keyboard.type("<img src=x onerror=window.hit=1>")
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-title")).to_have_text("<img src=x onerror=window.hit=1>")
    page.get_by_role("button", name="More to say about this answer").click()
    survey()

    people = 0
    there.open("/admin/people")
    while True:
        people += page.locator("[data-person]").count()
        survey()
        if page.get_by_role("link", name="More people").count() == 0:
            break
        with page.expect_navigation():
            page.get_by_role("link", name="More people").click()
    assert people > len(PAYLOADS)
    page.locator("[data-person] a").last.click()
    page.get_by_role("button", name="Password link for").click()
    expect(page.get_by_role("dialog", name="A link for a new password")).to_be_visible()
    survey()

    for payload in PAYLOADS[:12]:
        answer = there.context.request.patch(
            f"{there.url}/api/v1/users/me",
            data={"name": payload[:100], "learning_preferences": {"preferred_subjects": [payload[:60]]}},
            headers={"Origin": there.url},
        )
        if answer.status != 200:
            continue
        there.open("/settings")
        expect(page.locator(".person-name")).to_have_text(payload[:100].strip())
        survey()
