"""One option of several, by its letter or its words; or a short answer of a few words."""

from __future__ import annotations

import re
from typing import Final

from masterx.routing.benchmarks.grading.checks import LETTERS, ChoiceCheck, WordCheck
from masterx.routing.benchmarks.grading.final_answers import MOST_DECLARED, declared
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import folded, words_of

UNDECLARED: Final = 0.9
LEADING: Final = re.compile(r"^[\W_]{0,4}(?:option |choice )?[\W_]{0,4}([A-H])(?![\w'’])")
NAMED: Final = re.compile(
    r"(?:\b(?:option|choice|letter) [(*]{0,3}|[(*]{1,3}|^\W{0,4})([A-H])(?=[)*.:,\s]|$)", re.MULTILINE
)
ARTICLE: Final = re.compile(r"^[^\S\n]*A[^\S\n]+[a-z]", re.MULTILINE)


def grade_choice(check: ChoiceCheck, answer: str) -> Finding:
    allowed = LETTERS[: len(check.options)]
    found = declared(answer)
    if found:
        letters = [_chosen(text, check) for text in found]
        if len(set(letters)) > MOST_DECLARED:
            return Finding(0, "It declares several different options and settles on none.")
        letter, most = letters[-1], 1.0
    else:
        named = {letter for letter in NAMED.findall(ARTICLE.sub(" ", answer)) if letter in allowed}
        letter, most = (named.pop() if len(named) == 1 else None), UNDECLARED
    if letter is None:
        return Finding(0, "It does not choose one option.")
    if letter != check.answer:
        return Finding(0, f"It chooses {letter}, not {check.answer}.")
    said = "It chooses the right option" + ("." if most == 1 else ", though not on a line that begins with Answer.")
    return Finding(most, said)


def _chosen(text: str, check: ChoiceCheck) -> str | None:
    """The option that a line names, by letter, by words, or by both alike."""
    allowed = LETTERS[: len(check.options)]
    spoken = _by_words(text, check)
    leading = LEADING.match(text)
    letter = leading[1] if leading and leading[1] in allowed and not ARTICLE.match(text) else None
    if letter is None:
        return spoken
    rest = text[leading.end() :] if leading else ""
    others = {
        other for other in re.findall(r"(?<![\w'’])([A-H])(?![\w'’])", rest) if other in allowed and other != letter
    }
    if others and spoken != letter:
        return None
    return letter if spoken in {None, letter} else None


def _by_words(text: str, check: ChoiceCheck) -> str | None:
    """The longest option whose words all stand there in a row."""
    whole = [letter for letter, option in zip(LETTERS, check.options, strict=False) if folded(option) in folded(text)]
    if len(whole) == 1:
        return whole[0]
    words = words_of(text)
    matches: list[tuple[int, str]] = []
    for letter, option in zip(LETTERS, check.options, strict=False):
        wanted = words_of(option)
        if wanted and any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1)):
            matches.append((len(wanted), letter))
    if not matches:
        return None
    longest = max(length for length, _ in matches)
    best = [letter for length, letter in matches if length == longest]
    return best[0] if len(best) == 1 else None


def grade_word(check: WordCheck, answer: str) -> Finding:
    found = declared(answer)
    if len({words_of(text) for text in found}) > MOST_DECLARED:
        return Finding(0, "It declares several different answers and settles on none.")
    stated = re.sub(r"\([^()]{0,200}\)\W*$", "", found[-1]) if found else answer
    words, accepted = words_of(stated), {words_of(text) for text in check.accepted}
    if words in accepted:
        return Finding(1 if found else UNDECLARED, "The answer is right.")
    if not found:
        return Finding(0, "It has no line that begins with Answer.")
    return Finding(0, f"It says “{' '.join(words)[:60]}”, not “{check.accepted[0]}”.")
