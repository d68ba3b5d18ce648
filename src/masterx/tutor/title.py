"""What a lesson is called until the learner names it: its subject, not the raw first words."""

from __future__ import annotations

import re

MAX_WORDS = 7
MAX_CHARACTERS = 60

_LEAD_INS = re.compile(
    "|".join(
        (
            r"(?:hi|hello|hey|ok|okay|so|well|please|thanks|um+|good (?:morning|evening))\b[\s,.!]*",
            r"(?:can|could|would|will) you (?:please )?",
            r"(?:please )?help me (?:to )?(?:with |understand )?",
            r"i (?:do not|don'?t|can(?:'t|not)|cannot) (?:really )?(?:understand|get|see|know|follow) (?:how to )?",
            r"i(?:'m| am) (?:stuck (?:on|with|at)|confused (?:by|about)|trying to (?:understand|learn)|learning) ",
            r"i (?:want|need|would like|have) to (?:understand|learn|know) (?:about |how to )?",
            r"i keep getting (?:a |an )?",
            r"(?:explain|teach|tell|show|describe|define|solve|prove|derive|compare)\b "
            r"(?:to )?(?:me |us )?(?:about |how to |what )?",
            r"what(?:'s| is| are| does| do) (?:the (?:meaning of|difference between|point of) )?",
            r"how (?:do|does|can|should|would|to) (?:i |you |we |one )?",
            r"(?:where|who) (?:is|are|do|does) ",
            r"(?:the|a|an|this|that|my) ",
        )
    ),
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[?!;\n]|[.:](?=\s|$)|\s[–—]\s|```")
_TRAILING = frozenset(
    "a an and as at because but by for from if in into is it of on or so than that the then to with".split()  # noqa: SIM905
)
_SAY_NOTHING = frozenset({"homework", "question", "problem", "exercise", "help", "something", "this", "it", "python"})


def lesson_title(message: str) -> str | None:
    """A few words from the first clause that says something; None when nothing readable is left."""
    for clause in _CLAUSE_END.split(message[:400]):
        words = _first_part(_without_lead_in(" ".join(clause.split())).split()[:MAX_WORDS])
        while words and words[-1].lower() in _TRAILING:
            words.pop()
        title = " ".join(words).replace("`", "").strip(" \"'*_#>,")
        if sum(character.isalnum() for character in title) < 2 or title.lower() in _SAY_NOTHING:
            continue
        if len(title) > MAX_CHARACTERS:
            title = title[: MAX_CHARACTERS - 1].rstrip() + "…"
        return title[0].upper() + title[1:] if title.split()[0].isalpha() else title
    return None


def _first_part(words: list[str]) -> list[str]:
    """Up to a comma, unless that leaves less than three words: "mean, median and mode" is one subject."""
    for place, word in enumerate(words):
        if word.endswith(",") and place >= 2:
            return [*words[:place], word[:-1]]
    return words


def _without_lead_in(clause: str) -> str:
    while match := _LEAD_INS.match(clause):
        clause = clause[match.end() :].lstrip()
    return clause
