"""Saying what an answer was like: up, down, why, and how much; kept at once and changeable."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Route, expect
from tests.e2e.conftest import OpenVisit, Visit

pytestmark = pytest.mark.browser


def pressed(there: Visit, name: str) -> Locator:
    return there.page.get_by_role("button", name=name, pressed=True)


def test_down_asks_what_was_off_and_all_of_it_is_there_after_a_reload(lesson: Visit) -> None:
    page = lesson.page
    lesson.ask_and_wait("Hello")
    page.get_by_role("button", name="This did not help").click()
    panel = page.get_by_role("form", name="About this answer")
    expect(panel.get_by_text("What was off?")).to_be_visible()
    panel.get_by_text("Too fast", exact=True).click()
    expect(panel.get_by_role("checkbox", name="Too fast")).to_be_checked()
    panel.get_by_text("2", exact=True).click()
    panel.get_by_label("In your words").fill("  one step missing ")
    with page.expect_response("**/feedback"):
        panel.get_by_role("button", name="Send").click()
    expect(panel).to_be_hidden()

    page.reload()
    expect(pressed(lesson, "This did not help")).to_be_visible()
    page.get_by_role("button", name="More to say about this answer").click()
    expect(panel.get_by_role("checkbox", name="Too fast")).to_be_checked()
    expect(panel.get_by_role("checkbox", name="Too long")).not_to_be_checked()
    expect(panel.get_by_role("radio", name="2", exact=True)).to_be_checked()
    expect(panel.get_by_label("In your words")).to_have_value("one step missing")
    message = page.locator(".turn--tutor").get_attribute("data-message")
    session = page.locator("#main").get_attribute("data-session")
    found = lesson.context.request.get(f"{lesson.url}/api/v1/sessions/{session}").json()["messages"][-1]
    assert found["id"] == message
    assert (found["helpful"], found["quality_rating"]) == (False, 2)
    assert found["feedback_text"] == "Too fast\none step missing"


def test_a_vote_can_be_turned_and_taken_back(lesson: Visit) -> None:
    page = lesson.page
    lesson.ask_and_wait("Hello")
    with page.expect_response("**/feedback"):
        page.get_by_role("button", name="This helped").click()
    expect(page.get_by_text("What helped?")).to_be_visible()
    with page.expect_response("**/feedback"):
        page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_text("What was off?")).to_be_visible()
    expect(pressed(lesson, "This helped")).to_have_count(0)
    with page.expect_response("**/feedback"):
        page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_role("form", name="About this answer")).to_be_hidden()
    expect(page.get_by_role("button", name="More to say")).to_be_hidden()
    page.reload()
    expect(pressed(lesson, "This did not help")).to_have_count(0)


def test_what_cannot_be_saved_is_said_and_the_former_word_stands(visit: OpenVisit) -> None:
    there = visit()
    there.open()
    there.ask_and_wait("Hello")
    there.page.route("**/feedback", lambda route: route.abort())
    there.page.get_by_role("button", name="This helped").click()
    expect(there.page.locator(".rating-status")).to_have_text(
        "That could not be saved just now. Try again in a moment."
    )
    expect(pressed(there, "This helped")).to_have_count(0)


def test_the_newest_word_is_the_one_that_is_kept(lesson: Visit) -> None:
    """However long the one before it is on its way."""
    page, held = lesson.page, list[Route]()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    lesson.ask_and_wait("Hello")
    page.route("**/feedback", hold_the_first)
    with page.expect_request("**/feedback"):
        page.get_by_role("button", name="This helped").click()
    page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_text("What was off?")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.post_data_json == {"helpful": False}):
        held[0].continue_()
    page.reload()
    expect(pressed(lesson, "This did not help")).to_be_visible()
