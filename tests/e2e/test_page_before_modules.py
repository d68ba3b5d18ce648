"""A page can be pressed as soon as it is seen, which is before its modules have come over a slow line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect
from tests.e2e.conftest import PASSWORD, OpenVisit, Visit

pytestmark = pytest.mark.browser


@contextmanager
def modules_late(there: Visit, module: str, path: str) -> Iterator[None]:
    """The page is open within; its module comes at the end."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    there.page.route(f"**/js/{module}", hold)
    with there.page.expect_request(f"**/js/{module}"):
        there.page.goto(there.url + path, wait_until="commit")
    yield
    for route in held:
        route.continue_()
    there.page.unroute(f"**/js/{module}", hold)


def test_a_button_pressed_before_its_module_came_is_pressed_then(visit: OpenVisit) -> None:
    there = visit()
    page = there.page
    with modules_late(there, "practice.js", "/practice?subject=physics"):
        asked = page.locator("#item-form").get_attribute("data-question") or ""
        page.get_by_role("button", name="Skip this one").click()
    expect(page.locator("#item-form")).not_to_have_attribute("data-question", asked)


def test_a_form_without_modules_is_sent_once_they_cannot_come(visit: OpenVisit) -> None:
    there = visit(signed_in=False)
    page = there.page
    page.route("**/js/forms.js", lambda route: route.abort())
    page.goto(there.url + "/register", wait_until="commit")
    page.fill("[name=name]", "Ada Learner")
    page.fill("[name=email]", there.email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_visible()
    there.problems.clear()


def test_a_choice_made_before_its_module_came_is_kept_then(visit: OpenVisit) -> None:
    there = visit()
    page = there.page
    with modules_late(there, "settings.js", "/settings"):
        page.get_by_text("Dark", exact=True).click()
        page.get_by_text("In pictures", exact=True).click()
        assert page.locator("html").get_attribute("data-theme") is None
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    there.wait_until(
        "() => fetch('/api/v1/users/me').then((answer) => answer.json())"
        ".then((me) => me.learning_preferences.learning_style === 'visual')"
    )
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    expect(page.get_by_role("radio", name="In pictures")).to_be_checked()


def test_a_filter_chosen_before_its_module_came_takes_hold_then(admin: OpenVisit) -> None:
    there = admin()
    page = there.page
    with modules_late(there, "admin.js", "/admin/people"):
        page.get_by_label("Role", exact=True).select_option("admin")
    expect(page).to_have_url(f"{there.url}/admin/people?role=admin")
