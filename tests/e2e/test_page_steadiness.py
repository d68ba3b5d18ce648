"""The text that is being read does not move while more of it arrives."""

from __future__ import annotations

from threading import Event

import pytest
from playwright.sync_api import Locator, expect
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser

STORY = (
    "\n\n".join(
        (
            "A square you can expand without thinking, with \\(x - 3\\) in it:",
            "\\[ (x-3)^2 = x^2 - 6x + 9 \\]",
            "1. Put it next to yours.\n2. Only the last one differs.\n\n   Inside an item, too.",
            "```python\nfor n in range(3):\n    print(n)\n```",
            "| a | b |\n|---|---|\n| \\(x^2\\) | 2 |\n| 3 | 4 |",
            "Two answers, because both \\((\\sqrt{5})^2\\) and \\((-\\sqrt{5})^2\\) are 5. So **that** is it.",
        )
    )
    + "\n\n"
) * 3

# In each frame, where every block but the open one stands in the document and where the dock stands in the window, and
# what the browser saw move. Room for the answer appears where nothing was: what moves counts from the second frame that
# has words of it. Of what sticks to the window, Chromium reports a shift that no frame showed when it is laid out in
# the frame in which the page grows below it; so the dock is only held to its place in each frame.
RECORDER = """() => {
  window.moved = [];
  window.shifts = [];
  let began = Infinity;
  let framesWithWords = 0;
  let framesAtRest = 0;
  const places = new Map();
  const dock = document.querySelector('.dock');
  let dockEnd = 0;
  const spot = (rect) => `${rect.x} ${rect.y} ${rect.width} ${rect.height}`;
  const shift = ({ node, previousRect, currentRect }) =>
    `${node?.nodeName} ${node?.className ?? node?.textContent}: ${spot(previousRect)} -> ${spot(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput || entry.startTime < began || entry.value < 0.0005) continue;
      const moved = entry.sources.filter(({ node }) => !dock.contains(node));
      if (moved.length > 0) window.shifts.push(`${entry.value}: ${moved.map(shift).join(', ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: false });
  const frame = () => {
    const blocks = [...document.querySelectorAll('.turn--tutor:last-child .prose > .block')];
    if (document.querySelector('#stop').hidden === false && blocks.length > 0) framesWithWords += 1;
    if (framesWithWords === 2) began = Math.min(began, performance.now());
    const finished = document.querySelector('#stop').hidden ? blocks : blocks.slice(0, -1);
    for (const block of finished) {
      const { top, height, left, width } = block.getBoundingClientRect();
      const place = [top + scrollY, left, width, height].map((value) => value.toFixed(1)).join(' ');
      const before = places.get(block);
      if (before !== undefined && before !== place) {
        window.moved.push(`${before} -> ${place}: ${block.textContent.slice(0, 40)}`);
      }
      places.set(block, place);
    }
    const end = dock.getBoundingClientRect().bottom;
    if (framesWithWords > 2 && Math.abs(end - dockEnd) > 0.1) window.moved.push(`dock: ${dockEnd} -> ${end}`);
    dockEnd = end;
    window.watched = places.size;
    framesAtRest = document.querySelector('#stop').hidden && places.size > 5 ? framesAtRest + 1 : 0;
    window.atRest = framesAtRest >= 12;
    requestAnimationFrame(frame);
  };
  frame();
}"""


@pytest.fixture(autouse=True)
def scripts(model: ScriptedModel) -> None:
    model.scripts = {
        "square": Script(STORY, piece_length=5, pause=0.004),
    }


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_finished_blocks_do_not_move_by_a_pixel(visit: OpenVisit, device: str) -> None:
    there = visit(**({"viewport": PHONE, "has_touch": True, "is_mobile": True} if device == "phone" else {}))
    there.open()
    there.ask_and_wait("Something before it")
    assert letters_there(there) == 4
    there.page.evaluate(RECORDER)
    there.ask("Complete the square")
    there.wait_until_answered()
    there.wait_until("() => window.atRest")
    assert there.page.evaluate("window.watched") >= 18
    assert there.page.evaluate("window.moved") == []
    assert there.page.evaluate("window.shifts") == []


def test_formulas_wait_for_their_letters(lesson: Visit) -> None:
    """Else what was set in others moves when they come."""
    assert letters_there(lesson) == 4


def letters_there(there: Visit) -> int:
    """How many of the faces that formulas are set in are there once they can be drawn; waits for all others too."""
    source = "document.querySelector('script[src*=\"lesson.js\"]').src"
    found: int = there.page.evaluate(
        f"""async () => {{
          const address = new URL('formulas.js', {source});
          await (await import(address)).loadFormulas();
          const faces = ['1em KaTeX_Main', 'italic 1em KaTeX_Math', '1em KaTeX_Size1', '1em KaTeX_Size2'];
          const there = faces.filter((face) => document.fonts.check(face)).length;
          await document.fonts.ready;
          return there;
        }}"""
    )
    return found


def question_top(there: Visit) -> float:
    box = there.page.locator(".question").last.bounding_box()
    bar = there.page.locator(".bar").bounding_box()
    assert box is not None
    assert bar is not None
    return box["y"] - bar["height"]


STILL = """() => new Promise((resolve) => {
  let position = scrollY;
  let frames = 0;
  const frame = () => {
    frames = scrollY === position ? frames + 1 : 0;
    position = scrollY;
    if (frames < 20) requestAnimationFrame(frame);
    else resolve(position);
  };
  frame();
})"""
"""Where the page stands once a turn of the wheel has come to its end."""


def wait_for_more(there: Visit) -> None:
    """Some lines of the answer."""
    height = there.page.evaluate("document.documentElement.scrollHeight")
    there.wait_until("height => document.documentElement.scrollHeight > height + 300", height)


def press_in_place(button: Locator) -> None:
    """As a hand does. `Locator.click` scrolls first, and a page that grows meanwhile goes on by hundreds of pixels:
    if that brings the end into sight, the reader has gone along and the button is rightly gone."""
    box = button.bounding_box()
    assert box is not None
    button.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_question_goes_under_the_bar_and_stays_until_the_reader_asks_for_the_end(
    lesson: Visit, model: ScriptedModel
) -> None:
    enough = Event()
    model.scripts["longer"] = Script(STORY, piece_length=8, pause=0.006, until=enough)
    lesson.ask_and_wait("Something before it")
    assert letters_there(lesson) == 4
    lesson.ask("Go on for longer")
    jump = lesson.page.get_by_role("button", name="Jump to the newest line")
    expect(jump).to_be_visible()
    assert question_top(lesson) == pytest.approx(24, abs=1)
    end = "[...document.querySelectorAll('.prose')].at(-1).getBoundingClientRect().bottom"
    hidden = f"{end} - document.querySelector('.composer').getBoundingClientRect().top"
    lesson.wait_until(f"() => {hidden} > 200")
    press_in_place(jump)
    expect(jump).to_be_hidden()
    lesson.wait_until(f"() => {hidden} < 0")
    wait_for_more(lesson)
    assert lesson.page.evaluate(hidden) < 0

    lesson.page.mouse.move(600, 300)
    lesson.page.mouse.wheel(0, -200)
    expect(jump).to_be_visible()
    position = lesson.page.evaluate(STILL)
    wait_for_more(lesson)
    assert lesson.page.evaluate("scrollY") == position
    enough.set()
    lesson.wait_until_answered()
    assert lesson.page.evaluate("scrollY") == position


def test_a_lesson_opens_at_its_end(lesson: Visit) -> None:
    lesson.ask_and_wait("Complete the square")
    lesson.page.reload()
    expect(lesson.page.locator(".prose[data-drawn]")).to_be_visible()
    lesson.page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)")
    at_end = "Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight)"
    assert lesson.page.evaluate(at_end) <= 1


def test_a_selection_and_a_copy_button_stay_while_text_arrives(lesson: Visit) -> None:
    lesson.ask("Complete the square")
    lesson.page.wait_for_selector(".turn--tutor .code + *, .turn--tutor .block:nth-child(5)")
    lesson.page.evaluate(
        """() => {
          document.activeElement.blur();
          const first = document.querySelector('.turn--tutor .block p');
          getSelection().selectAllChildren(first);
          window.button = document.querySelector('[data-action="copy-code"]');
        }"""
    )
    lesson.wait_until_answered()
    assert lesson.page.evaluate("getSelection().toString()").startswith("A square you can expand")
    assert lesson.page.evaluate("window.button.isConnected") is True
