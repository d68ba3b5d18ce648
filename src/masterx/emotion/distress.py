"""Signs that somebody may harm themselves: fixed forms of words, and what the encoder's head for distress says.

The forms are of the first person or of somebody close, so that an essay on a sad book or a game does not set them off;
they hold without the encoder too. The head finds what is said in other words. Both miss what is only hinted at: an aid,
not a safeguard. docs/encoder.md says so to the operator.
"""

from __future__ import annotations

import re

SHOWN_FROM = 0.5
"""One in two hundred ordinary messages is at or above; training/README.md has both kinds of errors."""
_SOMEHOW = r"(?:really |just |so |honestly |kinda |sometimes |often |only |still |seriously |even )*"
_I = rf"\bi(?:'?m| am|'?ve| have| do|'?d)? {_SOMEHOW}"
_DEATH = (
    r"(?:die|be dead|kill myself|kms|end it all|end my (?:own )?life|take my (?:own )?life|hurt myself|harm myself"
    r"|cut myself|disappear forever|never wake up|not (?:live|exist|be alive|wake up))"
)
_OTHERS = r"(?:friend|brother|sister|mum|mom|dad|mother|father|classmate|girlfriend|boyfriend|roommate|cousin)"
_MEANS = r"(?:wants?|is going|tried|threatens?)"
_LIVE = r"(?:live|exist|be alive|be here|wake up|(?:go on|keep) living)\b(?! (?:in|at|near|with|far)\b)"
SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_I}(?:want|wanna|wish|would like|need|plan|going|gonna|about|think about)\b(?: to| i could)? {_DEATH}\b",
        r"\b(?:kill|killing|cut|cutting|hurt|hurting|harm|harming|unaliv\w*|off|offing|hang|hanging) my ?self\b",
        r"\bslit\w* my wrists?\b",
        r"\b(?:thinking|thoughts|thought) (?:of|about) (?:suicide|dying|ending (?:it all|my life|it))\b",
        rf"{_I}(?:feel )?su\w{{0,2}}c[iy]d[ae]l\b",
        r"\b(?:end|ending|take|taking) my (?:own )?life\b",
        rf"{_I}(?:don'?t|do not|no longer) {_SOMEHOW}(?:(?:want|wish) to|wanna) {_LIVE}",
        r"\b(?:no|any|see (?:a|the)) (?:reason|point) (?:to|in|of) (?:keep |go on )?(?:live|living|be(?:ing)? alive)\b",
        r"\bmy life (?:is|isn'?t|is not) (?:not )?worth living\b|\blife is(?:n'?t| not) worth living\b",
        r"\b(?:better off|happier) (?:dead|without me|if i (?:was|were) (?:dead|gone))\b",
        r"\b(?:no ?one|nobody) (?:would|will) (?:even )?(?:miss|notice|care|mind)[^.!?]{0,20}\bif i (?:die|was|were)",
        rf"{_I}(?:can'?t|cannot|can not) {_SOMEHOW}(?:go on|live) (?:any ?more|like this|living)\b",
        rf"{_I}wish(?:ed)? i (?:was|were|had)(?: never|n'?t)? (?:dead|born|been born)\b",
        rf"{_I}(?:been )?(?:self[- ]?harm|overdos)\w*|\bbeen self[- ]?harming\b",
        rf"\bmy (?:\w+ )?{_OTHERS} (?:says? (?:he|she|they) )?{_MEANS} to (?:die|kill (?:him|her|them)sel\w+)\b",
        rf"\bmy (?:\w+ )?{_OTHERS} (?:is|feels|seems) (?:\w+ )?suicidal\b",
        rf"\bmy (?:\w+ )?{_OTHERS}\b[^.!?]{{0,60}}\b(?:kill|killing|harming|cutting|unaliv\w*) (?:him|her|them)sel",
        rf"\bmy (?:\w+ )?{_OTHERS}\b[^.!?]{{0,60}}\b(?:doesn'?t|does not) want to {_LIVE}",
    )
)
PLAY = re.compile(
    r"\b(?:minecraft|fortnite|roblox|in the game|respawn|my character|video ?game|laughing|checkpoint|this level)\b"
)


def shows_distress(text: str, probability: float = 0.0) -> bool:
    """Whether the text says that its writer, or somebody close, may come to harm.

    `probability` is the encoder's, 0 where nothing was read.
    """
    return probability >= SHOWN_FROM or has_sign(text)


def has_sign(text: str) -> bool:
    """Whether one of the fixed forms stands in the text, and no game."""
    plain = " ".join(text.lower().replace("’", "'").split())
    return any(sign.search(plain) for sign in SIGNS) and not PLAY.search(plain)
