"""Editing what was asked: the lesson starts from there, and what followed is kept to be read."""

from __future__ import annotations

from threading import Event

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    model.scripts = {
        "one": Script("First \\(x^2\\)."),
        "two": Script("Second."),
        "changed": Script("Changed."),
        "again": Script("Once more."),
    }


def test_a_message_is_edited_and_what_followed_it_is_kept_as_a_version(lesson: Visit) -> None:
    page = lesson.page
    lesson.ask_and_wait("Ask one")
    lesson.ask_and_wait("Ask two")
    page.fill("#composer-text", "half a thought")
    page.locator(".turn--learner").first.hover()
    page.get_by_role("button", name="Edit this message").first.click()
    expect(page.locator("#composer-text")).to_have_value("Ask one")
    expect(page.get_by_text("Editing a message.")).to_be_visible()
    page.fill("#composer-text", "Ask changed")
    page.keyboard.press("Enter")
    lesson.wait_until_answered()
    expect(page.locator(".question")).to_have_text(["Ask changed"])
    expect(page.locator(".prose")).to_have_text(["Changed."])
    expect(page.locator("#composer-text")).to_have_value("half a thought")

    for _ in range(2):
        page.get_by_role("button", name="2 versions").click()
        dialog = page.get_by_role("dialog", name="Older versions of this message")
        expect(dialog.locator(".question")).to_have_text(["Ask one", "Ask two"])
        expect(dialog.locator(".prose .katex")).to_have_count(1)
        expect(dialog.locator(".prose").last).to_have_text("Second.")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name="2 versions")).to_be_focused()
        page.reload()
        expect(page.locator(".prose[data-drawn]")).to_be_visible()


def test_a_message_that_was_replaced_in_another_window_is_not_replaced_again(lesson: Visit) -> None:
    lesson.ask_and_wait("Ask one")
    other = lesson.context.new_page()
    other.goto(lesson.page.url)
    other.get_by_role("button", name="Answer again").click()
    expect(other.get_by_role("button", name="2 versions")).to_be_enabled()
    lesson.page.get_by_role("button", name="Answer again").click()
    expect(lesson.page.get_by_role("alert")).to_contain_text("This lesson went on elsewhere.")
    expect(lesson.page.locator("#composer-text")).to_have_value("Ask one")


def test_up_in_an_empty_box_edits_the_last_message_and_escape_leaves_it(lesson: Visit) -> None:
    page = lesson.page
    lesson.ask_and_wait("Ask one")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#composer-text")).to_have_value("Ask one")
    page.keyboard.press("Escape")
    expect(page.locator("#composer-text")).to_have_value("")
    page.keyboard.press("ArrowUp")
    page.keyboard.type(", changed")
    page.keyboard.press("Enter")
    lesson.wait_until_answered()
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="3 versions")).to_be_visible()
    lesson.wait_until_answered()
    page.reload()
    page.get_by_role("button", name="3 versions").click()
    expect(page.locator("#versions .question")).to_have_text(["Ask one", "Ask one, changed"])


def test_an_answer_asked_for_again_keeps_the_former_one(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask_and_wait("Ask one")
    model.scripts["one"] = Script("Another way.")
    lesson.page.get_by_role("button", name="Answer again").click()
    expect(lesson.page.locator("#turns .prose")).to_have_text("Another way.")
    lesson.page.get_by_role("button", name="2 versions").click()
    expect(lesson.page.locator("#versions .prose")).to_contain_text("First")


def test_older_versions_are_offered_once_the_newest_is_kept(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask_and_wait("Ask one")
    enough = Event()
    model.scripts["one"] = Script("Another way. ", pause=0.01, until=enough)
    lesson.page.get_by_role("button", name="Answer again").click()
    expect(lesson.page.locator("#turns .prose")).to_contain_text("Another way.")
    versions = lesson.page.get_by_role("button", name="2 versions")
    expect(versions).to_be_disabled()
    top = versions.bounding_box()
    enough.set()
    expect(versions).to_be_enabled()
    assert versions.bounding_box() == top
    versions.click()
    expect(lesson.page.locator("#versions .prose")).to_contain_text("First")
