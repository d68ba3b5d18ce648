"""Asking, reading, stopping, and coming back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect
from tests.e2e.conftest import OpenVisit, Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser

GOES_ON = "Your answer was cut off"
"""Begins what the tutor tells a model that is to go on."""

ANSWER = r"""Two lines make a **definition**:

\[ n! = \begin{cases} 1 & \text{if } n = 0 \\ n \cdot (n-1)! & \text{if } n \ge 1 \end{cases} \]

```python
def factorial(n):
    return n * factorial(n - 1)
```

It costs $5 and $6, and \(x^2 - 6x + 5\) or $a_n$ is TeX. This one is broken: \(\frac{1\).

| call | answer |
|------|-------:|
| `f(1)` | 1 |

- [x] one
- two
"""


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    model.scripts = {
        "factorial": Script(ANSWER, piece_length=3, pause=0.001),
        # Until it is stopped, however slow the machine is.
        "long story": Script("Once upon a time. " * 400, piece_length=6, pause=0.1),
        "breaks": Script("Each column is a side of a parallelogram. Push one side along", ending="cut"),
        "refuses": Script("", status=500),
        "waits": Script("at last", first_pause=600),
    }


def assert_rendered(there: Visit) -> None:
    prose = there.page.locator(".turn--tutor .prose").last
    expect(prose.locator("strong")).to_have_text("definition")
    expect(prose.locator(".math--display .katex")).to_have_count(1)
    expect(prose.locator(".math--display math")).to_have_count(1)
    expect(prose.locator(".katex")).to_have_count(3)
    expect(prose.locator(".code .hljs-keyword").first).to_have_text("def")
    expect(prose.locator(".code-language")).to_have_text("Python")
    expect(prose.locator("td[align=right]")).to_have_text("1")
    expect(prose.locator("li").first).to_contain_text("☑ one")
    expect(prose.get_by_text("It costs $5 and $6, and")).to_be_visible()
    expect(prose.locator("[data-tex='\\\\frac{1'] code")).to_have_text("\\frac{1")
    assert prose.locator(".formula-coming").count() == 0
    assert prose.locator(".block").count() == 6


def test_an_answer_streams_in_rendered_and_is_the_same_after_a_reload(lesson: Visit) -> None:
    lesson.ask_and_wait("Explain factorial with `code` and \\(n!\\)")
    assert_rendered(lesson)
    question = lesson.page.locator(".question")
    expect(question.locator("code").first).to_have_text("code")
    expect(question.locator(".katex")).to_have_count(1)
    assert re.fullmatch(rf"{re.escape(lesson.url)}/lessons/[0-9a-f-]{{36}}", lesson.page.url)
    streamed = lesson.page.locator(".prose").last.inner_html()

    lesson.page.reload()
    assert_rendered(lesson)
    assert lesson.page.locator(".prose").last.inner_html() == streamed


def test_words_of_the_learner_stay_as_typed(lesson: Visit) -> None:
    typed = "# not a heading\n1. not a list\n<b>not bold</b> *nor this* a  b"
    lesson.ask_and_wait(typed)
    question = lesson.page.locator(".question")
    assert question.inner_text().rstrip("\n") == typed
    assert question.locator("h1, ol, b, em").count() == 0
    lesson.page.reload()
    expect(lesson.page.locator(".question[data-drawn]")).to_be_visible()
    assert question.inner_text().rstrip("\n") == typed


def test_stop_keeps_what_is_written_and_goes_on_from_there(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask("Tell me a long story")
    expect(lesson.page.locator(".prose").last).to_contain_text("Once upon a time.")
    lesson.page.keyboard.press("Escape")
    expect(lesson.page.locator("#turns").get_by_text("You stopped here. What was written is kept.")).to_be_visible()
    expect(lesson.page.locator("#send")).to_be_visible()
    written = lesson.answer
    assert written.startswith("Once upon a time.")
    expect(lesson.page.locator("#lessons .lesson-link")).to_have_count(1)

    lesson.page.reload()
    expect(lesson.page.locator("#turns").get_by_text("You stopped here. What was written is kept.")).to_be_visible()
    assert lesson.answer.startswith(written[:40])

    model.scripts[GOES_ON] = Script("And they lived on.", piece_length=6)
    lesson.page.get_by_role("button", name="Go on from here").click()
    lesson.wait_until_answered()
    expect(lesson.page.locator(".turn")).to_have_count(2)
    expect(lesson.page.locator(".older-versions")).to_be_hidden()
    whole = lesson.answer
    assert whole.startswith(written[:40])
    assert whole.endswith("And they lived on.")
    lesson.page.reload()
    expect(lesson.page.locator(".prose[data-drawn]")).to_be_visible()
    expect(lesson.page.locator(".older-versions")).to_be_hidden()
    assert lesson.answer == whole


def test_stop_before_the_first_word_puts_the_question_back_in_the_box(lesson: Visit) -> None:
    lesson.stop_the_clock()
    lesson.ask("This waits")
    expect(lesson.page.get_by_text("Thinking about how to start.")).to_be_visible()
    lesson.page.clock.run_for(4_000)
    expect(lesson.page.get_by_text("Taking longer than usual.").first).to_be_visible()
    lesson.page.get_by_role("button", name="Stop").click()
    expect(lesson.page.locator("#composer-text")).to_have_value("This waits")
    expect(lesson.page.locator(".turn")).to_have_count(0)


def test_an_answer_can_be_asked_for_again(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask_and_wait("Once more?")
    model.scripts["Once more?"] = Script("A different way to see it.")
    lesson.page.get_by_role("button", name="Answer again").click()
    expect(lesson.page.locator(".prose").last).to_have_text("A different way to see it.")
    expect(lesson.page.locator(".turn--tutor")).to_have_count(1)
    lesson.wait_until_answered()
    lesson.page.reload()
    expect(lesson.page.locator(".prose")).to_have_text(["A different way to see it."])


def test_an_answer_that_broke_off_keeps_its_part_and_is_finished(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask_and_wait("This breaks")
    expect(lesson.page.get_by_role("alert")).to_contain_text("The answer broke off. The part above is kept")
    assert lesson.answer == "Each column is a side of a parallelogram. Push one side along"
    model.scripts[GOES_ON] = Script("", status=500)
    lesson.page.get_by_role("button", name="Finish the answer").click()
    expect(lesson.page.get_by_role("alert")).to_contain_text("No model could answer just now.")
    expect(lesson.page.locator("#composer-text")).to_have_value("")
    model.scripts[GOES_ON] = Script(" the other.", piece_length=3, pause=0.01)
    lesson.page.get_by_role("button", name="Try again").click()
    lesson.wait_until_answered()
    assert lesson.answer == "Each column is a side of a parallelogram. Push one side along the other."


def test_an_answer_that_broke_off_starts_again(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask_and_wait("This breaks")
    model.scripts["breaks"] = Script("Whole this time.")
    lesson.page.get_by_role("button", name="Start it again").click()
    expect(lesson.page.locator(".prose").last).to_have_text("Whole this time.")


def test_no_model_keeps_the_question_and_tries_again(lesson: Visit, model: ScriptedModel) -> None:
    lesson.ask("This refuses")
    expect(lesson.page.get_by_role("alert")).to_contain_text("No model could answer just now.")
    expect(lesson.page.locator("#composer-text")).to_have_value("This refuses")
    expect(lesson.page.locator(".failure-code")).to_have_text(re.compile("Code [0-9a-f]{4} [0-9a-f]{4}"))
    model.scripts["refuses"] = Script("Here I am.")
    lesson.page.get_by_role("button", name="Try again").click()
    lesson.wait_until_answered()
    expect(lesson.page.locator(".prose")).to_have_text(["Here I am."])
    expect(lesson.page.locator("#composer-text")).to_have_value("")


def test_what_is_written_offline_waits_and_goes_out_in_order(lesson: Visit) -> None:
    lesson.ask_and_wait("First")
    lesson.context.set_offline(True)
    expect(lesson.page.get_by_text("You are offline.")).to_be_visible()
    lesson.ask("Second")
    lesson.ask("Third")
    expect(lesson.page.locator(".turn--queued")).to_have_count(2)
    lesson.context.set_offline(False)
    expect(lesson.page.locator(".turn--tutor .tools:not([hidden])")).to_have_count(3)
    expect(lesson.page.locator(".question")).to_have_text(["First", "Second", "Third"])
    expect(lesson.page.locator(".turn--queued")).to_have_count(0)


def test_a_draft_survives_a_reload_and_belongs_to_its_lesson(lesson: Visit) -> None:
    lesson.page.fill("#composer-text", "half a thou")
    lesson.page.reload()
    expect(lesson.page.locator("#composer-text")).to_have_value("half a thou")
    lesson.ask_and_wait("half a thought")
    lesson.page.reload()
    expect(lesson.page.locator("#composer-text")).to_have_value("")


def test_up_in_an_empty_box_edits_the_last_message(lesson: Visit) -> None:
    lesson.ask_and_wait("What is a gruop?")
    lesson.page.locator("#composer-text").press("ArrowUp")
    expect(lesson.page.locator("#composer-text")).to_have_value("What is a gruop?")
    expect(lesson.page.get_by_text("Editing a message.")).to_be_visible()
    lesson.ask_and_wait("What is a group?")
    expect(lesson.page.locator(".question")).to_have_text(["What is a group?"])
    lesson.page.reload()
    expect(lesson.page.locator(".question")).to_have_text(["What is a group?"])


def test_learners_see_no_model_names(lesson: Visit) -> None:
    lesson.ask_and_wait("Who are you?")
    assert "scripted" not in lesson.page.locator("body").inner_text()
    lesson.page.reload()
    expect(lesson.page.locator(".prose[data-drawn]")).to_be_visible()
    assert "scripted" not in lesson.page.content()


def test_copy_gives_the_answer_as_it_was_written(visit: OpenVisit) -> None:
    there = visit(permissions=["clipboard-read", "clipboard-write"])
    there.open()
    there.ask_and_wait("Explain factorial")
    there.stop_the_clock()
    there.page.get_by_role("button", name="Copy this answer").click()
    expect(there.page.get_by_role("button", name="Copied")).to_be_visible()
    assert there.page.evaluate("navigator.clipboard.readText()") == ANSWER
    there.page.locator('[data-action="copy-code"]').click()
    expect(there.page.locator('[data-action="copy-code"]')).to_have_text("Copied")
    copied = there.page.evaluate("navigator.clipboard.readText()")
    assert copied == "def factorial(n):\n    return n * factorial(n - 1)"


def test_earlier_turns_come_above_without_a_jump(lesson: Visit) -> None:
    lesson.ask_and_wait("Turn 0")
    session = lesson.page.url.rsplit("/", 1)[1]
    for number in range(1, 45):
        answer = lesson.context.request.post(
            f"{lesson.url}/api/v1/chat",
            data={"message": f"Turn {number}", "session_id": session},
            headers={"Origin": lesson.url, "Accept": "text/event-stream"},
        )
        assert answer.ok, answer.text()
    lesson.page.reload()
    expect(lesson.page.locator(".turn--tutor")).to_have_count(40)
    button = lesson.page.get_by_role("button", name="Earlier in this lesson")
    button.scroll_into_view_if_needed()
    first = lesson.page.locator(".question", has_text="Turn 5").first
    before = first.bounding_box()
    button.click()
    expect(lesson.page.locator(".turn--tutor")).to_have_count(45)
    expect(lesson.page.locator(".prose:not([data-drawn])")).to_have_count(0)
    after = first.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= 1


def test_a_question_written_before_the_page_can_send_waits_for_it(lesson: Visit) -> None:
    page, held = lesson.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/lesson.js*", hold)
    with page.expect_request("**/lesson.js*"):
        page.goto(f"{lesson.url}/", wait_until="commit")
    page.fill("#composer-text", "Was I too fast?")
    expect(page.locator("#send")).to_be_disabled()
    for route in held:
        route.continue_()
    page.click("#send")
    lesson.wait_until_answered()
    expect(page.locator(".question")).to_have_text(["Was I too fast?"])
    assert "message=" not in page.url


def test_too_fast_counts_the_seconds_down_and_keeps_the_question(lesson: Visit) -> None:
    body = '{"error": "A little fast for this server.", "code": "rate_limited", "details": {}, "request_id": "r"}'
    lesson.page.route(
        "**/api/v1/chat",
        lambda route: route.fulfill(
            status=429, headers={"Retry-After": "2"}, content_type="application/json", body=body
        ),
        times=1,
    )
    lesson.stop_the_clock()
    lesson.ask("Again and again")
    expect(lesson.page.get_by_role("alert")).to_contain_text("You can send again in 2 s. Your question is kept.")
    expect(lesson.page.locator("#send")).to_be_disabled()
    lesson.page.clock.run_for(1_000)
    expect(lesson.page.locator("#send")).to_have_text("Send in 1 s")
    expect(lesson.page.locator("#composer-text")).to_have_value("Again and again")
    lesson.page.clock.run_for(1_000)
    expect(lesson.page.locator("#send")).to_be_enabled()
    lesson.page.clock.resume()
    lesson.page.click("#send")
    lesson.wait_until_answered()
    expect(lesson.page.locator(".question")).to_have_text(["Again and again"])


@pytest.mark.parametrize(
    ("retry_after", "sentence"),
    [
        (
            "1800",
            r"The tutor rests until \d\d:\d\d\. This hour's budget is used up\. Your question is kept and waits in",
        ),
        ("200000", r"The tutor rests until \w+, \w+ \d+, \d\d:\d\d\. This hour's budget is used up\."),
        ("5", r"The tutor is busy with other answers\. You can send again in 5 s\. Your question is kept\."),
    ],
)
def test_over_budget_says_when_it_goes_on(lesson: Visit, retry_after: str, sentence: str) -> None:
    body = '{"error": "Used up.", "code": "budget_exceeded", "details": {"window": "hour"}, "request_id": "r"}'
    lesson.page.route(
        "**/api/v1/chat",
        lambda route: route.fulfill(
            status=402, headers={"Retry-After": retry_after}, content_type="application/json", body=body
        ),
    )
    lesson.ask("One more?")
    expect(lesson.page.get_by_role("alert")).to_contain_text(re.compile(sentence))
    expect(lesson.page.locator("#composer-text")).to_have_value("One more?")


def test_a_lost_connection_is_taken_up_again_and_charged_once(lesson: Visit, model: ScriptedModel) -> None:
    lesson.page.route("**/api/v1/chat", lambda route: route.abort("connectionreset"), times=1)
    calls = len(model.calls)
    lesson.ask_and_wait("Are you there?")
    assert lesson.answer == "Watch a pattern decide it."
    assert len(model.calls) == calls + 1


def test_a_new_lesson_starts_without_the_draft_of_the_last(lesson: Visit) -> None:
    lesson.ask_and_wait("One thing")
    lesson.open()
    expect(lesson.page.locator("#composer-text")).to_have_value("")
