"""By keyboard alone, on a phone, with large text, in either theme, on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser

WIDE = "x" * 300
ANSWER = (
    f"A long word {WIDE}\n\n```python\n{WIDE}\n```\n\n\\[ {' + '.join('abcdefghijklmnopqrstuvwxyz' * 3)} \\]\n\n"
    f"| {' | '.join(f'column {n}' for n in range(12))} |\n|{'---|' * 12}\n| {' | '.join(['value'] * 12)} |"
)


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    # The slow one goes on until it is stopped, however slow the machine is.
    model.scripts = {"wide": Script(ANSWER, piece_length=50), "slow": Script("word " * 600, pause=0.1)}


def sideways(there: Visit) -> int:
    width: int = there.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


@pytest.mark.parametrize("width", [320, 390, 600, 768, 900, 1100, 1200, 1440])
def test_nothing_scrolls_sideways(visit: OpenVisit, width: int) -> None:
    there = visit(viewport={"width": width, "height": 800})
    there.open()
    assert sideways(there) == 0
    there.ask_and_wait("Something wide " + WIDE)
    assert sideways(there) == 0
    for part in there.page.locator(".code pre, .scroll, .math--display").all():
        if part.evaluate("node => node.scrollWidth > node.clientWidth + 1"):
            expect(part).to_have_attribute("tabindex", "0")


@pytest.mark.parametrize("text", ["100%", "200%"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_page_of_an_operator_scrolls_sideways(operator: OpenVisit, width: int, text: str) -> None:
    there = operator(viewport={"width": width, "height": 800})
    page = there.page
    enlarge = "size => (document.documentElement.style.fontSize = size)"
    for path in ("/settings", "/first-run", "/nothing/here"):
        there.open(path)
        page.evaluate(enlarge, text)
        for button in page.locator('[data-action="change"]').all():
            button.click()
        assert sideways(there) == 0, path
    there.open("/")
    there.ask_and_wait("Something wide " + WIDE)
    page.evaluate(enlarge, text)
    page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_text("What was off?")).to_be_visible()
    assert sideways(there) == 0
    for path in ("/sign-in", "/register", "/forgot-password", "/reset-password?secret=x"):
        there.context.clear_cookies()
        there.open(path)
        page.evaluate(enlarge, text)
        assert sideways(there) == 0, path


@pytest.mark.parametrize("text", ["100%", "200%"])
def test_no_page_about_costs_scrolls_sideways(admin: OpenVisit, text: str) -> None:
    there = admin()
    page = there.page
    there.open("/admin/people")
    person = page.locator("[data-person] a").first.get_attribute("href")
    assert person is not None
    for path in ("/admin/costs", "/admin/budgets", "/admin/providers", "/admin/people", person, "/admin/errors"):
        there.open(path)
        page.evaluate("size => (document.documentElement.style.fontSize = size)", text)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(there) == 0, (path, width)
    there.open("/admin/alerts")
    assert sideways(there) == 0


def test_with_the_keyboard_alone(lesson: Visit) -> None:
    page = lesson.page
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another, slow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator(".question")).to_have_text("One line\nand another, slow", use_inner_text=True)
    expect(page.locator(".prose").last).to_contain_text("word")
    page.keyboard.type("typing goes on")
    page.keyboard.press("Escape")
    expect(page.locator("#turns").get_by_text("You stopped here.")).to_be_visible()
    expect(page.locator("#composer-text")).to_have_value("typing goes on")

    page.locator("body").press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    expect(page).to_have_url(f"{lesson.url}/")


def test_skip_links_come_first_and_lead_where_they_say(lesson: Visit) -> None:
    lesson.ask_and_wait("Hello")
    first = lesson.page.locator("a, button, input, textarea").first
    expect(first).to_have_text("Skip to the box for your message")
    first.focus()
    assert first.bounding_box()["y"] >= 0  # type: ignore[index]  # it has a box
    lesson.page.keyboard.press("Tab")
    lesson.page.keyboard.press("Enter")
    expect(lesson.page.locator(".turn--tutor h2")).to_be_focused()


def test_enter_during_composition_of_a_character_does_not_send(lesson: Visit) -> None:
    lesson.page.fill("#composer-text", "ni")
    lesson.page.locator("#composer-text").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(lesson.page.locator(".turn")).to_have_count(0)
    expect(lesson.page.locator("#composer-text")).to_have_value("ni")


def test_screen_readers_hear_that_it_writes_and_what_it_wrote(lesson: Visit) -> None:
    lesson.page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver((records) => {
            for (const { addedNodes } of records) window.heard.push(...[...addedNodes].map((node) => node.textContent));
          }).observe(document.querySelector('#announcements'), { childList: true });
        }"""
    )
    # A slow machine would be told of too: that it takes longer than usual.
    lesson.stop_the_clock()
    lesson.ask("Hello")
    lesson.page.clock.run_for(100)
    lesson.wait_until_answered()
    lesson.page.clock.run_for(1_000)
    expect(lesson.page.locator("#announcements")).to_contain_text("Answer ready.")
    assert lesson.page.evaluate("window.heard") == ["MasterX is writing", "Answer ready. Watch a pattern decide it."]
    assert lesson.page.locator("#turns").get_attribute("aria-live") is None
    assert lesson.page.locator(".turn h2").all_inner_texts()[0].startswith("You, ")


def test_on_a_phone(visit: OpenVisit) -> None:
    there = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    there.open()
    page = there.page
    page.fill("#composer-text", "line one")
    page.locator("#composer-text").press("Enter")
    expect(page.locator(".turn")).to_have_count(0)
    page.locator("#send").tap()
    there.wait_until_answered()
    page.get_by_role("button", name="Menu and lessons").tap()
    expect(page.locator(".lesson-link")).to_be_visible()
    page.get_by_role("button", name="Close the menu").tap()
    expect(page.locator("#side")).to_be_hidden()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], summary')]
          .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest('.for-readers, .skip'))
          .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
          .filter(([, box]) => box.height > 0 && (box.height < 44 || box.width < 44))
          .map(([html]) => html)"""
    )
    assert small == []


def test_theme_and_text_size_are_kept_and_set_before_the_first_paint(lesson: Visit) -> None:
    page = lesson.page
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("Dark", exact=True).click()
    page.locator(".segment--size-125").click()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(17, 25, 23)"
    lesson.open()
    assert page.evaluate(ground) == "rgb(17, 25, 23)"
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    assert sideways(lesson) == 0


def test_colours_of_the_system_are_followed(visit: OpenVisit) -> None:
    there = visit(color_scheme="dark")
    there.open()
    assert there.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 25, 23)"


def test_reduced_motion_is_kept(visit: OpenVisit) -> None:
    there = visit(reduced_motion="reduce")
    there.open()
    there.ask("A slow one")
    there.page.wait_for_selector(".turn--tutor")
    assert there.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_shows_the_column_only(visit: OpenVisit, scheme: str) -> None:
    lesson = visit(color_scheme=scheme)
    lesson.open()
    lesson.ask_and_wait("Something wide")
    lesson.page.emulate_media(media="print")
    for hidden in ("#side", ".dock", ".tools", "#lesson-menu"):
        expect(lesson.page.locator(hidden).first).to_be_hidden()
    expect(lesson.page.locator(".prose").first).to_be_visible()
    assert lesson.page.evaluate("getComputedStyle(document.querySelector('.prose')).color") == "rgb(0, 0, 0)"


def test_without_scripts_a_lesson_can_be_read(visit: OpenVisit) -> None:
    there = visit()
    there.open()
    there.ask_and_wait("Hello")
    plain = visit(signed_in=False, java_script_enabled=False, storage_state=there.context.storage_state())
    plain.page.goto(there.page.url)
    expect(plain.page.get_by_text("Watch a pattern decide it.")).to_be_visible()
    expect(plain.page.get_by_text("Writing needs JavaScript.")).to_be_visible()
