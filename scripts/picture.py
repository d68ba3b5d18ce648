"""Draw docs/lesson.png, the README's picture: a real lesson in a real browser, taught by a model that reads a script.

`make picture`, after the pages changed; needs Chromium. Look at it before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.servers import free_port, start_masterx  # noqa: E402 (the tree above has to be found first)
from playwright.sync_api import Page, ViewportSize, sync_playwright  # noqa: E402
from tests.conftest import CHROMIUM  # noqa: E402
from tests.fakes.scripted_model import Script, scripted_model  # noqa: E402

PICTURE = ROOT / "docs/lesson.png"
SIZE: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_SECONDS = 60
PASSWORD = "ten or more letters"

EARLIER = ("Why does minus times minus give plus?", "What is a base case, in one line?")
QUESTION = "I keep getting `RecursionError` on my factorial, half an hour now. It never stops??"
ANSWER = r"""Half an hour is a fair try, and the error is more helpful than it looks. It says one exact
thing: **no call could answer without calling again.**

```python
def factorial(n):
    return n * factorial(n - 1)
```

In mathematics the definition has two lines, and yours has only the second:

\[ n! = \begin{cases} 1 & \text{if } n = 0 \\ n \cdot (n-1)! & \text{if } n \ge 1 \end{cases} \]

Before we touch the code: for which \(n\) do you know the answer straight away?
"""


def ask(page: Page, text: str) -> None:
    page.fill("#composer-text", text)
    page.click("#send")
    page.wait_for_selector(".turn:last-child.turn--tutor .tools:not([hidden])")
    page.wait_for_selector("#stop", state="hidden")


def main() -> None:
    if CHROMIUM is None:
        raise SystemExit("There is no Chromium here; MASTERX_TEST_CHROMIUM may name one.")
    with tempfile.TemporaryDirectory() as folder, scripted_model() as model, sync_playwright() as playwright:
        model.scripts = {"RecursionError": Script(ANSWER, piece_length=40)}
        server = start_masterx(Path(folder), port=free_port(), environment=model.settings)
        try:
            server.wait_until_healthy("/api/v1/health", PATIENCE_SECONDS)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            page.goto(server.sign_in_link)
            page.fill("#name", "Ada")
            page.fill("#email", "ada@example.org")
            page.fill("#password", PASSWORD)
            page.get_by_role("button", name="Keep this account").click()
            for question in (*EARLIER, QUESTION):
                page.goto(server.url)
                ask(page, question)
            page.wait_for_selector(".hljs-keyword")
            page.evaluate("document.fonts.ready.then(() => true)")
            page.mouse.move(0, 0)
            page.evaluate("document.activeElement.blur()")
            page.screenshot(path=PICTURE)
            browser.close()
        finally:
            server.kill()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
