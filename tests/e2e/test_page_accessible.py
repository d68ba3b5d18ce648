"""axe finds nothing on the screens of learners: signing in, lessons and practice."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from benchmarks.servers import Server
from playwright.sync_api import expect
from tests.e2e.axe import SHAPE, WIDTHS, Look
from tests.e2e.conftest import OpenVisit, Visit
from tests.fakes.scripted_model import Script, ScriptedModel

from masterx.practice.bank_files import own_bank
from masterx.practice.drawing import draw

pytestmark = pytest.mark.browser

ANSWER = r"""**One** exact thing, [a link](https://example.org/) and `code`:

\[ \sum_{k=1}^n k = \frac{n(n+1)}{2} \]

```python
def total(n):  # all of them
    return n * (n + 1) // 2
```

| n | total |
|---|------:|
| 3 | 6 |

1. first
2. second
"""


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    model.scripts = {
        "everything": Script(ANSWER, piece_length=40),
        # Longer than the page is looked at.
        "story": Script("Once upon a time. " * 400, piece_length=6, pause=0.1),
        "breaks": Script("Push one side along", ending="cut"),
        "refuses": Script("", status=500),
        "waits": Script("at last", first_pause=30),
    }


def test_pages_of_nobody_in_particular(windows: OpenVisit, school: Any) -> None:
    look = Look(windows(school.url, **SHAPE))
    for path in ("/sign-in", "/forgot-password", "/reset-password", "/reset-password?secret=x", "/sign-in/link"):
        look.open(path)
    look.open("/register", "registration by invitation")
    look.open("/sign-in?done=password", "sign-in after something was done")
    look.page.fill("#email", "nobody@example.org")
    look.page.fill("#password", "not a password")
    look.page.get_by_role("button", name="Sign in").click()
    expect(look.page.get_by_role("alert")).to_be_visible()
    look.at("refused sign-in")
    assert look.found == {}
    assert look.seen == 8


def test_a_lesson_in_all_its_states(visit: OpenVisit) -> None:
    there = visit(**SHAPE)
    look, page = Look(there), there.page
    look.open("/", "new lesson")
    there.stop_the_clock()
    there.ask("It waits")
    page.clock.run_for(4_000)
    expect(page.get_by_text("Taking longer than usual.").first).to_be_visible()
    page.clock.resume()
    look.at("waiting")
    page.locator("#stop").click()
    page.fill("#composer-text", "")
    there.ask_and_wait("Show everything and \\(x^2\\)")
    expect(page.locator(".code .hljs-keyword").first).to_be_visible()
    look.at("answer")
    page.locator(".turn--learner").last.get_by_role("button", name="Edit this message").click()
    look.at("editing")
    page.keyboard.press("End")
    page.keyboard.type(" again")
    page.click("#send")
    page.get_by_role("button", name="2 versions").click()
    expect(page.locator("#versions .prose[data-drawn]")).to_be_visible()
    look.at("versions")
    page.keyboard.press("Escape")
    there.wait_until_answered()
    page.get_by_role("button", name="This did not help").click()
    page.get_by_text("Too fast", exact=True).click()
    look.at("rating")
    page.locator("#lesson-menu").click()
    look.at("menu", widths=[WIDTHS[0]])
    page.keyboard.press("Escape")
    there.ask("Tell a story")
    expect(page.locator("#turns .prose").last).to_contain_text("Once upon")
    look.at("writing")
    page.locator("#stop").click()
    expect(page.locator("#turns").get_by_text("You stopped here.")).to_be_visible()
    look.at("stopped")
    there.ask_and_wait("It breaks")
    look.at("broke off")
    there.ask("It refuses")
    expect(page.get_by_text("No model could answer just now.")).to_be_visible()
    look.at("no model")
    there.context.set_offline(True)
    page.fill("#composer-text", "Later")
    page.click("#send")
    expect(page.get_by_text("Waits here, goes out once you are online")).to_be_visible()
    look.at("offline")
    page.evaluate("document.getElementById('keyboard').showModal()")
    look.at("keys")
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('sign-in-again').showModal()")
    look.at("signed out while writing")
    assert look.found == {}
    assert look.seen == 14


def test_practice_in_all_its_states(visit: OpenVisit, masterx: Server) -> None:
    there = visit(**SHAPE)
    look, page = Look(there), there.page
    look.open("/practice", "subjects, none begun")
    look.open("/progress", "progress, nothing yet")
    look.open("/reviews", "reviews, nothing yet")
    there.open("/practice?subject=mathematics")
    expect(page.locator("#item-question[data-drawn]")).to_be_visible()
    look.at("a question")
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#item-said")).to_contain_text("This did not count as a try.")
    look.at("a blank answer")
    page.keyboard.press("h")
    expect(page.locator(".rung--open")).to_have_count(1)
    look.at("a hint")
    while page.get_by_role("button", name="Next hint").count():
        taken = page.locator(".rung--open").count()
        page.get_by_role("button", name="Next hint").click()
        expect(page.locator(".rung--open")).to_have_count(taken + 1)
    page.get_by_role("button", name="Show the solution").click()
    expect(page.locator("[data-solution]")).to_be_visible()
    look.at("a solution")
    for right in (False, True):
        page.get_by_role("button", name="Next", exact=True).click()
        expect(page.get_by_role("button", name="Check answer")).to_be_visible()
        answer_it(there, masterx, right=right)
        expect(page.locator("#item-said .notice")).to_contain_text("Right" if right else re.compile("Not yet|Nearly"))
        look.at("answered right" if right else "not yet")
    there.open("/practice?subject=physics&mode=placement")
    expect(page.locator("#item-question[data-drawn]")).to_be_visible()
    look.at("placement")
    there.open("/progress")
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    look.at("progress after some answers")
    there.open("/settings")
    look.at("settings with reviews")
    assert look.found == {}
    assert look.seen == 12


def answer_it(there: Visit, server: Server, *, right: bool) -> None:
    """The open question, as its item says it is right or as nobody would say it is."""
    page = there.page
    question = page.locator("#item-form").get_attribute("data-question")
    (database,) = server.log.parent.rglob("masterx.sqlite3")
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as rows:
        found = rows.execute("SELECT item_id, seed FROM practice_questions WHERE id = ?", (question,)).fetchone()
    task = draw(own_bank().items[found[0]], found[1]).task
    if task.choices:
        chosen = next(place for place, each in enumerate(task.choices) if (each == task.reference) is right)
        page.locator(".option").nth(chosen).click()
    else:
        answer = task.reference.partition("|")[0].strip() if right else "123456789"
        page.fill("#answer", f"{answer} {task.unit}" if task.unit and task.unit not in answer else answer)
    page.get_by_role("button", name="Check answer").click()
