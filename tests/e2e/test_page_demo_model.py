"""Without a key the page says plainly who answers, and how that is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from benchmarks.servers import Server, free_port, start_masterx
from playwright.sync_api import expect
from tests.e2e.conftest import PATIENCE_SECONDS, OpenVisit

pytestmark = pytest.mark.browser

DEMO = "Demo model. It is very small and often wrong."


@pytest.fixture(scope="module")
def masterx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_masterx(tmp_path_factory.mktemp("masterx"), port=free_port(), environment={})
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
        yield server


def test_the_demo_model_answers_and_is_named(visit: OpenVisit) -> None:
    there = visit()
    there.open()
    expect(there.page.locator("#demo-notice")).to_have_text(DEMO)
    there.page.set_default_timeout(120_000)
    there.ask_and_wait("What is a square?")
    expect(there.page.locator("#demo-notice")).to_be_in_viewport()
    expect(there.page.locator(".written-by")).to_contain_text("on this machine, free of charge")
    there.page.reload()
    expect(there.page.locator(".written-by")).to_be_visible()
    expect(there.page.locator("#demo-notice")).to_have_text(DEMO)


def test_an_administrator_is_told_where_to_add_a_real_one(visit: OpenVisit, masterx: Server) -> None:
    there = visit(signed_in=False)
    there.page.goto(masterx.sign_in_link)
    expect(there.page.get_by_text("Built-in demo model")).to_be_visible()
    there.page.get_by_role("button", name="Look again").click()
    expect(there.page.get_by_text("No keys found yet.")).to_be_visible()
    there.page.get_by_role("link", name="Start the first lesson").click()
    there.page.get_by_role("link", name="Add a real model").click()
    expect(there.page).to_have_url(f"{masterx.url}/first-run")
