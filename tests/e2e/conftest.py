"""A real server with a scripted model behind it, and a real browser in front."""

from __future__ import annotations

import asyncio
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from benchmarks.servers import Server, free_port, start_masterx
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.fakes.scripted_model import ScriptedModel, scripted_model
from tests.fakes.spent_year import DAILY_DOLLARS, record_year

PATIENCE_SECONDS = 60
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PASSWORD = "ten or more letters"
OPERATOR = "operator@example.org"

# A page that waits for a busy machine is not wrong.
PATIENCE_MS = 60_000
ANSWER_PATIENCE_MS = 180_000
"""The first turn of a server that just started waits for the encoder as well."""
expect.set_options(timeout=PATIENCE_MS)

_numbers = count(1)

# `Page.wait_for_function` takes a promise for true at once, and of an expression it evaluates the text anew at every
# look, which the pages' content security policy forbids from the second on.
WAIT = """async ({ argument, milliseconds }) => {
  const condition = (CONDITION);
  const end = performance.now() + milliseconds;
  while (!(await condition(argument))) {
    if (performance.now() > end) throw new Error(`not true after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}"""


@dataclass
class Visit:
    """One learner's browser window. What goes wrong in it fails the test that opened it."""

    page: Page
    context: BrowserContext
    url: str
    email: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def ask(self, text: str) -> None:
        """Type and send. Returns at once."""
        self.page.fill("#composer-text", text)
        self.page.click("#send")

    def ask_and_wait(self, text: str) -> None:
        self.ask(text)
        self.wait_until_answered()

    def wait_until_answered(self) -> None:
        """Until nothing is being written and the newest turn is the tutor's."""
        written = ".turn:last-child.turn--tutor .tools:not([hidden])"
        self.page.wait_for_selector(written, timeout=ANSWER_PATIENCE_MS)
        self.page.wait_for_selector("#stop", state="hidden")

    def wait_until(self, condition: str, argument: object = None) -> None:
        """Until a function in JavaScript, of `argument`, returns what is true, or a promise of it."""
        script = WAIT.replace("CONDITION", condition)
        self.page.evaluate(script, {"argument": argument, "milliseconds": PATIENCE_MS})

    def stop_the_clock(self) -> None:
        """In the page: what is seen for some seconds only stays, until `page.clock` lets time pass."""
        self.page.clock.install()
        self.page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    @property
    def answer(self) -> str:
        """The newest answer as it reads on the page."""
        return self.page.locator(".turn--tutor .prose").last.inner_text()


OpenVisit = Callable[..., Visit]


@pytest.fixture(scope="session")
def session_model() -> Iterator[ScriptedModel]:
    with scripted_model() as started:
        yield started


@pytest.fixture
def model(session_model: ScriptedModel) -> ScriptedModel:
    """Without the scripts of the test before."""
    session_model.scripts = {}
    return session_model


@pytest.fixture(scope="session")
def masterx(tmp_path_factory: pytest.TempPathFactory, session_model: ScriptedModel) -> Iterator[Server]:
    # A test that looks at the page before the first word may take its time.
    environment = session_model.settings | {"MASTERX_FIRST_TOKEN_SECONDS": "600"}
    server = start_masterx(tmp_path_factory.mktemp("masterx"), port=free_port(), environment=environment)
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
        yield server


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Closed with the module: Playwright's loop must not outlive the tests that it belongs to."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def windows(browser: Browser) -> Iterator[OpenVisit]:
    """Opens windows on any server, with nobody signed in."""
    opened: list[Visit] = []

    def open_window(url: str, email: str = "", **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": DESKTOP, "timezone_id": _where_it_is_noon(), **options})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        made = Visit(page, context, url, email)
        page.on("console", lambda message: _note(made, message.type, message.text))
        page.on("pageerror", lambda error: made.problems.append(str(error)))
        opened.append(made)
        return made

    yield open_window
    for each in opened:
        each.context.close()
    problems = [problem for each in opened for problem in each.problems]
    assert problems == []


@pytest.fixture
def visit(windows: OpenVisit, masterx: Server, model: ScriptedModel) -> OpenVisit:
    """Opens windows, signed in as a new learner unless told otherwise."""

    def open_visit(*, signed_in: bool = True, **options: Any) -> Visit:
        made = windows(masterx.url, f"learner{next(_numbers)}@example.org", **options)
        if signed_in:
            post_form(made, "/register", email=made.email, name="Ada Learner", password=PASSWORD)
        return made

    return open_visit


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory, session_model: ScriptedModel) -> Iterator[Server]:
    """A second server, whose operator has been there: learners come by invitation, and it sends mail to nowhere."""
    environment = session_model.settings | {
        "MASTERX_REGISTRATION": "invitation",
        "MASTERX_SMTP_URL": "smtp://127.0.0.1:9",
        "MASTERX_MAIL_FROM": "tutor@example.org",
    }
    port = free_port()
    environment["MASTERX_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    server = start_masterx(tmp_path_factory.mktemp("school"), port=port, environment=environment)
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
        settle_operator(server)
        yield server


@pytest.fixture(scope="session")
def institute(tmp_path_factory: pytest.TempPathFactory, session_model: ScriptedModel) -> Iterator[Server]:
    """A third server, which was in use for a year; its operator is the same person."""
    folder = tmp_path_factory.mktemp("institute")
    (folder / "data").mkdir()
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, record_year(folder / "data")).result()
    # Of what this machine is like while tests run, its operator is not told.
    environment = session_model.settings | {
        "MASTERX_ALERT_DAILY_DOLLARS": str(DAILY_DOLLARS),
        "MASTERX_ALERT_BACKLOG_SECONDS": "3600",
        "MASTERX_ALERT_DISK_FREE_MIB": "1",
    }
    server = start_masterx(folder, port=free_port(), environment=environment)
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
        settle_operator(server)
        yield server


def settle_operator(server: Server) -> None:
    """The first visit of whoever runs the server: their account has a password from then on."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.addheaders = [("Origin", server.url)]
    opener.open(server.sign_in_link).close()
    account = urllib.parse.urlencode({"email": OPERATOR, "name": "Olga Operator", "password": PASSWORD})
    opener.open(f"{server.url}/first-run/account", account.encode()).close()


@pytest.fixture
def admin(windows: OpenVisit, institute: Server, model: ScriptedModel) -> OpenVisit:
    """Opens windows on the third server, signed in as its operator."""

    def open_visit(**options: Any) -> Visit:
        made = windows(institute.url, OPERATOR, **options)
        post_form(made, "/sign-in", email=OPERATOR, password=PASSWORD)
        return made

    return open_visit


@pytest.fixture
def operator(windows: OpenVisit, school: Server, model: ScriptedModel) -> OpenVisit:
    """Opens windows on the second server, signed in as its operator."""

    def open_visit(**options: Any) -> Visit:
        made = windows(school.url, OPERATOR, **options)
        post_form(made, "/sign-in", email=OPERATOR, password=PASSWORD)
        return made

    return open_visit


def post_form(there: Visit, path: str, **form: str) -> None:
    """As a form of the page would; the window holds the cookies afterwards."""
    fields: dict[str, str | float | bool] = {**form}
    answer = there.context.request.post(there.url + path, form=fields, headers={"Origin": there.url}, max_redirects=0)
    assert answer.status == 303, answer.text()


@pytest.fixture
def lesson(visit: OpenVisit) -> Visit:
    """An empty lesson on a desktop."""
    opened = visit()
    opened.open()
    return opened


def _where_it_is_noon() -> str:
    """What is of today stays so while a test runs."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+}"


def _note(visit: Visit, kind: str, text: str) -> None:
    """Every console error and warning, and with them each breach of the content policy."""
    if kind in ("error", "warning") and not any(text.startswith(known) for known in _EXPECTED):
        visit.problems.append(text)


_EXPECTED = ("Failed to load resource: the server responded with a status of 4", "Failed to load resource: net::ERR_")
"""A refused sign-in or a lost network, which tests bring about; the page's own answer to them is what is tested."""
