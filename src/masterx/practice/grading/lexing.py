"""Signs of a formula, from text that `notation.plain` has passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from masterx.practice.grading.formulas import CONSTANTS, FUNCTIONS, SAME_FUNCTION
from masterx.practice.grading.verdicts import Unreadable

MAX_TOKENS = 300
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "chi",
        "psi",
        "omega",
    ]
)
GREEK_LETTERS = dict(
    zip(
        "αβγδεζηθικλμνξρστφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "rho",
            "sigma",
            "tau",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
)
_NO_NAMES = frozenset(
    ["and", "or", "is", "if", "to", "of", "so", "not", "are", "the", "but", "for", "import", "eval", "exec", "lambda"]
)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?![\d.]))?)"
    r"|(?P<name>log(?:10|2)(?=\s*[(\d])|[A-Za-zα-ωΑ-Ω]+'*(?:_(?:\{\w+\}|[A-Za-z0-9]+))?)"
    r"|(?P<sign>[-+*/^()\[\]{}|!°%,;±]))"
)
_LOG_BASE = re.compile(r"log_?\{?(\d+|e)\}?$")


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    """number, symbol, constant, function, or the sign itself."""
    text: str
    spaced: bool = False
    """Whether white space stands before it."""


def tokens(text: str, names: frozenset[str]) -> list[Token]:
    """Raises `Unreadable` at a sign or a word that belongs in no formula. `names` are longer names that it may use."""
    found: list[Token] = []
    place = 0
    while place < len(text) and text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unreadable(f"The sign {text[place:].strip()[0]!r} has no meaning in a formula.")
        spaced = match[0][:1].isspace()
        place = match.end()
        if match["name"]:
            found += _names(match["name"], names, spaced)
        else:
            found.append(Token("number" if match["number"] else match["sign"], match[0].strip(), spaced))
        if len(found) > MAX_TOKENS:
            raise Unreadable("That formula is too long to read.")
    return found


def _names(word: str, names: frozenset[str], spaced: bool) -> list[Token]:
    base = _LOG_BASE.match(word)
    if base:
        return [Token("function", f"log{base[1]}".replace("loge", "ln"), spaced)]
    word = word.replace("{", "").replace("}", "")
    stem, underscore, index = word.partition("_")
    stem = "".join(GREEK_LETTERS.get(letter, letter) for letter in stem)
    if underscore:
        *before, last = _split(stem, names)
        return [*before, Token("symbol", f"{last.text}_{index}")]
    if stem in names:
        return [Token("symbol", stem, spaced)]
    parts = _split(stem, names)
    return [Token(parts[0].kind, parts[0].text, spaced), *parts[1:]]


def _split(word: str, names: frozenset[str]) -> list[Token]:
    """`sinx` is a function and a letter, `2xy` has two letters; a word of a language is neither."""
    lowered = word.lower()
    for known in (word, lowered):
        if (token := _known(known, names)) is not None:
            return [token]
    if lowered in _NO_NAMES:
        raise Unreadable(f"Write the formula alone, without the word {word!r}.")
    found: list[Token] = []
    place = 0
    while place < len(word):
        for length in range(min(9, len(word) - place), 0, -1):
            token = _known(word[place : place + length], names) if length > 1 else None
            if token is not None or length == 1:
                found.append(token or _letter(word[place]))
                place += length
                break
    letters = {token.text for token in found if token.kind == "symbol"}
    if len(word) > 3 and not letters <= names and len(letters) > 1:
        raise Unreadable(f"{word[:20]!r} is not part of a formula.")
    return found


def _known(word: str, names: frozenset[str]) -> Token | None:
    if word in names and len(word) > 1:
        return Token("symbol", word)
    name = SAME_FUNCTION.get(word, word)
    if name in FUNCTIONS or name == "log10":
        return Token("function", name)
    if name in CONSTANTS and not (name == "e" and "e" in names):
        return Token("constant", name)
    if name in {"inf", "infinity"}:
        return Token("constant", "oo")
    return Token("symbol", name) if name in GREEK else None


def _letter(letter: str) -> Token:
    return Token("constant", "e") if letter == "e" else Token("symbol", letter)
