"""Learners' messages for measurements: thousands of one kind and length, no two alike, so that nothing that keeps what
it read of a text looks faster than it is.
"""

from __future__ import annotations

import random
from itertools import product
from typing import Final

SEED: Final = 23
_BEGINNINGS: Final = (
    "Why is it that {}?",
    "Can you explain why {}?",
    "I still don't see why {}.",
    "How would I convince a friend that {}?",
    "My book says that {}, but it gives no reason.",
    "What is behind it when {}?",
    "Our teacher showed us that {}.",
    "Is there a picture for the fact that {}?",
    "I was asked today why {}.",
    "Please help me understand that {}.",
    "When does it hold that {}?",
    "It seems odd to me that {}.",
)
_FACTS: Final = (
    "the derivative of x squared comes out as 2x",
    "a negative number times a negative number is positive",
    "the angles of a triangle add up to half a turn",
    "a list that I pass to a function is changed outside of it",
    "my loop stops one step before the last element",
    "two threads can read the same counter and lose a step",
    "ice swims on water although it is solid",
    "a heavy stone falls as fast as a light one",
    "the moon always shows us the same side",
    "salt makes the ice on the street melt",
    "leaves turn red and yellow in autumn",
    "a verb takes another ending in the past",
    "the median moves less than the mean",
    "a small sample says little about the whole",
    "prices rise when there is more money around",
    "a matrix can turn and stretch a plane at once",
    "the logarithm of a product is a sum",
    "the chance of two sixes is so much smaller",
    "current splits up where two wires meet",
    "a recursive call needs a case where it ends",
)
_ENDINGS: Final = (
    "I keep mixing up the limit with the slope.",
    "I tried it twice and got something else.",
    "I have a test on it next week.",
    "I think that I miss one step in between.",
    "A short example would help me a lot.",
    "I only know how to do it by heart.",
    "I get lost as soon as letters come in.",
    "Maybe I have the order of things wrong.",
    "I could follow until the second line.",
    "It worked yesterday and now I am not sure.",
    "I would like to be able to do it alone.",
    "My notes say the opposite, I believe.",
    "I am not even sure what the words mean.",
    "Everyone else seems to find it easy.",
    "I drew it and it still looks wrong.",
    "Let me try the next one by myself then.",
)


def questions() -> list[str]:
    """All of them, in an order that is always the same."""
    made = [f"{beginning.format(fact)} {ending}" for beginning, fact, ending in product(_BEGINNINGS, _FACTS, _ENDINGS)]
    random.Random(SEED).shuffle(made)
    return made
