"""The question below an answer: hinted, answered, solved, and what the learner model makes of it; and goals."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from benchmarks.servers import Server
from playwright.sync_api import Locator, expect
from tests.e2e.axe import SHAPE, Look
from tests.e2e.conftest import OpenVisit, Visit

from masterx.practice.bank_files import own_bank
from masterx.practice.drawing import Item, draw

pytestmark = pytest.mark.browser


def test_a_question_is_worked_through_in_its_lesson_and_counts(visit: OpenVisit, masterx: Server) -> None:
    there = visit(**SHAPE)
    page, look = there.page, Look(there)
    there.open()
    there.ask_and_wait("How do I solve linear equations such as 3x + 5 = 20?")
    card = page.locator("[data-lesson-question]")
    expect(card.get_by_role("heading", name="Try it Linear equations")).to_be_visible()
    expect(card.get_by_text(re.compile(r"^About \d+ in \d+ for you$"))).to_be_visible()
    card.get_by_role("button", name="Check answer").press("Enter")
    expect(card.locator("[data-said-text]")).to_contain_text("This did not count as a try.")
    expect(card.locator("[data-said-text]")).to_be_focused()
    card.get_by_role("button", name="Hint").press("Enter")
    expect(card.get_by_role("list", name="Hints").get_by_role("listitem")).to_have_count(1)
    expect(page.locator("#announcements")).to_contain_text("Hint 1")
    look.at("a question below an answer")
    item = asked(card, masterx)
    error = item.task.errors[0]
    say(card, error.answer)
    expect(card).to_have_attribute("data-state", "judged")
    assert words(error.feedback) in words(card.locator("[data-said-text]").inner_text())
    expect(card.locator("[data-solution]")).to_be_visible()
    expect(
        card.get_by_text(re.compile(r"^After \d+ more answers your ability in mathematics is shown\."))
    ).to_be_visible()
    look.at("not yet, with its solution")
    assert answers(there) == 1
    for text in ("And why?", "Another way?", "How do I solve linear equations with brackets?"):
        there.ask_and_wait(text)
    second = card.nth(1)
    expect(second.locator("[data-drawn]").first).to_be_visible()
    second.get_by_role("button", name="Hint").click()
    expect(second.locator('[data-hint="1"]')).to_be_visible()
    item = asked(second, masterx)
    say(second, right_answer(item))
    expect(second.locator("[data-said-text]")).to_contain_text("Right")
    assert answers(there) == 2
    page.reload()
    expect(page.locator('[data-lesson-question][data-state="judged"]')).to_have_count(2)
    second.get_by_role("link", name="More of linear equations").click()
    expect(page.locator("#item-skill")).to_have_text("Linear equations")
    assert look.found == {}


def test_questions_can_be_switched_off_where_they_stand(visit: OpenVisit) -> None:
    there = visit()
    there.open()
    there.ask_and_wait("How do I solve linear equations such as 3x + 5 = 20?")
    there.page.get_by_role("button", name="Do not offer questions").click()
    expect(there.page.locator("#turns").get_by_text("No more questions in lessons.")).to_be_focused()
    assert (
        there.context.request.get(f"{there.url}/api/v1/users/me").json()["learning_preferences"]["questions_in_lessons"]
        is False
    )


def test_a_goal_is_set_reached_changed_and_given_up(visit: OpenVisit) -> None:
    there = visit(**SHAPE)
    page, look = there.page, Look(there)
    there.open("/progress?subject=physics")
    goal = page.get_by_role("region", name="Goal")
    goal.get_by_text("Set a goal").click()
    goal.get_by_label("What").select_option("questions")
    expect(goal.get_by_label("By")).to_be_hidden()
    goal.get_by_role("button", name="Save").click()
    expect(goal.get_by_role("alert")).to_have_text("Write a number above 0.")
    look.at("a goal that lacks its number")
    goal.get_by_label("How much").fill("1")
    page.keyboard.press("Enter")
    expect(goal.get_by_text("1 question of physics a week.")).to_be_visible()
    expect(goal.get_by_text("0 of 1")).to_be_visible()
    give_up_a_question(there, "physics")
    page.reload()
    expect(goal.get_by_text("Reached. Set the next one, or keep this.")).to_be_visible()
    look.at("a goal that is reached")
    goal.get_by_text("Change").click()
    goal.get_by_label("What").select_option("ability")
    goal.get_by_label("How much").fill("70")
    goal.get_by_role("button", name="Save").click()
    expect(goal.get_by_role("alert")).to_have_text("Name the day by which you want to be there.")
    goal.get_by_label("By").fill("2099-06-01")
    goal.get_by_role("button", name="Save").click()
    expect(goal.get_by_text("Reach 70 in physics by 1 June 2099.")).to_be_visible()
    expect(goal.get_by_text("A forecast comes once your answers span a few days.")).to_be_visible()
    goal.get_by_text("Change").click()
    goal.get_by_role("button", name="Give it up").click()
    expect(goal.get_by_text("What would you like to reach in physics?")).to_be_visible()
    assert look.found == {}


def asked(card: Locator, server: Server) -> Item:
    """As it was drawn; a hint has opened it."""
    question = card.get_attribute("data-lesson-question")
    (database,) = server.log.parent.rglob("masterx.sqlite3")
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as rows:
        found = rows.execute("SELECT item_id, seed FROM practice_questions WHERE id = ?", (question,)).fetchone()
    return draw(own_bank().items[found[0]], found[1])


def say(card: Locator, answer: str) -> None:
    option = card.locator(f'[type="radio"][value="{answer}"]')
    if option.count():
        option.check(force=True)
    else:
        card.get_by_role("textbox").fill(answer)
    card.get_by_role("button", name="Check answer").click()


def right_answer(item: Item) -> str:
    return item.task.reference.partition("|")[0].strip()


def words(text: str) -> str:
    """Without signs and spaces, which formulas have otherwise."""
    return re.sub(r"[\W_]+", "", text)


def answers(there: Visit) -> int:
    subjects = there.context.request.get(f"{there.url}/api/v1/progress").json()["subjects"]
    return next(int(each["answers"]) for each in subjects if each["subject"] == "mathematics")


def give_up_a_question(there: Visit, subject: str) -> None:
    origin = {"Origin": there.url}
    api = there.context.request
    asked = api.post(f"{there.url}/api/v1/practice/next", data={"subject": subject}, headers=origin).json()
    question = {"question_id": asked["question"]["id"]}
    assert api.post(f"{there.url}/api/v1/practice/solution", data=question, headers=origin).ok
