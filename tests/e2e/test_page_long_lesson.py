"""A lesson of 2,000 messages opens, is typed in and is read backwards like a short one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from benchmarks.servers import Server
from playwright.sync_api import expect
from tests.e2e.conftest import OpenVisit, Visit

from masterx.clock import SystemClock, new_id
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

pytestmark = pytest.mark.browser

MESSAGES = 2_000
IN_THE_PAGE = 80
MORE_EACH_TIME = 40

ANSWER = """Take turn {n}: \\(x_{{{n}}} = {n} \\cdot x\\), and so \\[ \\sum_{{k=1}}^{{{n}}} k = {total} \\]

```python
print(sum(range({n} + 1)))
```

A sentence of the usual length stands here, so that the lesson is as tall as lessons are. And **another** one.
"""

TYPING = """async (letters) => {
  const box = document.getElementById('composer-text');
  const times = [];
  for (const letter of letters) {
    const start = performance.now();
    box.setRangeText(letter, box.value.length, box.value.length, 'end');
    box.dispatchEvent(new InputEvent('input', { bubbles: true, data: letter }));
    box.getBoundingClientRect();
    times.push(performance.now() - start);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length / 2)], times.at(-1)];
}"""
"""Milliseconds of script and layout for one key, median and longest."""


async def record_long_lesson(server: Server, user_id: str) -> str:
    clock = SystemClock()
    settings = StoreSettings(_env_file=None, data_dir=server.log.parent / "data")
    store = await open_store(settings, clock)
    now = clock.now() - timedelta(days=2)
    session = Session(
        id=new_id(now), user_id=user_id, started_at=now, last_activity_at=now, title="A lesson of many weeks"
    )
    for n in range(1, MESSAGES // 2 + 1):
        at = now + timedelta(seconds=n)
        question = Message(
            id=new_id(at),
            session_id=session.id,
            user_id=user_id,
            role=MessageRole.USER,
            content=f"What is turn {n}?",
            timestamp=at,
        )
        answer = Message(
            id=new_id(at),
            session_id=session.id,
            user_id=user_id,
            role=MessageRole.ASSISTANT,
            content=ANSWER.format(n=n, total=n * (n + 1) // 2),
            timestamp=at,
            reply_to=question.id,
            completeness=Completeness.COMPLETE,
        )
        session = await store.record_turn(
            TurnRecord(session=session, opens_session=n == 1, question=question, answer=answer, calls=())
        )
    await store.close()
    return session.id


@pytest.fixture
def long_lesson(visit: OpenVisit, masterx: Server) -> Visit:
    there = visit()
    user = there.context.request.get(f"{there.url}/api/v1/users/me").json()["id"]
    with ThreadPoolExecutor(1) as apart:
        session = apart.submit(asyncio.run, record_long_lesson(masterx, user)).result()
    there.open(f"/lessons/{session}")
    expect(there.page.locator(".prose:not([data-drawn])")).to_have_count(0)
    return there


def heap_megabytes(there: Visit) -> float:
    client = there.context.new_cdp_session(there.page)
    client.send("HeapProfiler.collectGarbage")
    used: float = client.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return used


def nodes(there: Visit) -> int:
    found: int = there.page.evaluate("document.querySelectorAll('*').length")
    return found


def test_the_newest_turns_are_there_and_earlier_ones_come_when_asked_for(long_lesson: Visit) -> None:
    page = long_lesson.page
    expect(page.locator(".turn")).to_have_count(IN_THE_PAGE)
    expect(page.locator(".question").last).to_have_text(f"What is turn {MESSAGES // 2}?")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)")
    assert page.evaluate("Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight)") <= 1
    # A formula alone takes some sixty nodes: what counts is that they are those of eighty messages, not of 2,000.
    assert nodes(long_lesson) < 200 * IN_THE_PAGE
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    typing = page.evaluate(TYPING, "The next question, as it is typed.")
    print(
        f"\nopened in {opened:.0f} ms; one key {typing[0]:.1f} ms (longest {typing[1]:.1f}); {nodes(long_lesson)} nodes"
    )

    for times in range(1, 6):
        button = page.get_by_role("button", name="Earlier in this lesson")
        button.scroll_into_view_if_needed()
        first = page.locator(".turn").first
        name = first.get_attribute("id")
        before = first.bounding_box()
        button.click()
        expect(page.locator(".turn")).to_have_count(IN_THE_PAGE + times * MORE_EACH_TIME)
        expect(page.locator(".prose:not([data-drawn])")).to_have_count(0)
        after = page.locator(f"#{name}").bounding_box()
        assert before is not None
        assert after is not None
        assert abs(after["y"] - before["y"]) <= 1
    old = page.locator(".turn--old")
    assert old.count() == IN_THE_PAGE + 5 * MORE_EACH_TIME - 24
    assert old.first.evaluate("node => getComputedStyle(node).contentVisibility") == "auto"
    typing_then = page.evaluate(TYPING, "The next question, as it is typed.")
    now = page.locator(".turn").count()
    print(f"with {now} messages: one key {typing_then[0]:.1f} ms, {heap_megabytes(long_lesson):.0f} MB")


def test_a_turn_at_its_end_is_like_any_other(long_lesson: Visit) -> None:
    long_lesson.page.fill("#composer-text", "")
    long_lesson.ask_and_wait("And then?")
    assert long_lesson.answer == "Watch a pattern decide it."
    expect(long_lesson.page.locator(".turn")).to_have_count(IN_THE_PAGE + 2)
    long_lesson.page.reload()
    expect(long_lesson.page.locator(".turn")).to_have_count(IN_THE_PAGE)
    expect(long_lesson.page.locator(".question").last).to_have_text("And then?")
