"""Finding what was said: from the side bar, by its key, without scripts; and coming to the very message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import expect
from tests.e2e.axe import AXE, RUN
from tests.e2e.conftest import PASSWORD, PHONE, OpenVisit, Visit, post_form
from tests.fakes.reading_server import ReadingServer, reading_server
from tests.fakes.readings import make_reading
from tests.fakes.records import make_session, make_turn

from masterx.records.sessions import Session

pytestmark = pytest.mark.browser

SOUGHT = "My dog is called Euler <img src=x onerror=alert(1)>"
TURNS = 50
"""More messages than a lesson shows at first."""

_numbers = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with reading_server(tmp_path_factory.mktemp("searching")) as started:
        started.reader.readings = dict.fromkeys((SOUGHT, "Euler", "my pet"), make_reading("dog"))
        yield started


@pytest.fixture
def learner(windows: OpenVisit, server: ReadingServer) -> Callable[..., Visit]:
    def open_visit(**options: object) -> Visit:
        there = windows(server.url, f"seeker{next(_numbers)}@example.org", **options)
        post_form(there, "/register", email=there.email, name="Ada Learner", password=PASSWORD)
        return there

    return open_visit


async def long_lesson(server: ReadingServer, email: str) -> Session:
    """What is sought is its first message."""
    store = server.services.store
    user = await store.user_by_email(email)
    assert user is not None
    begun = datetime.now(UTC) - timedelta(days=2)
    session = make_session(user, at=begun, title="Dogs and their names")
    for number in range(TURNS):
        at = begun + timedelta(minutes=number)
        text = SOUGHT if number == 0 else f"Question {number}"
        turn = make_turn(replace(session, last_activity_at=at), opens_session=number == 0, at=at, question=text)
        meaning = tuple(make_reading("dog").embedding.tolist()) if number == 0 else None
        await store.record_turn(replace(turn, question=replace(turn.question, embedding=meaning)))
    return session


def violations(there: Visit) -> list[str]:
    if not there.page.evaluate("'axe' in window"):
        there.page.evaluate(AXE)
    found: list[str] = there.page.evaluate(RUN)
    return found


def test_a_key_leads_to_the_box_and_a_result_to_the_very_message(
    learner: Callable[..., Visit], server: ReadingServer
) -> None:
    there = learner()
    page = there.page
    server.run(long_lesson(server, there.email))
    there.open("/settings")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search my lessons")).to_be_focused()
    page.keyboard.type("Euler")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=Euler")
    expect(page.get_by_text("1 place, the nearest in meaning first")).to_be_visible()
    result = page.get_by_role("listitem").filter(has_text="My dog is called")
    expect(result.locator("mark")).to_have_text("Euler")
    expect(result).to_contain_text("<img src=x onerror=alert(1)>")
    expect(result).to_contain_text("You, ")
    assert violations(there) == []
    result.get_by_role("link", name="Dogs and their names").click()
    sought = page.locator(".turn--sought")
    expect(sought).to_contain_text("My dog is called Euler")
    expect(sought).to_be_in_viewport()
    expect(sought.locator("h2")).to_be_focused()
    expect(page.locator(".turn")).to_have_count(2 * TURNS)
    assert violations(there) == []


def test_where_the_side_bar_is_folded_the_key_opens_it(learner: Callable[..., Visit]) -> None:
    there = learner(viewport={"width": 1000, "height": 800})
    there.open("/settings")
    there.page.keyboard.press("/")
    expect(there.page.get_by_role("searchbox", name="Search my lessons")).to_be_focused()
    there.page.keyboard.press("Escape")
    there.page.get_by_role("link", name="Search my lessons").click()
    expect(there.page.get_by_text("After your first lesson")).to_be_visible()


def test_on_a_phone_and_without_scripts(learner: Callable[..., Visit], server: ReadingServer) -> None:
    there = learner(viewport=PHONE, color_scheme="dark")
    server.run(long_lesson(server, there.email))
    there.open("/search?q=something+else")
    expect(there.page.get_by_text("Nothing like that in your lessons.")).to_be_visible()
    assert violations(there) == []
    assert there.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    plain = learner(viewport=PHONE, java_script_enabled=False)
    session = server.run(long_lesson(server, plain.email))
    plain.open("/search")
    plain.page.get_by_label("Words, or what it was about").fill("my pet")
    plain.page.locator("main").get_by_role("button", name="Search").click()
    plain.page.get_by_role("link", name="Dogs and their names").click()
    plain.page.wait_for_url(f"**/lessons/{session.id}#m-*")


def test_without_the_encoder_it_says_what_is_possible(learner: Callable[..., Visit], server: ReadingServer) -> None:
    there = learner()
    server.reader.fails = True
    answer = there.page.goto(f"{there.url}/search?q=Euler")
    server.reader.fails = False
    assert answer is not None
    assert answer.status == 503
    expect(there.page.get_by_text("Search is not possible just now.")).to_be_visible()
    there.problems.clear()  # the browser notes the status itself
    there.page.get_by_role("link", name="Try again").click()
    expect(there.page.get_by_text("Nothing like that in your lessons.")).to_be_visible()
