"""Getting in and out through the pages."""

from __future__ import annotations

import pytest
from benchmarks.servers import Server
from playwright.sync_api import expect
from tests.e2e.conftest import PASSWORD, OpenVisit

pytestmark = pytest.mark.browser


def test_the_one_time_link_leads_an_operator_through_the_first_run(visit: OpenVisit, masterx: Server) -> None:
    there = visit(signed_in=False)
    page = there.page
    page.goto(masterx.sign_in_link)
    expect(page).to_have_url(f"{masterx.url}/first-run")
    expect(page.locator("h1")).to_have_text("Four steps, then the first lesson")

    page.fill("#name", "Ada")
    page.fill("#email", "ada@example.org")
    page.fill("#password", "short")
    page.locator("#password").evaluate("input => input.removeAttribute('minlength')")
    page.get_by_role("button", name="Keep this account").click()
    expect(page).to_have_title("Error: First run – MasterX")
    expect(page.locator(".summary")).to_be_focused()
    assert page.input_value("#email") == "ada@example.org"

    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Keep this account").click()
    expect(page.get_by_text("The link that brought you has been used up")).to_be_visible()

    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Keys found.")).to_be_visible()
    page.fill("#hour", "a lot")
    page.get_by_role("button", name="Keep this limit").click()
    expect(page.locator("#hour-error")).to_have_text("'a lot' is no amount of dollars, such as 12.50.")
    page.fill("#hour", "")
    page.fill("#day", "900000")
    page.get_by_role("button", name="Keep this limit").click()
    expect(page.locator("#limit")).to_contain_text("No more than $900,000 a day.")
    page.get_by_role("link", name="Start the first lesson").click()
    there.ask_and_wait("Why is minus times minus plus?")
    expect(page.locator("[data-note]").last).to_contain_text("scripted-1")

    page.goto(masterx.sign_in_link)
    expect(page.locator("h1")).to_have_text("This link works no more")


def test_a_learner_registers_signs_out_and_comes_back_to_where_they_wanted(visit: OpenVisit) -> None:
    there = visit(signed_in=False)
    page = there.page
    there.open("/lessons?open=x")
    expect(page).to_have_url(f"{there.url}/sign-in?next=/lessons%3Fopen%3Dx")
    page.get_by_role("link", name="Create an account").click()
    page.fill("#name", "Grace")
    page.fill("#email", there.email)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Show").click()
    assert page.get_attribute("#password", "type") == "text"
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("What would you like to understand?")).to_be_visible()
    expect(page.locator("#composer-text")).to_be_focused()

    page.get_by_role("link", name="Settings").click()
    page.locator("[data-current]").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{there.url}/sign-in")

    page.fill("#email", there.email)
    page.fill("#password", "not this one at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text(
        "That e-mail and password do not match. Try again, or ask whoever runs this server for a new link."
    )
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#composer-text")).to_be_visible()


def test_an_address_of_another_site_is_not_followed_after_sign_in(visit: OpenVisit) -> None:
    there = visit()
    there.page.goto(f"{there.url}/sign-in?next=//evil.example/")
    expect(there.page).to_have_url(f"{there.url}/")


def test_access_that_ran_out_is_renewed_without_a_word(visit: OpenVisit) -> None:
    there = visit()
    there.context.clear_cookies(name="masterx_access")
    there.open()
    expect(there.page.locator("#composer-text")).to_be_visible()
    there.context.clear_cookies(name="masterx_access")
    there.ask_and_wait("Still me?")
    assert there.answer == "Watch a pattern decide it."


def test_signed_out_while_writing_asks_for_the_password_and_goes_on(visit: OpenVisit) -> None:
    there = visit()
    there.open()
    there.context.clear_cookies()
    there.ask("Is this kept?")
    dialog = there.page.get_by_role("dialog", name="Please sign in again")
    expect(dialog).to_be_visible()
    dialog.locator("#again-password").fill("wrong, sadly")
    dialog.get_by_role("button", name="Sign in and go on").click()
    expect(dialog.get_by_text("That password does not match.")).to_be_visible()
    dialog.locator("#again-password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in and go on").click()
    there.wait_until_answered()
    expect(there.page.locator(".question")).to_have_text("Is this kept?")
