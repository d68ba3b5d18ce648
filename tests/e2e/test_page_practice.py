"""Practising in the page: answers, hints, the solution; by keyboard, on a phone, and while the server is away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PHONE, OpenVisit, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def practice(visit: OpenVisit) -> Visit:
    there = visit()
    there.open("/practice?subject=physics")
    expect(there.page.locator("#item-question[data-drawn]")).to_be_visible()
    return there


def say_something(page: Page) -> None:
    """An answer that is judged, whatever is asked."""
    option = page.locator(".option").first
    if option.count():
        option.click()
    else:
        page.fill("#answer", "123456789 kg")


def test_hints_solution_and_the_next_question_by_keyboard_alone(practice: Visit) -> None:
    page = practice.page
    skill = page.locator("#item-skill").inner_text()
    expect(page.get_by_text(re.compile(r"^About \d+ in \d+ for you$"))).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator(".rung--open")).to_have_count(1)
    expect(page.locator("#announcements")).to_contain_text("Hint 1")
    while page.get_by_role("button", name="Next hint").count():
        taken = page.locator(".rung--open").count()
        page.keyboard.press("h")
        expect(page.locator(".rung--open")).to_have_count(taken + 1)
    page.get_by_role("button", name="Show the solution").press("Enter")
    expect(page.locator("[data-solution]")).to_be_visible()
    expect(page.locator("#run-words")).to_have_text("1 not yet.")
    first = page.locator("#item-form").get_attribute("data-question")
    page.get_by_role("button", name="Next", exact=True).press("Enter")
    expect(page.locator("#item-form")).not_to_have_attribute("data-question", first or "")
    expect(page.locator("#item-skill")).to_have_text(skill)
    practice.page.reload()
    expect(page.locator("#run-words")).to_have_text("1 not yet.")
    assert "wrong" not in page.locator("#main").inner_text().lower()
    over = "<div data-nothing><p>Nothing is left.</p></div>"
    page.route("**/practice/next", lambda route: route.fulfill(body=over, content_type="text/html"))
    page.get_by_role("button", name="Skip this one").press("Enter")
    expect(page.locator("[data-nothing]")).to_be_focused()


def test_a_blank_answer_uses_no_try_and_a_judged_one_rests(practice: Visit) -> None:
    page = practice.page
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#item-said")).to_contain_text("This did not count as a try.")
    expect(page.get_by_role("button", name="Check answer")).to_be_focused()
    say_something(page)
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#item-form")).to_have_attribute("data-state", re.compile("judged|open"))
    expect(page.locator("#announcements")).not_to_be_empty()
    expect(page.locator("#item-main")).to_be_focused()


def test_what_was_written_is_kept_while_the_server_is_away(practice: Visit) -> None:
    page = practice.page
    page.route("**/practice/answer", lambda route: route.abort())
    say_something(page)
    page.get_by_role("button", name="Check answer").click()
    expect(page.get_by_role("alert").filter(has_text="The server cannot be reached")).to_be_visible()
    page.unroute("**/practice/answer")
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator("#item-said .notice")).to_be_visible()


def ask_of(there: Visit, subject: str, skill: str) -> None:
    """The page then shows a question of this skill, where it takes an answer in writing."""
    for _ in range(12):
        body = {"subject": subject, "skill": skill, "skip": True}
        asked = there.context.request.post(
            f"{there.url}/api/v1/practice/next", data=body, headers={"Origin": there.url}
        )
        if asked.json()["question"]["kind"] == "number":
            there.open(f"/practice?subject={subject}")
            return
    raise AssertionError(f"no number is asked in {skill}")


def test_what_is_written_is_read_back_and_checking_never_waits_for_it(visit: OpenVisit) -> None:
    there = visit()
    ask_of(there, "mathematics", "linear-equations")
    page = there.page
    page.get_by_label("Your answer").press_sequentially("17/4")
    expect(page.locator("#item-reading .katex")).to_be_visible()
    expect(page.locator("#item-reading annotation")).to_have_text(r"\frac{17}{4}")
    page.route("**/practice/reading", lambda route: route.abort())
    page.get_by_label("Your answer").fill("4")
    expect(page.locator("#item-reading")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#item-said .notice")).to_be_visible()


def test_a_level_is_found_without_marks_and_can_be_paused(visit: OpenVisit) -> None:
    there = visit()
    there.open("/practice")
    page = there.page
    page.get_by_role("link", name="Find my level in Physics").click()
    for _ in range(2):
        asked = page.locator("#item-form").get_attribute("data-question") or ""
        page.get_by_role("button", name="I do not know").click()
        expect(page.locator("#item-form")).not_to_have_attribute("data-question", asked)
        expect(page.locator("#item-said .notice")).to_have_count(0)
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("link", name="Go on finding my level in Physics").click()
    expect(page.get_by_text("Question 3.")).to_be_visible()


def test_a_phone_reaches_everything_from_its_bottom_bar_without_sideways_scrolling(visit: OpenVisit) -> None:
    there = visit(viewport=PHONE)
    there.open("/practice?subject=python")
    page = there.page
    for word in ("Progress", "Review", "Practise"):
        page.get_by_role("navigation", name="Main pages").get_by_role("link", name=word).click()
        expect(page.get_by_role("heading", name=word, level=1)).to_be_visible()
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
