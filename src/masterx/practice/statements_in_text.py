"""Prose with formulas as one line of plain signs: what markdown and LaTeX add is taken away, spoken sums are spelled.

Only as much as claims between numbers need; each step goes once through the text.
"""

from __future__ import annotations

import re
from typing import Final

_SPACES: Final = re.compile(r"[ \t\u00a0]{2,}")
_EMPTY_LINES: Final = re.compile(r"(?:[ \t]*\n){2,}")
_FRACTION: Final = re.compile(r"\\[dt]?frac\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,60})\}")
_ROOT: Final = re.compile(r"\\sqrt\s*\{([^{}]{1,60})\}")
_SCRIPT: Final = re.compile(r"\^\s*\{([^{}]{1,30})\}")
_WORDS_IN_TEX: Final = re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]{0,80})\}")
_BOXED: Final = re.compile(r"\\boxed\s*\{([^{}]{1,80})\}")
_TEX: Final = re.compile(
    r"\\(?:times|cdot|ast|div|approx|simeq|left|right|quad|qquad|dots|ldots|cdots|[,;:! %()\[\]\\$&])"
)
_TEX_SIGNS: Final = {
    "times": "×", "cdot": "·", "ast": "*", "div": "÷", "approx": "≈", "simeq": "≈", "dots": "…", "ldots": "…",
    "cdots": "…", "%": "%", "left": "", "right": "",
}  # fmt: skip
_THOUSANDS: Final = re.compile(r"(?<=\d)(?:,|\{,\}|\\,|\u202f|\u00a0)(?=\d{3}(?!\d))")
_EMPHASIS: Final = re.compile(r"(?<![\d)])\*\*|\*\*(?![\d(])|__")
_LIST_NUMBER: Final = re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+", re.MULTILINE)
_BULLET: Final = re.compile(r"^[ \t]*[-*+•#>]+[ \t]+", re.MULTILINE)
_ENVIRONMENT: Final = re.compile(r"\\(?:begin|end)\s*\{[a-z*]{1,20}\}")
_ALIGNED: Final = re.compile(r"\\\\\s*&?\s*(?==)|&\s*(?==)|\n\s*&?(?==)")
_POWER_SIGNS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SUPERSCRIPT: Final = re.compile(r"(?<=[\d)])[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

_SPOKEN: Final = (
    (re.compile(r"(?<=[\d)!%])\s+(?:times|multiplied by)\s+(?=[-(√\d])", re.IGNORECASE), " × "),
    (re.compile(r"(?<=[\d)!%])\s+(?:divided by)\s+(?=[-(√\d])", re.IGNORECASE), " ÷ "),
    (re.compile(r"(?<=[\d)!%])\s+plus\s+(?=[-(√\d])", re.IGNORECASE), " + "),
    (re.compile(r"(?<=[\d)!%])\s+minus\s+(?=[-(√\d])", re.IGNORECASE), " - "),
    (re.compile(r"(?<=[\d)])\s+(?:raised )?to the power(?: of)?\s+(?=[-(\d])", re.IGNORECASE), "^"),
    (re.compile(r"(?<=[\d)])\s+squared\b", re.IGNORECASE), "^2"),
    (re.compile(r"(?<=[\d)])\s+cubed\b", re.IGNORECASE), "^3"),
    (re.compile(r"(?<=\d)\s+factorial\b", re.IGNORECASE), "!"),
    (re.compile(r"\b(?:the )?square root of\s+(?=\d)", re.IGNORECASE), "√"),
    (re.compile(r"(?<=\d)\s*(?:%|per ?cent)\s+of\s+(?:[$€£]\s?)?(?=\d)", re.IGNORECASE), "% × "),
    (re.compile(r"(?<=\d)\s*/\s*(\d{1,4})\s+of\s+(?=\d)", re.IGNORECASE), r"/\1 × "),
    (re.compile(r"(?<=\d)\s+per ?cent\b", re.IGNORECASE), "%"),
)  # fmt: skip
_EQUALS: Final = re.compile(
    r"(?<=[\d)!%])\s+(?:is equal to|is equivalent to|is exactly|is|are|equals|makes|gives(?: you)?|comes to|becomes)\s+"
    r"(?=-?\d[\d./]*%?(?![\d./%]|\s*[×*+\-/·÷^(]))", re.IGNORECASE
)  # fmt: skip
_ABOUT: Final = re.compile(
    r"(?:=|\b(?:is|equals|gives))\s*(?:about|around|roughly|approximately|nearly|almost|close to)\s+(?=[-(√]*\d)",
    re.IGNORECASE,
)


def one_line_signs(text: str) -> str:
    """The text with formulas in plain signs; paragraphs and list entries stay on lines of their own."""
    plain = _EMPTY_LINES.sub("\n", _SPACES.sub(" ", _without_code(text)))
    plain = _LIST_NUMBER.sub("", _BULLET.sub("", plain))
    plain = _ALIGNED.sub(" ", _ENVIRONMENT.sub(" ", plain))
    plain = _THOUSANDS.sub("", plain)
    plain = _WORDS_IN_TEX.sub(r" \1 ", plain)
    for _ in range(3):
        plain = _SCRIPT.sub(r"^(\1)", _ROOT.sub(r"√(\1)", _FRACTION.sub(_quotient, plain)))
    plain = _BOXED.sub(r" \1 ", plain)
    plain = _TEX.sub(lambda found: _TEX_SIGNS.get(found[0][1:], " "), plain)
    plain = _EMPHASIS.sub("", plain).replace("$", " ").replace("`", " ").replace("−", "-").replace("\u2013", "-")
    return _SUPERSCRIPT.sub(lambda found: "^" + found[0].translate(_POWER_SIGNS), plain)


def _without_code(text: str) -> str:
    kept, fence = [], ""
    for line in text.split("\n"):
        mark = line.lstrip()[:3]
        if fence:
            fence = "" if mark == fence else fence
        elif mark in {"```", "~~~"}:
            fence = mark
        else:
            kept.append(line)
    return "\n".join(kept)


def _quotient(found: re.Match[str]) -> str:
    """A whole number before a fraction of numbers makes a mixed number."""
    top, bottom = (part.strip() for part in found.groups())
    mixed = found.string[: found.start()][-1:].isdigit() and top.isdigit() and bottom.isdigit()
    if mixed:
        return f" {top}/{bottom}"
    return "(" + "/".join(part if part.isalnum() else f"({part})" for part in (top, bottom)) + ")"


def spelled(text: str) -> str:
    """What people say in words, such as `15% of 80 is 12`, in signs."""
    for pattern, sign in _SPOKEN:
        text = pattern.sub(sign, text)
    return _EQUALS.sub(" = ", _ABOUT.sub(" ≈ ", text))
