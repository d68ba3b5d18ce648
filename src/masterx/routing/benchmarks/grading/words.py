"""An answer as words in sentences: what phrases are looked for in. One pass, linear in the text's length."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

TOKEN: Final = re.compile(
    r"[oθω]\([^()\n]{1,24}\)"  # a bound such as O(n log n) is one word
    r"|\d+(?:,\d{3})+(?:\.\d+)?|\d+\.\d+"
    r"|[^\W_]+(?:['’][^\W_]+)*"
    r"|(?<=[\w\"'”’)\]%°])[.!?]+(?=[\s\"'”’)\]]|$)(?!\s{0,3}\|)|[,;:()\[\]—–|]|\n+|[+=<>%^≥≤≠]"
)
SENTENCE_END: Final = re.compile(r"[.!?]+|\n+")
COMMA: Final = re.compile(r"[,;:()\[\]—–|]")
TURNS: Final = frozenset({"but", "however", "although", "though", "because", "since", "so", "while", "whereas", "yet"})
"""Words with which a new clause begins, out of reach of a `not` before them."""
MARKUP: Final = re.compile(r"[*_`#~]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    words: tuple[str, ...]
    clauses: tuple[int, ...]
    """Of each word the number of its clause."""
    is_question: bool


def folded(text: str) -> str:
    """Without case, markup and the many forms of one letter, apostrophe or dash."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return text.replace("’", "'").replace("‘", "'").replace("−", "-")


def sentences_of(text: str) -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    words: list[str] = []
    clauses: list[int] = []
    clause = 0

    def close(end: str) -> None:
        nonlocal clause
        if words:
            found.append(Sentence(tuple(words), tuple(clauses), "?" in end))
        words.clear()
        clauses.clear()
        clause = 0

    for token in TOKEN.findall(MARKUP.sub("", folded(text))):
        if SENTENCE_END.fullmatch(token):
            close(token)
        elif COMMA.fullmatch(token):
            clause += 1
        else:
            clause += token in TURNS
            words.append(token.replace(",", "").replace(" ", ""))
            clauses.append(clause)
    close("")
    return tuple(found)


def words_of(text: str) -> tuple[str, ...]:
    """All words, sentences aside."""
    return tuple(word for sentence in sentences_of(text) for word in sentence.words)


def without_echo(answer: str, prompt: str) -> str:
    """The answer without what it repeats of the prompt: the whole of it, or lines of some length."""
    answer = answer.replace(prompt, "\n") if prompt.strip() else answer
    asked = {_bare(line) for line in prompt.splitlines()}
    kept = [line for line in answer.splitlines() if len(_bare(line)) < SHORT_LINE or _bare(line) not in asked]
    return "\n".join(kept)


SHORT_LINE: Final = 12
"""Letters and digits; a shorter line may stand in prompt and answer alike."""


def _bare(line: str) -> str:
    return "".join(letter for letter in folded(line) if letter.isalnum())
