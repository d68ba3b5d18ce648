"""The operator's pages over a year of real rows: what they show, how they are used, and how they stay fresh."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from benchmarks.servers import Server
from playwright.sync_api import Page, Route, expect
from tests.e2e.conftest import PASSWORD, OpenVisit, Visit, post_form
from tests.fakes.records import make_call
from tests.fakes.spent_year import LONG_NAME

from masterx.clock import SystemClock
from masterx.records.money import NanoDollars
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

pytestmark = pytest.mark.browser

PAGES = ("costs", "budgets", "providers", "people", "errors", "alerts")
SHIFTS = """() => {
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({ type: 'layout-shift' });
}"""
PLACES = """() => [...document.querySelectorAll('.card, .table tr, .meter, #plot')].map((part) => {
  const { top, left, width, height } = part.getBoundingClientRect();
  return [top, left, width, height].map(Math.round).join(' ');
})"""
DRAWN = """() => {
  const canvas = document.querySelector('#plot canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colours.add(data.slice(at, at + 3).join());
  return colours.size;
}"""


def test_costs_say_how_much_when_what_and_who(admin: OpenVisit) -> None:
    there = admin()
    page = there.page
    there.open("/admin/costs")
    expect(page.locator(".window")).to_have_count(4)
    expect(page.locator(".window", has_text="Today")).to_contain_text("of $200")
    expect(page.locator(".window", has_text="This week").locator(".meter-none")).to_have_count(1)
    # Seven providers: five have a colour, the others are one.
    expect(page.locator("#plot canvas")).to_be_visible()
    names = page.locator(".legend li").all_inner_texts()
    assert len(names) <= 6
    assert names[-1] == "others"
    assert page.evaluate(DRAWN) > 5
    expect(page.locator("#plot-parts .for-readers")).to_contain_text("in all:")
    expect(page.locator("#models").get_by_text("No price")).to_be_visible()
    expect(page.locator("#users").get_by_text(LONG_NAME)).to_be_visible()

    page.get_by_role("link", name="12 months").click()
    expect(page).to_have_url(f"{there.url}/admin/costs?show=year")
    expect(page.get_by_role("heading", name="Spend a month, by provider")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.locator("#plot-table tbody tr")).to_have_count(12)
    page.locator("#models").get_by_role("link", name="Calls").click()
    expect(page).to_have_url(f"{there.url}/admin/costs?show=year&sort=-calls")
    page.wait_for_load_state()
    calls = [int(text.replace(",", "")) for text in page.locator("#models tbody td:nth-child(2)").all_inner_texts()]
    assert calls == sorted(calls, reverse=True)
    page.get_by_role("button", name="Compare now").click()
    expect(page.locator("#books")).to_contain_text("Books agree")


def test_a_cap_is_set_changed_and_removed_by_keyboard(admin: OpenVisit) -> None:
    there = admin()
    page = there.page
    there.open("/admin/budgets")
    page.get_by_label("Cap on", exact=True).select_option("provider")
    page.get_by_label("Which", exact=True).fill("nobody")
    page.get_by_label("Dollars", exact=True).fill("12.50")
    page.get_by_label("Dollars", exact=True).press("Enter")
    expect(page).to_have_title("Error: Budgets – MasterX")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator("#name-error")).to_contain_text("No provider is called 'nobody'")
    page.get_by_label("Which", exact=True).fill("groq")
    page.get_by_label("Dollars", exact=True).press("Enter")
    expect(page.get_by_text("Saved. It holds within a second.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="groq")
    expect(row).to_contain_text("$12.50")
    expect(page.get_by_role("row", name="Tier free")).to_contain_text("Tighter: the whole server, a day")

    row.get_by_role("link", name="Change").press("Enter")
    expect(page.get_by_role("heading", name="Change: groq, a day")).to_be_visible()
    page.get_by_label("Dollars", exact=True).fill("13")
    page.get_by_label("Dollars", exact=True).press("Enter")
    expect(row).to_contain_text("$13")
    row.get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("$13 in a day holds no more")
    page.get_by_role("button", name="Remove it").press("Enter")
    expect(page.get_by_text("Removed")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_provider_is_probed_switched_off_and_on_and_keys_are_read_again(admin: OpenVisit) -> None:
    there = admin()
    page = there.page
    there.open("/admin/providers")
    row = page.locator("#provider-scripted")
    row.get_by_role("button", name="Probe now").click()
    expect(page.get_by_text(re.compile(r"scripted answered in \d"))).to_be_visible()
    row.get_by_role("switch").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nobody else is left")
    page.get_by_role("button", name="Keep it in use").click()
    expect(row.get_by_role("switch")).to_be_focused()
    row.get_by_role("switch").click()
    page.get_by_role("button", name="Switch it off").click()
    expect(row).to_contain_text("Switched off")
    row.get_by_role("switch").click()
    expect(page.get_by_text("scripted is in use again.")).to_be_visible()
    page.get_by_role("button", name="Reload keys").click()
    expect(page.get_by_text("No key, model or address was different.")).to_be_visible()


def test_people_are_found_sorted_and_given_a_role_and_a_tier(admin: OpenVisit) -> None:
    there = admin()
    page = there.page
    there.open("/admin/people")
    page.get_by_role("link", name="This month").click()
    expect(page).to_have_url(f"{there.url}/admin/people?sort=spend")
    page.get_by_label("Role", exact=True).select_option("admin")
    expect(page).to_have_url(f"{there.url}/admin/people?role=admin&sort=spend")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_label("Order")).to_have_value("spend")
    page.get_by_label("Order").select_option("Name")
    expect(page).to_have_url(f"{there.url}/admin/people?role=admin&sort=name")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("[data-person]")).to_have_count(1)
    page.get_by_role("link", name="Olga Operator").click()
    page.get_by_label("Role", exact=True).select_option("learner")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("#role-error")).to_be_visible()

    there.open("/admin/people?search=noether")
    page.get_by_role("link", name="Emmy Noether").click()
    page.get_by_label("Tier", exact=True).select_option("premium")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("button", name="Disable it").click()
    expect(page.get_by_text("Disabled", exact=True)).to_be_visible()
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


async def spend(server: Server, dollars: int) -> None:
    store = await open_store(StoreSettings(_env_file=None, data_dir=server.log.parent / "data"), SystemClock())
    learner, *_ = await store.users(limit=1)
    cost = NanoDollars(dollars * 1_000_000_000)
    call = make_call(at=SystemClock().now(), cost=cost, provider="openai", model="gpt-4o", user_id=learner.id)
    await store.record_calls([call])
    await store.close()


def today(page: Page) -> float:
    text = page.locator(".window", has_text="Today").locator(".window-spent").inner_text()
    return float(text.removeprefix("$").replace(",", ""))


def test_figures_stay_fresh_and_nothing_moves(admin: OpenVisit, institute: Server) -> None:
    there = admin()
    page = there.page
    page.clock.install()
    there.open("/admin/costs")
    expect(page.locator("#plot canvas")).to_be_visible()
    heading = page.locator("#models").get_by_role("link", name="Tokens")
    heading.focus()
    page.evaluate(SHIFTS)
    before, places = today(page), page.evaluate(PLACES)
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, spend(institute, 7)).result()
    with page.expect_response("**/admin/costs"):
        page.clock.fast_forward(16_000)
    expect(page.locator(".window", has_text="Today")).to_contain_text(f"${before + 7:,.2f}")
    expect(heading).to_be_focused()
    # A number may be a digit longer; no card and no row is anywhere else.
    assert page.evaluate("window.shifts") < 0.01
    assert page.evaluate(PLACES) == places

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/admin/costs", refuse)
    page.clock.fast_forward(16_000)
    expect(page.get_by_text("Not refreshed since")).to_be_visible()
    expect(page.locator(".window", has_text="Today")).to_contain_text(f"${before + 7:,.2f}")
    page.unroute("**/admin/costs", refuse)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Not refreshed since")).to_be_hidden()


def test_what_is_wrong_is_told_quietly_and_only_to_operators(
    admin: OpenVisit, windows: OpenVisit, institute: Server
) -> None:
    there = admin()
    page = there.page
    # Where midnight has passed since the server started, nothing was spent today and the alert is over.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, spend(institute, 1)).result()
    there.open("/")
    there.wait_until(
        "() => fetch('/').then((answer) => answer.text()).then((text) => text.includes('side-count-word'))"
    )
    page.reload()
    expect(page.get_by_role("link", name="Admin")).to_contain_text("1 open")
    there.open("/admin/errors")
    expect(page.locator("#alert-line")).to_contain_text("Spend of a day")
    expect(page.get_by_role("row", name="No model could answer")).to_contain_text("5")
    page.get_by_role("link", name="Look").click()
    expect(page.locator("#alerts tbody tr").first).to_contain_text("Open")
    expect(page.locator("#alerts")).to_contain_text("Not delivered, tried 8 times. Slack: not accepted")
    expect(page.locator("#facts")).to_contain_text("A read took")

    learner = windows(there.url, "curious@example.org")
    post_form(learner, "/register", email=learner.email, name="Curious", password=PASSWORD)
    learner.open("/")
    expect(learner.page.get_by_role("link", name="Admin")).to_have_count(0)
    assert [status_of(learner, f"/admin/{name}") for name in PAGES] == [403] * len(PAGES)


def status_of(there: Visit, path: str) -> int:
    answer = there.page.goto(there.url + path)
    assert answer is not None
    expect(there.page.get_by_text("This account may not do that.")).to_be_visible()
    return answer.status
