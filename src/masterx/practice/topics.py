"""Which skill of the bank a message is about, by words that anyone can read in `skill_words.toml`.

Each word or phrase that is found counts one, one more for each further word in it; what a longer one found, a shorter
one does not find again. The best skill wins, unless another one is as good: then the message is about none of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from masterx.practice.bank_files import Bank
from masterx.practice.items import Skill

MAX_TEXT: Final = 2_000
FOLLOW_UP_WORDS: Final = 7
"""A message this short that names nothing goes on with what the one before it was about."""
_NO_LESSON: Final = re.compile(
    r"\b(?:poem|essay|story|song|lyrics|joke|recipe|translate|translation|e-?mail|letter to|cover letter|history of"
    r"|who (?:invented|discovered|was|is)|novel|movie|film|album|biography)\b",
    re.IGNORECASE,
)
"""What is asked for here is something else than how to do it."""
BEGINNING: Final = 4
"""Letters of a word by which phrases are found at first."""
_WORD_START: Final = re.compile(r"(?<!\w)\w")


@dataclass(frozen=True, slots=True)
class _Phrase:
    parts: tuple[tuple[str, re.Pattern[str]], ...]
    """What has to stand in the text, and at the beginning of a word; the first is looked for much faster."""
    weight: int
    text: str


def skill_of(bank: Bank, message: str, former: str = "") -> Skill | None:
    """None where a message is about nothing in the bank, or about two things alike. `former` is the message before."""
    found = _skill_of(bank, message)
    if found is None and former and 0 < len(message.split()) <= FOLLOW_UP_WORDS and not _NO_LESSON.search(message):
        return _skill_of(bank, former)
    return found


def _skill_of(bank: Bank, message: str) -> Skill | None:
    text = message[:MAX_TEXT].casefold().replace("\u2019", "'")
    if _NO_LESSON.search(text):
        return None
    scores: dict[str, int] = {}
    for skill, phrases in possible_skills(bank.skill_names, text):
        score = score_of(phrases, text)
        if score:
            scores[skill] = score
    best = sorted(scores, key=lambda skill: -scores[skill])[:2]
    if not best or (len(best) == 2 and scores[best[0]] == scores[best[1]]):
        return None
    return bank.skills[best[0]]


def possible_skills(skills: tuple[tuple[str, str], ...], text: str) -> Iterator[tuple[str, tuple[_Phrase, ...]]]:
    """In the order of the skills, at least those with a phrase in the text; most are ruled out by how words begin."""
    by_beginning, others = _beginnings(skills)
    starts = [match.start() for match in _WORD_START.finditer(text)]
    beginnings = {text[start : start + length] for length in range(1, BEGINNING + 1) for start in starts}
    places = set[int]().union(*(by_beginning[beginning] for beginning in beginnings & by_beginning.keys()))
    places.update(place for part, place in others if part in text)
    for place in sorted(places):
        skill, name = skills[place]
        yield skill, phrases_of(skill, name)


@lru_cache(maxsize=4)
def _beginnings(skills: tuple[tuple[str, str], ...]) -> tuple[Mapping[str, set[int]], list[tuple[str, int]]]:
    """Places of the skills by how a word begins that has to be there, and those that are known by a sign."""
    by_beginning: dict[str, set[int]] = {}
    others: list[tuple[str, int]] = []
    for place, (skill, name) in enumerate(skills):
        for phrase in phrases_of(skill, name):
            part = phrase.parts[0][0]
            if part[0].isalnum():
                by_beginning.setdefault(part[:BEGINNING], set()).add(place)
            else:
                others.append((part, place))
    return by_beginning, others


def score_of(phrases: Iterable[_Phrase], text: str) -> int:
    """The longest first; one within a longer one that was found says nothing new."""
    score, seen = 0, ""
    for phrase in phrases:
        if phrase.text in seen:
            continue
        if all(part in text and pattern.search(text) for part, pattern in phrase.parts):
            score += phrase.weight
            seen += f"\n{phrase.text}"
    return score


@lru_cache(maxsize=2_000)
def phrases_of(skill: str, name: str) -> tuple[_Phrase, ...]:
    phrases = [_phrase(text) for text in _own_words().get(skill) or [name.casefold()]]
    return tuple(sorted(phrases, key=lambda phrase: -len(phrase.text)))


@cache
def _own_words() -> Mapping[str, list[str]]:
    text = files("masterx.practice").joinpath("skill_words.toml").read_text("utf-8")
    return {skill: words for subject in tomllib.loads(text).values() for skill, words in subject.items()}


def _phrase(text: str) -> _Phrase:
    parts = [part.strip().casefold() for part in (text.split(" + ") if " + " in text and len(text) > 3 else [text])]
    patterns = [re.compile((r"(?<!\w)" if part[0].isalnum() else "") + re.escape(part)) for part in parts]
    return _Phrase(tuple(zip(parts, patterns, strict=True)), sum(len(part.split()) for part in parts), text.casefold())
