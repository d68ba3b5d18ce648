"""Invitations and links for a new password, from the operator's page to the person they are for."""

from __future__ import annotations

import pytest
from benchmarks.servers import Server
from playwright.sync_api import expect
from tests.e2e.conftest import PASSWORD, OpenVisit, Visit, post_form

pytestmark = pytest.mark.browser


def find(there: Visit, words: str) -> None:
    """Other tests have people of their own on this server."""
    there.open("/admin/people")
    there.page.get_by_label("Name or e-mail").fill(words)
    with there.page.expect_navigation():
        there.page.get_by_role("button", name="Find").click()


def invited(operator: Visit, windows: OpenVisit, email: str, name: str) -> Visit:
    """Somebody who came by a link that the operator made."""
    page = operator.page
    operator.open("/admin/people")
    page.get_by_role("button", name="Invite a learner").click()
    expect(page.get_by_role("dialog", name="An invitation")).to_be_visible()
    link = page.locator("#link-shown").inner_text()
    there = windows(operator.url, email)
    there.page.goto(link)
    there.page.fill("#name", name)
    there.page.fill("#email", email)
    there.page.fill("#password", PASSWORD)
    there.page.get_by_role("button", name="Create the account").click()
    expect(there.page.get_by_text("What would you like to understand?")).to_be_visible()
    again = windows(operator.url)
    again.page.goto(link)
    expect(again.page.get_by_text("That invitation is not good, or not any more.")).to_be_visible()
    return there


def test_an_invitation_lets_one_person_in(operator: OpenVisit, windows: OpenVisit, school: Server) -> None:
    there = operator()
    stranger = windows(school.url)
    stranger.open("/register")
    expect(stranger.page.get_by_text("Registration is by invitation.")).to_be_visible()
    invited(there, windows, "invited@example.org", "Emmy <img src=x onerror=alert(1)>")
    find(there, "onerror=alert")
    expect(there.page.get_by_role("row", name="Emmy <img src=x onerror=alert(1)>")).to_be_visible()


def test_an_invitation_is_taken_back(operator: OpenVisit, windows: OpenVisit) -> None:
    there = operator()
    page = there.page
    there.open("/admin/people")
    page.get_by_role("button", name="Invite a learner").click()
    expect(page.get_by_role("dialog", name="An invitation")).to_be_visible()
    link = page.locator("#link-shown").inner_text()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
    takes_back = page.get_by_role("button", name="Take back")
    expect(takes_back.last).to_be_visible()
    while left := takes_back.count():
        takes_back.last.click()
        expect(takes_back).to_have_count(left - 1)
    late = windows(there.url)
    late.page.goto(link)
    expect(late.page.get_by_text("That invitation is not good, or not any more.")).to_be_visible()


def test_a_link_sets_a_new_password_once(operator: OpenVisit, windows: OpenVisit) -> None:
    there = operator()
    page = there.page
    learner = invited(there, windows, "forgetful@example.org", "Noether")
    find(there, "forgetful@")
    page.get_by_role("link", name="Noether").click()
    page.get_by_role("button", name="Password link for Noether").click()
    expect(page.get_by_role("dialog", name="A link for a new password")).to_be_visible()
    link = page.locator("#link-shown").inner_text()

    learner.page.goto(link)
    learner.page.locator("#password").evaluate("input => input.removeAttribute('minlength')")
    learner.page.fill("#password", "short")
    learner.page.get_by_role("button", name="Keep this password").click()
    expect(learner.page).to_have_title("Error: Set a new password – MasterX")
    learner.page.fill("#password", "a password of this week")
    learner.page.get_by_role("button", name="Keep this password").click()
    expect(learner.page.get_by_text("Your new password is set. Sign in with it.")).to_be_visible()
    learner.page.goto(link)
    learner.page.fill("#password", "a password of this week")
    learner.page.get_by_role("button", name="Keep this password").click()
    expect(learner.page.locator("h1")).to_have_text("This link works no more")
    post_form(learner, "/sign-in", email=learner.email, password="a password of this week")


def test_asking_for_a_mail_says_the_same_to_everybody(windows: OpenVisit, school: Server) -> None:
    there = windows(school.url)
    said = []
    for email in ("operator@example.org", "nobody@example.org"):
        there.open("/sign-in")
        there.page.get_by_role("link", name="Forgot your password?").click()
        there.page.fill("#email", email)
        there.page.get_by_role("button", name="Send me a link").click()
        said.append(there.page.get_by_role("status").inner_text().replace(email, "THEM"))
    assert said[0] == said[1]
    assert said[0].startswith("Look into your mail.")
