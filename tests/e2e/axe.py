"""axe on a screen at each width and in either theme.

A screen is reached once; then the window changes its size and theme. Over all screens each width meets each theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page
from tests.e2e.conftest import Visit

AXE = (Path(__file__).parent / "vendor/axe/axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)"""

# One that is cancelled, as its part of the page goes, has ended too.
AT_REST = "Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => true)"

WIDTHS = (1280, 768, 390)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HEIGHT = 844


class Look:
    """Collects what axe says of each screen that a window comes to."""

    def __init__(self, there: Visit) -> None:
        self.there = there
        self.found: dict[str, list[str]] = {}
        self.seen = 0

    @property
    def page(self) -> Page:
        return self.there.page

    def at(self, screen: str, *, widths: Sequence[int] = WIDTHS) -> None:
        """`widths`: fewer for what closes when the window changes its size."""
        self.page.evaluate("document.fonts.ready.then(() => true)")
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        for place, width in enumerate(widths):
            theme = THEMES[(self.seen + place) % 2]
            if widths is WIDTHS:
                self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.emulate_media(color_scheme=theme)
            # Colours are judged as they are at rest.
            self.page.evaluate(AT_REST)
            violations: list[str] = self.page.evaluate(RUN)
            if violations:
                self.found[f"{screen}, {width} px, {theme}"] = violations
        if widths is WIDTHS:
            self.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        self.seen += 1

    def open(self, path: str, screen: str | None = None) -> None:
        self.there.open(path)
        self.at(screen or path)


SHAPE: dict[str, Any] = {"viewport": {"width": WIDTHS[0], "height": HEIGHT}, "reduced_motion": "reduce"}
