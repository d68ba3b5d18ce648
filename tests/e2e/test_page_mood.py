"""How a message was read: shown beside it, replaced by the learner's word, taken back, switched off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.axe import AT_REST, AXE, RUN
from tests.e2e.conftest import PASSWORD, PHONE, OpenVisit, Visit, post_form
from tests.fakes.providers import Script
from tests.fakes.reading_server import ReadingServer, reading_server
from tests.fakes.readings import in_state

from masterx.records.emotions import LearningState

pytestmark = pytest.mark.browser

STUCK = "I tried it five times, this is hopeless"
CURIOUS = "oh, so what happens at zero?"
DISTRESSED = "I cannot do this any more, I want to hurt myself"
PLAIN = "What is a prime number?"
HELP = "If you are in danger"

_numbers = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with reading_server(tmp_path_factory.mktemp("reading")) as started:
        started.reader.readings = {
            STUCK: in_state(STUCK, LearningState.FRUSTRATION, valence=-0.6),
            CURIOUS: in_state(CURIOUS, LearningState.CURIOSITY, valence=0.4),
            DISTRESSED: in_state(DISTRESSED, LearningState.ANXIETY, valence=-0.9),
        }
        yield started


@pytest.fixture
def learner(windows: OpenVisit, server: ReadingServer) -> Callable[..., Visit]:
    def open_visit(**options: object) -> Visit:
        there = windows(server.url, f"mood{next(_numbers)}@example.org", **options)
        post_form(there, "/register", email=there.email, name="Ada Learner", password=PASSWORD)
        there.open()
        return there

    return open_visit


def chip(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def violations(page: Page) -> list[str]:
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return found


def top_of(page: Page) -> float:
    box = page.locator(".turn--tutor .prose").last.bounding_box()
    assert box is not None
    return box["y"]


def test_a_reading_is_corrected_and_taken_back(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    there.ask_and_wait(STUCK)
    expect(page.get_by_text("Sounds frustrated")).to_be_visible()
    expect(page.get_by_text("So: smaller steps, one thing at a time.")).to_be_visible()
    before = top_of(page)
    page.get_by_role("button", name="Not right?").click()
    expect(page.get_by_role("dialog", name="How is it going, in your words?")).to_be_visible()
    assert violations(page) == []
    with page.expect_response("**/mood"):
        page.get_by_role("radio", name="Curious").click()
    expect(chip(page, "You said: curious. Change")).to_be_focused()
    page.reload()
    expect(chip(page, "You said: curious. Change")).to_be_visible()
    with page.expect_response("**/mood"):
        page.get_by_role("button", name="Undo").click()
    expect(chip(page, "Mood read: frustrated. Change")).to_be_focused()
    expect(page.get_by_text("So: smaller steps, one thing at a time.")).to_be_visible()
    assert top_of(page) == before


def test_a_plain_message_has_no_chip(learner: Callable[..., Visit]) -> None:
    there = learner()
    there.ask_and_wait(PLAIN)
    expect(there.page.locator(".mood-chip")).to_be_hidden()
    there.page.reload()
    expect(there.page.locator(".mood-chip")).to_be_hidden()


def test_by_keyboard_alone(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    there.ask_and_wait(STUCK)
    chip(page, "Mood read: frustrated. Change").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Curious")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="How is it going")).to_be_hidden()
    expect(chip(page, "Mood read: frustrated. Change")).to_be_focused()
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.get_by_role("radio", name="Bored")).to_be_focused()
    with page.expect_response("**/mood"):
        page.keyboard.press("Enter")
    expect(chip(page, "You said: bored. Change")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()


def test_on_a_phone_it_stands_below_the_message_and_help_before_the_answer(learner: Callable[..., Visit]) -> None:
    there = learner(viewport=PHONE, color_scheme="dark", reduced_motion="reduce")
    page = there.page
    there.ask_and_wait(STUCK)
    before = top_of(page)
    page.get_by_role("button", name="Not right?").click()
    with page.expect_response("**/mood"):
        page.get_by_role("radio", name="Puzzled").click()
    expect(chip(page, "You said: puzzled. Change")).to_be_visible()
    assert top_of(page) == before, "the answer that is read stays where it is"
    there.ask_and_wait(DISTRESSED)
    for _ in range(2):
        note = page.get_by_role("note", name="Where to find help")
        expect(note).to_contain_text(HELP)
        box, question = note.bounding_box(), page.locator(".question").last.bounding_box()
        assert box is not None
        assert question is not None
        assert question["y"] + question["height"] <= box["y"] < top_of(page)
        assert box["x"] + box["width"] <= PHONE["width"]
        assert violations(page) == []
        page.reload()


def test_what_cannot_be_saved_is_said_and_can_be_tried_again(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    there.ask_and_wait(STUCK)

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/mood", refuse)
    page.get_by_role("button", name="Not right?").click()
    page.get_by_role("radio", name="Pleased").click()
    expect(page.get_by_text("That could not be saved. What was read stands.")).to_be_visible()
    expect(chip(page, "Mood read: frustrated. Change")).to_be_visible()
    page.unroute("**/mood", refuse)
    with page.expect_response("**/mood"):
        page.get_by_role("button", name="Try again").click()
    expect(chip(page, "You said: pleased. Change")).to_be_visible()
    expect(page.get_by_text("That could not be saved.")).to_be_hidden()


def test_a_word_given_while_the_answer_is_written_is_kept(learner: Callable[..., Visit], server: ReadingServer) -> None:
    there = learner()
    page = there.page
    last = asyncio.Event()
    server.provider.scripts.append(Script(pieces=("One step ", "at a time."), pause=last))
    there.ask(STUCK)
    expect(page.locator(".prose").last).to_contain_text("One step")
    page.get_by_role("button", name="Not right?").click()
    page.get_by_role("radio", name="Puzzled").click()
    expect(chip(page, "You said: puzzled. Change")).to_be_visible()
    with page.expect_response("**/mood") as saved:
        server.loop.call_soon_threadsafe(last.set)
    assert saved.value.status == 200
    there.wait_until_answered()
    page.reload()
    expect(chip(page, "You said: puzzled. Change")).to_be_visible()


def test_whoever_was_signed_out_signs_in_and_their_word_is_kept(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    there.ask_and_wait(STUCK)
    there.context.clear_cookies()
    page.get_by_role("button", name="Not right?").click()
    page.get_by_role("radio", name="Worried").click()
    page.get_by_label("Password for").fill(PASSWORD)
    with page.expect_response(lambda response: "/mood" in response.url and response.status == 200):
        page.get_by_role("button", name="Sign in and go on").click()
    expect(chip(page, "You said: worried. Change")).to_be_visible()


def test_switched_off_beside_the_message_nothing_is_read_or_shown(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    there.ask_and_wait(STUCK)
    page.get_by_role("button", name="Not right?").click()
    page.get_by_role("button", name="Turn reading off").click()
    expect(page.get_by_text("Your messages are not read for mood any more.").last).to_be_visible()
    expect(page.locator(".mood-chip")).to_be_hidden()
    page.get_by_role("button", name="Close", exact=True).click()
    there.ask_and_wait(CURIOUS)
    expect(page.locator(".mood:visible")).to_have_count(0)
    session = page.locator("#main").get_attribute("data-session")
    messages = there.context.request.get(f"{there.url}/api/v1/sessions/{session}").json()["messages"]
    assert messages[2]["emotion_state"] is None
    page.reload()
    expect(page.locator(".mood:visible")).to_have_count(0)
    there.open("/settings")
    expect(page.get_by_role("switch", name="Read my mood")).not_to_be_checked()
    expect(page.get_by_role("switch", name="Show me what was read")).to_be_disabled()


def test_the_settings_switch_each_part_and_forget(learner: Callable[..., Visit]) -> None:
    there = learner()
    page = there.page
    offer = page.get_by_role("switch", name="Read my mood")
    expect(offer).to_be_checked()
    for wanted in (False, True):
        with page.expect_response("**/mood"):
            offer.click()
        expect(offer).to_be_checked(checked=wanted)
    there.ask_and_wait(STUCK)
    lesson = page.url
    there.open("/settings")
    examples = page.get_by_role("switch", name="Let corrections be kept as examples")
    expect(examples).not_to_be_checked()
    there.stop_the_clock()
    examples.click()
    expect(page.locator("#saved")).to_be_visible()
    page.clock.resume()
    with page.expect_response("**/mood"):
        page.get_by_role("switch", name="Show me what was read").click()
    page.goto(lesson)
    expect(page.locator(".mood:visible")).to_have_count(0)
    there.open("/settings")
    expect(examples).to_be_checked()
    with page.expect_response("**/mood"):
        page.get_by_role("switch", name="Show me what was read").click()
    page.get_by_role("button", name="Forget what was read").click()
    assert violations(page) == []
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("Nothing is kept of what was read before.")).to_be_visible()
    page.goto(lesson)
    expect(page.locator(".question")).to_have_text(STUCK)
    expect(page.locator(".mood:visible")).to_have_count(0)
