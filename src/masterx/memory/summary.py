"""What fell out of the context, in a few of its own sentences.

SumBasic (Nenkova and Vanderwende, "The Impact of Frequency on Summarization", MSR-TR-2005-101): take the sentence whose
words are on average the most frequent of what is left to say, count its words as said (their probability is squared),
repeat. Nothing is made up: each line was written by the learner or by the tutor. The sentences of an exchange that
mattered to the learner are favoured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from masterx.memory.tokens import estimate_tokens
from masterx.records.emotions import STRAIN
from masterx.records.messages import Message, MessageRole

MOST_SENTENCE_TOKENS: Final = 60
"""A longer one is code, a table or a list: no summary of anything."""
READ_MESSAGES: Final = 60
"""Of what fell out, the newest are summarised; the rest is what search is for."""
FAVOUR: Final = 1.5

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_FENCED = re.compile(r"```.*?(```|\Z)", re.DOTALL)
_COMMON = frozenset(
    _WORD.findall(
        "the and for that this with you your are was were have has had not but can could would should will what when"
        " where which who how why there their them they then than from into about just like out its let"
    )
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    place: int
    speaker: str
    text: str
    words: tuple[str, ...]
    favour: float
    tokens: int


def summarise(fallen: Sequence[Message], budget_tokens: int) -> str:
    """Lines such as ``Learner: ...``, in the order in which they were said; empty when nothing fits.

    ``fallen`` is oldest first. The result is never more than the budget.
    """
    left = _sentences(fallen[-READ_MESSAGES:])
    counts = Counter(word for sentence in left for word in sentence.words)
    total = sum(counts.values())
    likely = {word: count / total for word, count in counts.items()}
    kept: list[_Sentence] = []
    room = budget_tokens
    while fitting := [sentence for sentence in left if sentence.tokens <= room]:
        best = max(fitting, key=lambda sentence: (_worth(sentence, likely), -sentence.place))
        kept.append(best)
        room -= best.tokens
        for word in best.words:
            likely[word] **= 2
        left = [sentence for sentence in fitting if sentence.text != best.text]
    return "\n".join(f"{sentence.speaker}: {sentence.text}" for sentence in sorted(kept, key=lambda one: one.place))


def _sentences(messages: Sequence[Message]) -> list[_Sentence]:
    found: list[_Sentence] = []
    for message in messages:
        speaker = "Learner" if message.role is MessageRole.USER else "Tutor"
        state = message.emotion_state
        favour = FAVOUR if state is not None and state.primary_emotion in STRAIN else 1.0
        for piece in _SENTENCE.split(_FENCED.sub(" ", message.content)):
            text = " ".join(piece.split())
            words = tuple(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)
            tokens = estimate_tokens(f"{speaker}: {text}\n")
            if len(words) >= 2 and tokens <= MOST_SENTENCE_TOKENS:
                found.append(_Sentence(len(found), speaker, text, words, favour, tokens))
    return found


def _worth(sentence: _Sentence, likely: dict[str, float]) -> float:
    return sentence.favour * sum(likely[word] for word in sentence.words) / len(sentence.words)
