"""Whether an answer says something: phrases found word by word, and not where they are denied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from masterx.routing.benchmarks.grading.words import TURNS, Sentence, sentences_of

MENTION: Final = "~"
START: Final = "^"
"""Before a phrase: only at the start of a sentence."""
GAP: Final = 8
"""Words that `...` may stand for, at most."""
REACH: Final = 6
"""Words before a phrase within which a `not` denies it."""
DENIALS: Final = frozenset(
    {"not", "no", "never", "cannot", "without", "neither", "nor", "hardly", "unlike", "false", "wrong", "incorrect"}
    | {"untrue", "myth", "misconception", "mistaken", "nonsense", "falsely", "wrongly", "incorrectly", "none", "nicht"}
)
NEAR_DENIALS: Final = frozenset({"without", "unlike", "no", "instead", "rather"})
"""These deny what stands within NEAR_REACH of them: `without rain`, not `without a stop through rain`."""
NEAR_REACH: Final = 3
EXEMPT: Final = frozenset({"only", "just", "merely", "simply", "doubt", "question", "wonder", "matter"})
"""After `not` or `no` these make no denial: `not only`, `no doubt`."""
DENIED_AFTER: Final = frozenset({"false", "wrong", "incorrect", "untrue", "myth", "misconception", "nonsense"})
TRUE_AFTER_NOT: Final = frozenset({"true", "correct", "right", "so", "case", "accurate"})
COPULAS: Final = frozenset({"is", "are", "was", "were", "be", "isn't", "aren't", "wasn't", "weren't"})


def says(sentences: Sequence[Sentence], phrase: str, *, lenient: bool = False) -> bool:
    """Somewhere it stands undenied, outside a question; with `~` before it, anywhere.

    ``lenient``: a denial ends at `and` too, as in "it does not grow and stays green".
    """
    if phrase.startswith(MENTION):
        return mentions(sentences, phrase[1:])
    own = frozenset(word for part in _parts(phrase) for word in part)
    return any(
        not sentence.is_question and not _is_denied(sentence, start, end, own, lenient=lenient)
        for sentence in sentences
        for start, end in places(sentence.words, phrase)
    )


def mentions(sentences: Sequence[Sentence], phrase: str) -> bool:
    """Somewhere it stands, denied or not."""
    return any(True for sentence in sentences for _ in places(sentence.words, phrase))


def places(words: Sequence[str], phrase: str) -> Iterator[tuple[int, int]]:
    """First word and end of every place where the phrase stands."""
    parts = _parts(phrase)
    if not parts:
        return
    if phrase.startswith(START):
        end = _end(words, 0, parts) if words and _is(words[0], parts[0][0]) else None
        if end is not None:
            yield 0, end
        return
    head = parts[0][0]
    if not head.endswith("*") and head not in words and f"{head}'s" not in words:
        return
    for start, word in enumerate(words):
        if _is(word, head):
            end = _end(words, start, parts)
            if end is not None:
                yield start, end


def _end(words: Sequence[str], start: int, parts: Sequence[Sequence[str]]) -> int | None:
    """Each part as near behind the one before as it stands."""
    at = start
    for number, part in enumerate(parts):
        last = at if number == 0 else at + GAP
        at = next((place for place in range(at, last + 1) if _stands(words, place, part)), -1)
        if at < 0:
            return None
        at += len(part)
    return at


def _stands(words: Sequence[str], place: int, part: Sequence[str]) -> bool:
    if place + len(part) > len(words):
        return False
    return all(_is(words[place + offset], wanted) for offset, wanted in enumerate(part))


def _is(word: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return word.startswith(wanted[:-1])
    return word == wanted or word.removesuffix("'s") == wanted


@lru_cache(maxsize=4_096)
def _parts(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Words of each stretch between dots, as answers are cut into words."""
    found = (_words(part) for part in phrase.removeprefix(START).replace("…", "...").split("..."))
    return tuple(part for part in found if part)


STAR: Final = "ⴲ"
"""Stands for the star while a phrase is cut into words, as markup is dropped there."""


def _words(text: str) -> tuple[str, ...]:
    cut = (word for sentence in sentences_of(text.replace("*", STAR)) for word in sentence.words)
    return tuple(word.replace(STAR, "*") for word in cut)


def _is_denied(sentence: Sentence, start: int, end: int, own: frozenset[str], *, lenient: bool) -> bool:
    """An odd number of denials reach the phrase or stand in its gaps; those of its `own` words belong to it."""
    words, clause = sentence.words, sentence.clauses[start]
    if words[start] in TURNS and start:  # "not because": the phrase's own first word opens its clause
        clause = sentence.clauses[start - 1]
    count = sum(_denies(words, place) for place in range(start, end) if words[place] not in own)
    for place in range(start - 1, max(start - REACH, 0) - 1, -1):
        if sentence.clauses[place] != clause or (lenient and words[place] == "and"):
            break
        near = start - place <= NEAR_REACH or words[place] not in NEAR_DENIALS
        count += near and _denies(words, place)
    return (count + _denied_after(sentence, end)) % 2 == 1


def _denies(words: Sequence[str], place: int) -> bool:
    word, after = words[place], words[place + 1] if place + 1 < len(words) else ""
    if word in {"instead", "rather"}:
        return after in {"of", "than"}
    return (word in DENIALS or word.endswith("n't")) and after not in EXEMPT


def _denied_after(sentence: Sentence, end: int) -> bool:
    """`... is false`, `... is not true`, `... isn't the case`."""
    words = sentence.words
    clause = sentence.clauses[end - 1]
    after = [
        word for word, its in zip(words[end : end + 5], sentence.clauses[end : end + 5], strict=True) if its == clause
    ]
    if not after or after[0] not in COPULAS:
        return False
    negated = after[0].endswith("n't") or "not" in after
    return negated if set(after) & TRUE_AFTER_NOT else bool(set(after) & DENIED_AFTER) and not negated
