"""axe finds nothing on the screens of settings and of operators."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.e2e.axe import SHAPE, Look
from tests.e2e.conftest import PASSWORD, OpenVisit

pytestmark = pytest.mark.browser


def test_settings_and_the_pages_of_an_operator(operator: OpenVisit) -> None:
    there = operator(**SHAPE)
    look, page = Look(there), there.page
    look.open("/settings")
    for name in ("subjects", "name", "password"):
        page.get_by_role("button", name=f"Change {name}").click()
    page.fill("#current_password", "not this one")
    page.fill("#new_password", PASSWORD)
    page.locator("#change-password").get_by_role("button", name="Save").click()
    expect(page.get_by_text("That is not the")).to_be_visible()
    look.at("changing")
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("That is not the address of this account.")).to_be_visible()
    look.at("erasing")
    look.open("/admin/people")
    page.get_by_role("button", name="Invite a learner").click()
    expect(page.get_by_role("dialog", name="An invitation")).to_be_visible()
    link = page.locator("#link-shown").inner_text()
    look.at("an invitation")
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_text("For a learner").first).to_be_visible()
    look.at("people and invitations")
    look.open("/first-run")
    page.get_by_role("button", name="Make an invitation").click()
    expect(page.locator("#invitations code")).to_contain_text("/register?invitation=")
    look.at("first run with an invitation")
    look.open("/nothing/here", "an address that is none")
    there.context.clear_cookies()
    page.goto(link)
    look.at("register")
    page.locator("form").evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Create the account").click()
    expect(page.locator(".summary")).to_be_visible()
    look.at("register with errors")
    assert look.found == {}
    assert look.seen == 11


def test_the_pages_of_costs_and_what_else_an_operator_runs(admin: OpenVisit) -> None:
    there = admin(**SHAPE)
    look, page = Look(there), there.page
    look.open("/admin/costs")
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    look.at("costs with tables")
    look.open("/admin/costs?show=year&sort=model")
    look.open("/admin/budgets")
    page.get_by_role("button", name="Remove the cap on openai").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look.at("removing a cap")
    page.keyboard.press("Escape")
    page.get_by_label("Dollars", exact=True).fill("much")
    page.get_by_role("button", name="Set the cap").click()
    expect(page.locator(".summary")).to_be_visible()
    look.at("budgets with an error")
    look.open("/admin/providers")
    page.get_by_role("switch").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look.at("switching a provider off")
    look.open("/admin/benchmarks?category=math")
    with page.expect_navigation():
        page.locator(".standings a[href*='/runs/']").first.click()
    page.locator("summary").first.click()
    look.at("a run of benchmarks")
    there.open("/admin/benchmarks")
    page.get_by_label("Dollars at most").fill("much")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".summary")).to_be_visible()
    look.at("benchmarks with an error")
    look.open("/admin/feedback")
    look.open("/admin/learners", "nobody has practised")
    look.open("/admin/people?search=nobody at all", "users, none found")
    there.open("/admin/people?sort=spend")
    with page.expect_navigation():
        page.locator("[data-person] a").first.click()
    look.at("a person")
    look.open("/admin/errors")
    look.open("/admin/alerts")
    assert look.found == {}
    assert look.seen == 17
