"""The list of lessons: it follows what is said, and each lesson is renamed, ended and deleted from it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect
from tests.e2e.conftest import Visit

pytestmark = pytest.mark.browser


def row(there: Visit, title: str) -> Locator:
    return there.page.locator(".lesson-row", has_text=title)


def choose(there: Visit, title: str, action: str) -> None:
    row(there, title).hover()
    row(there, title).locator(".row-menu").click()
    there.page.get_by_role("menuitem", name=action).click()


@pytest.fixture
def two_lessons(lesson: Visit) -> Visit:
    for question in ("Fractions", "Derivatives"):
        lesson.open()
        lesson.ask_and_wait(question)
        expect(row(lesson, question)).to_be_visible()
    return lesson


def test_the_newest_lesson_comes_first_and_is_marked(two_lessons: Visit) -> None:
    links = two_lessons.page.locator(".lesson-link")
    expect(links).to_have_text(["Derivatives", "Fractions"])
    expect(links.first).to_have_attribute("aria-current", "page")
    expect(two_lessons.page.locator(".group-label")).to_have_text(["Today"])
    links.nth(1).click()
    expect(two_lessons.page.locator("#lesson-title")).to_have_text("Fractions")


def test_a_lesson_is_renamed_in_place(two_lessons: Visit) -> None:
    choose(two_lessons, "Derivatives", "Rename")
    two_lessons.page.keyboard.type("Slopes <b>&</b> tangents")
    two_lessons.page.keyboard.press("Enter")
    expect(two_lessons.page.locator("#lesson-title")).to_have_text("Slopes <b>&</b> tangents")
    two_lessons.page.reload()
    expect(row(two_lessons, "Slopes <b>&</b> tangents")).to_be_visible()


def test_escape_leaves_the_old_title(two_lessons: Visit) -> None:
    choose(two_lessons, "Fractions", "Rename")
    two_lessons.page.keyboard.type("Something else")
    two_lessons.page.keyboard.press("Escape")
    expect(row(two_lessons, "Fractions").locator(".row-menu")).to_be_focused()
    two_lessons.page.reload()
    expect(two_lessons.page.locator(".lesson-link")).to_have_text(["Derivatives", "Fractions"])


def test_a_deletion_can_be_undone(two_lessons: Visit) -> None:
    two_lessons.stop_the_clock()
    choose(two_lessons, "Fractions", "Delete")
    expect(row(two_lessons, "Fractions").get_by_text("Deleted.")).to_be_visible()
    two_lessons.page.get_by_role("button", name="Undo").click()
    expect(row(two_lessons, "Fractions").locator(".lesson-link")).to_be_visible()
    two_lessons.page.reload()
    expect(row(two_lessons, "Fractions")).to_be_visible()


def test_a_deletion_that_is_left_alone_happens(two_lessons: Visit) -> None:
    two_lessons.stop_the_clock()
    choose(two_lessons, "Fractions", "Delete")
    two_lessons.page.clock.run_for(9_000)
    expect(row(two_lessons, "Fractions").get_by_text("Deleted.")).to_be_visible()
    two_lessons.page.clock.run_for(1_000)
    expect(row(two_lessons, "Fractions")).to_have_count(0)
    two_lessons.page.reload()
    expect(two_lessons.page.locator(".lesson-link")).to_have_text(["Derivatives"])


def test_a_deletion_happens_at_once_when_the_page_is_left(two_lessons: Visit) -> None:
    address = two_lessons.page.url
    two_lessons.page.locator("#lesson-menu").click()
    two_lessons.page.get_by_role("menuitem", name="Delete").click()
    expect(two_lessons.page.locator("#turns")).to_be_hidden()
    two_lessons.open()
    expect(two_lessons.page.locator(".lesson-link")).to_have_text(["Fractions"])
    # Sent while the page was left, the deletion may come after the next page.
    two_lessons.wait_until("address => fetch(address).then(({ status }) => status === 404)", address)
    two_lessons.page.goto(address)
    expect(two_lessons.page.locator("h1")).to_contain_text("There is no such lesson here.")


def test_an_ended_lesson_says_so_and_opens_again(two_lessons: Visit) -> None:
    two_lessons.page.locator("#lesson-menu").click()
    two_lessons.page.get_by_role("menuitem", name="End the lesson").click()
    expect(two_lessons.page.locator("#lesson-subtitle")).to_contain_text(", ended")
    two_lessons.page.reload()
    expect(two_lessons.page.locator("#lesson-subtitle")).to_contain_text(", ended")
    two_lessons.ask_and_wait("One more thing")
    two_lessons.page.reload()
    expect(two_lessons.page.locator("#lesson-subtitle")).not_to_contain_text("ended")


def test_the_menu_keeps_to_the_keyboard(two_lessons: Visit) -> None:
    page = two_lessons.page
    opener = page.locator("#lesson-menu")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
