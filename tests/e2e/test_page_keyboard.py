"""The whole way without a mouse: from the sign-in to a lesson, its tools, its menu, the settings, and out again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PASSWORD, OpenVisit, Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const node = document.activeElement;
  const box = (node.matches('input.for-readers') ? node.closest('label') : node).getBoundingClientRect();
  const style = getComputedStyle(node.matches('input.for-readers, textarea, .rating-words input')
    ? node.closest('label, .composer, .rating-words') : node);
  const name = (node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent).trim();
  const middle = [box.x + box.width / 2, box.y + box.height / 2];
  const top = document.elementFromPoint(...middle);
  return {
    name: name.replace(/\\s+/g, ' '),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3,
    seen: top !== null && (node.contains(top) || top.contains(node) || node.closest('label')?.contains(top) === true),
  };
}"""
"""What has the focus: its name, whether a ring shows it, and whether nothing stands over it."""


def tab_to(page: Page, name: str, *, backwards: bool = False, most: int = 60) -> None:
    """Press Tab until something of this name has the focus; on the way everything is named, ringed and in sight."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("[null, document.body].includes(document.activeElement)"):
            continue
        focused = page.evaluate(FOCUSED)
        passed.append(focused["name"])
        assert focused["name"], passed
        assert focused["ring"], focused
        assert focused["seen"], focused
        if focused["name"].startswith(name):
            return
    pytest.fail(f"never came to {name!r}: {passed}")


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    model.scripts = {
        # Until it is stopped, however slow the machine is.
        "slow": Script("word " * 600, pause=0.1),
        "code": Script("```python\nprint(1)\n```\n\n[A link](https://example.org/)"),
    }


def test_a_lesson_from_the_sign_in_to_the_sign_out(visit: OpenVisit) -> None:
    there = visit(signed_in=False, reduced_motion="reduce")
    page = there.page
    there.open("/")
    tab_to(page, "Create an account")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "Name")
    page.keyboard.type("Ada")
    tab_to(page, "E-mail")
    page.keyboard.type(there.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()

    page.keyboard.type("Show me code")
    page.keyboard.press("Enter")
    there.wait_until_answered()
    rate_the_answer(there)
    look_at_an_older_version(there)

    tab_to(page, "What to do with this lesson", backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("Printing")
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-title")).to_have_text("Printing")

    tab_to(page, "Settings", backwards=True)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    change_settings(there)
    tab_to(page, "Sign out everywhere")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()


def rate_the_answer(there: Visit) -> None:
    page = there.page
    tab_to(page, "This did not help", backwards=True)
    page.keyboard.press("Enter")
    tab_to(page, "Too fast")
    page.keyboard.press("Space")
    tab_to(page, "1 of 5, poor")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="2", exact=True)).to_be_checked()
    tab_to(page, "In your words")
    page.keyboard.type("slower, please")
    with page.expect_response("**/feedback"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="More to say about this answer")).to_be_focused()


def look_at_an_older_version(there: Visit) -> None:
    page = there.page
    tab_to(page, "Edit this message", backwards=True)
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type(", all of it")
    page.keyboard.press("Enter")
    there.wait_until_answered()
    tab_to(page, "2 versions", backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Older versions of this message")).to_be_visible()
    tab_to(page, "Copy")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="2 versions")).to_be_focused()


def change_settings(there: Visit) -> None:
    page = there.page
    tab_to(page, "Change subjects")
    page.keyboard.press("Enter")
    page.keyboard.type("chess")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Change subjects")).to_be_focused()
    tab_to(page, "As it fits")
    with page.expect_response("**/users/me"):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="In pictures")).to_be_checked()
    tab_to(page, "As the system")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    tab_to(page, "Single keys")
    page.keyboard.press("Space")
    tab_to(page, "Erase")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Erase everything")).to_be_visible()
    tab_to(page, "Keep my account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Erase", exact=True)).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Shift+Tab")


def test_an_answer_is_stopped_and_taken_up_again(lesson: Visit) -> None:
    page = lesson.page
    page.keyboard.type("Something slow")
    page.keyboard.press("Enter")
    expect(page.locator(".prose").last).to_contain_text("word")
    page.keyboard.press("Escape")
    expect(page.locator("#turns").get_by_text("You stopped here.")).to_be_visible()
    tab_to(page, "Go on from here", backwards=True)
    page.keyboard.press("Enter")
    lesson.wait_until_answered()
    expect(page.locator(".turn")).to_have_count(2)
