"""Signs that somebody may harm themselves, found by what people say, not by the network.

Few fixed forms of the first person, so that an essay on a sad book or a game does not set them off. It misses what is
hinted at, said in another language or misspelt beyond recognition: an aid, not a safeguard. docs/encoder.md says so to
the operator.
"""

from __future__ import annotations

import re

_SOMEHOW = r"(?:really |just |so |honestly |kinda |sometimes |often |only |still |seriously |even )*"
_I = rf"\bi(?:'?m| am|'?ve| have| do|'?d)? {_SOMEHOW}"
_DEATH = (
    r"(?:die|be dead|kill myself|kms|end it all|end my (?:own )?life|take my (?:own )?life|hurt myself|harm myself"
    r"|cut myself|disappear forever|never wake up|not (?:live|exist|be alive|wake up))"
)
_OTHERS = r"(?:friend|brother|sister|mum|mom|dad|mother|father|classmate|girlfriend|boyfriend|roommate|cousin)"
_MEANS = r"(?:wants?|is going|tried|threatens?)"
SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_I}(?:want|wanna|wish|would like|need|plan|going|gonna|about|think about)\b(?: to| i could)? {_DEATH}\b",
        r"\b(?:kill|killing|cut|cutting|hurt|hurting|harm|harming) myself\b",
        r"\b(?:thinking|thoughts|thought) (?:of|about) (?:suicide|dying|ending (?:it all|my life|it))\b",
        rf"{_I}(?:feel )?suicidal\b",
        r"\b(?:end|ending|take|taking) my (?:own )?life\b",
        rf"{_I}(?:don'?t|do not|no longer) {_SOMEHOW}(?:want|wanna) to (?:live|exist|be alive|be here|wake up)\b",
        r"\b(?:no|any) (?:reason|point) (?:to|in) (?:live|living|be alive|being alive)\b",
        r"\bmy life (?:is|isn'?t|is not) (?:not )?worth living\b|\blife is(?:n'?t| not) worth living\b",
        r"\b(?:better off|happier) (?:dead|without me|if i (?:was|were) (?:dead|gone))\b",
        r"\b(?:no ?one|nobody) (?:would|will) (?:even )?(?:miss|notice|care|mind)[^.!?]{0,20}\bif i (?:die|was|were)",
        rf"{_I}(?:can'?t|cannot|can not) {_SOMEHOW}(?:go on|live) (?:any ?more|like this|living)\b",
        rf"{_I}wish(?:ed)? i (?:was|were|had)(?: never|n'?t)? (?:dead|born|been born)\b",
        rf"{_I}(?:self[- ]?harm|overdos)\w*",
        rf"\bmy {_OTHERS} (?:says? (?:he|she|they) )?{_MEANS} to (?:die|kill (?:him|her|them)sel\w+)\b",
    )
)
PLAY = re.compile(
    r"\b(?:minecraft|fortnite|roblox|in the game|respawn|my character|video ?game|laughing|checkpoint|this level)\b"
)


def shows_distress(text: str) -> bool:
    """Whether the text says that its writer, or somebody close, may come to harm."""
    plain = " ".join(text.lower().replace("’", "'").split())
    return any(sign.search(plain) for sign in SIGNS) and not PLAY.search(plain)
