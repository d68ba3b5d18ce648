"""Progress and reviews of somebody who has practised a little, and of somebody who has not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenVisit

pytestmark = pytest.mark.browser


def test_progress_says_what_will_be_there_and_then_how_sure_it_is(visit: OpenVisit) -> None:
    there = visit()
    there.open("/progress?subject=statistics")
    page = there.page
    expect(page.get_by_role("heading", name="Nothing practised in Statistics yet")).to_be_visible()
    page.get_by_role("link", name="Start with a first question").click()
    expect(page.locator("#item-question[data-drawn]")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator(".rung--open")).to_have_count(1)
    question = page.locator("#item-form").get_attribute("data-question")
    solved = there.context.request.post(
        f"{there.url}/practice/solution", data={"question_id": question}, headers={"Origin": there.url}
    )
    assert solved.ok
    there.open("/progress")
    expect(page.get_by_role("heading", name="Not sure yet")).to_be_visible()
    expect(page.get_by_text("on 1 of the last 7 days")).to_be_visible()
    expect(page.get_by_text("of 3 mastered").or_(page.get_by_text("of 2 mastered")).first).to_be_attached()


def test_reviews_say_when_the_next_one_is(visit: OpenVisit) -> None:
    there = visit()
    there.open("/reviews")
    page = there.page
    expect(page.get_by_role("heading", name="Nothing is due.")).to_be_visible()
    expect(page.get_by_role("heading", name="Coming days")).to_be_visible()
