"""Settings save at once; a password, devices, an export, and an end to everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import PASSWORD, OpenVisit, Visit, post_form

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another long sentence"


@pytest.fixture
def settings(visit: OpenVisit) -> Visit:
    opened = visit()
    opened.open("/settings")
    return opened


def account(there: Visit) -> dict[str, object]:
    found: dict[str, object] = there.context.request.get(f"{there.url}/api/v1/users/me").json()
    return found


def test_learning_preferences_are_saved_at_once_and_stay(settings: Visit) -> None:
    page = settings.page
    settings.stop_the_clock()
    page.get_by_role("button", name="Change subjects").click()
    page.get_by_label("Subjects", exact=True).fill(" algebra, chess,,Algebra ")
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_be_visible()
    page.clock.run_for(4_000)
    expect(page.locator("#saved")).to_be_hidden()
    expect(page.get_by_text("algebra, chess", exact=True)).to_be_visible()
    with page.expect_response("**/users/me"):
        page.get_by_text("In pictures", exact=True).click()
    with page.expect_response("**/users/me"):
        page.get_by_text("Harder", exact=True).click()
    with page.expect_response("**/users/me"):
        page.get_by_text("80%").click()
    wanted = {
        "preferred_subjects": ["algebra", "chess"],
        "learning_style": "visual",
        "difficulty_preference": "harder",
        "review_retention": 0.8,
        "questions_in_lessons": True,
    }
    assert account(settings)["learning_preferences"] == wanted
    with page.expect_response("**/users/me"):
        page.get_by_text("As it fits", exact=True).click()
    page.reload()
    expect(page.get_by_role("radio", name="As it fits")).to_be_checked()
    expect(page.get_by_role("radio", name="Harder")).to_be_checked()
    expect(page.get_by_role("radio", name="80% remembered")).to_be_checked()


def test_a_choice_that_cannot_be_saved_goes_back_and_says_so(settings: Visit) -> None:
    settings.page.route("**/users/me", lambda route: route.abort())
    settings.page.get_by_text("By doing", exact=True).click()
    expect(settings.page.get_by_role("alert")).to_have_text("The server cannot be reached. Nothing was changed.")
    expect(settings.page.get_by_role("radio", name="As it fits")).to_be_checked()


def test_the_name_changes_beside_the_lessons_too(settings: Visit) -> None:
    page = settings.page
    page.get_by_role("button", name="Change name").click()
    page.get_by_label("Name", exact=True).fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is needed.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Grace <b>Hopper</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".person-name")).to_have_text("Grace <b>Hopper</b>")
    expect(page.get_by_role("button", name="Change name")).to_be_focused()
    page.reload()
    expect(page.locator(".person-name")).to_have_text("Grace <b>Hopper</b>")


def test_single_keys_can_be_switched_off_for_good(settings: Visit) -> None:
    page = settings.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="Single keys").uncheck()
    settings.open("/settings")
    page.keyboard.press("?")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.get_by_role("switch", name="Single keys")).not_to_be_checked()


def test_a_new_password_signs_other_devices_out(settings: Visit, visit: OpenVisit) -> None:
    other = visit(signed_in=False, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    post_form(other, "/sign-in", email=settings.email, password=PASSWORD)
    page = settings.page
    page.reload()
    expect(page.locator(".device")).to_have_count(2)
    expect(page.get_by_text("Firefox on Linux").first).to_be_visible()

    page.get_by_role("button", name="Change password").click()
    page.get_by_label("Current password").fill("not this one, no")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".field:has(#current_password) .field-error")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("All other devices are signed out.")).to_be_visible()
    expect(page.locator(".device")).to_have_count(1)
    other.open("/settings")
    expect(other.page).to_have_url(f"{other.url}/sign-in?next=/settings")
    post_form(other, "/sign-in", email=settings.email, password=NEW_PASSWORD)


def test_a_device_is_signed_out_from_another(settings: Visit, visit: OpenVisit) -> None:
    other = visit(signed_in=False)
    post_form(other, "/sign-in", email=settings.email, password=PASSWORD)
    page = settings.page
    page.reload()
    page.locator(".device:not([data-current])").get_by_role("button", name="Sign out").click()
    expect(page.locator(".device")).to_have_count(1)
    other.open("/")
    expect(other.page).to_have_url(f"{other.url}/sign-in")
    settings.open("/settings")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()
    settings.open("/")
    expect(page).to_have_url(f"{settings.url}/sign-in")


def test_everything_can_be_taken_along(settings: Visit) -> None:
    settings.open("/")
    settings.ask_and_wait("Is this in it?")
    settings.open("/settings")
    settings.context.clear_cookies(name="masterx_access")
    with settings.page.expect_download() as started:
        settings.page.get_by_role("link", name="JSON").click()
    assert started.value.suggested_filename == "masterx-export.json"
    export = json.loads(Path(started.value.path()).read_text(encoding="utf-8"))
    assert "Is this in it?" in [message["content"] for message in export["messages"]]


def test_erasing_asks_for_the_address_and_leaves_nothing(settings: Visit) -> None:
    page = settings.page
    settings.open("/")
    settings.ask_and_wait("Forget this")
    settings.open("/settings")
    page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog", name="Erase everything")
    expect(dialog).to_contain_text("1 lesson")
    dialog.get_by_label("Type your e-mail").fill("somebody@example.org")
    dialog.get_by_role("button", name="Erase everything").click()
    expect(dialog.get_by_text("That is not the address of this account.")).to_be_visible()
    dialog.get_by_label("Type your e-mail").fill(settings.email.upper())
    dialog.get_by_label("Password", exact=True).fill("wrong on purpose")
    dialog.get_by_role("button", name="Erase everything").click()
    expect(dialog.locator(".field:has(#erase_password) .field-error")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("Your account is erased, and all that belonged to it.")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    page.fill("#email", settings.email)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
