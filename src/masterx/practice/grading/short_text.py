"""Short answers in words: compared after normalising, with a stated tolerance for spelling.

Case, accents, articles, punctuation and a regular plural make no difference. In a word of five letters or more one
slip of the pen is let through (a letter too many, missing, wrong, or two exchanged), in one of nine letters or more
two, if the consonants show which word is meant; never in the first letter, never where the slip is a word of its
own (`real_words.txt`), never in numbers, and never where it turns a prefix or an ending into another one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

from masterx.practice.grading.number_words import read_number_words
from masterx.practice.grading.verdicts import Grade, Task, accept, reject, unreadable

ONE_SLIP_FROM, TWO_SLIPS_FROM = 5, 9
_LEAD = re.compile(
    r"^(?:(?:it|they|this|that)(?: (?:is|are|was|were))?(?: called)?|its|theyre|answer(?: is)?"
    r"|i (?:think|believe)(?: its| it is)?|called|by|in|on|at|maybe|probably)\s+"
)
_ARTICLES = re.compile(r"\b(?:the|a|an)\b")
_AFFIXES = (
    ("hyper", "hypo"), ("inter", "intra"), ("endo", "exo"), ("macro", "micro"), ("pre", "pro"), ("ante", "anti"),
    ("max", "min"), ("ate", "ite"), ("ate", "ide"), ("ite", "ide"), ("ane", "ene"), ("ene", "yne"), ("ane", "yne"),
    ("ine", "ide"), ("ous", "ic"), ("ion", "ing"), ("er", "ee"), ("ing", "ed"), ("al", "ic"), ("able", "ance"),
    ("meter", "metre-"), ("ous", "us"), ("phyte", "phage"), ("ase", "ose"), ("gen", "gon"), ("tetra", "octa"),
    ("penta", "hepta"), ("hexa", "hepta"), ("um", "us"),
)  # fmt: skip


def grade_short(task: Task, answer: str) -> Grade:
    """Right when it is one of the variants of the reference."""
    given = normalised(answer)
    last, comma, first = answer.partition(",")
    turned = normalised(f"{first} {last}") if comma else given
    if not re.search(r"\w", given):
        return unreadable("Write a word or two.")
    variants = [normalised(variant) for variant in task.reference.split("|")]
    if any(_same(given, variant) or turned == variant or _is_initialled(given, variant) for variant in variants):
        return accept()
    slips = [variant for variant in variants if _is_meant(given, variant)]
    if slips:
        return accept("Right. Mind the spelling.")
    if given in {"idk", "i dont know", "dont know", "no idea"}:
        return reject("Not knowing is where it starts: take a hint.")
    if any(f" {variant} " in f" {given} " for variant in variants):
        return reject("What is asked for is in it, and more; write only the answer.")
    return reject()


def normalised(text: str) -> str:
    """Lower case, without accents, punctuation, articles and an opening such as `it is`; small numbers in digits."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = re.sub(r"['’`´]", "", text)
    text = re.sub(r"(?<=\d)[,](?=\d{3}\b)", "", text)
    text = text.replace("&", " and ")
    text = re.sub(r"[^\w\s.+*/=<>^%$€£°-]|_|(?<!\d)\.|\.(?!\d)", " ", text)
    text = re.sub(r"(?<=[^\W\d])[-/](?=[^\W\d])", " ", text)
    text = " ".join(_ARTICLES.sub(" ", text).split()) or " ".join(text.split())
    return _numbers(_LEAD.sub("", text))


def _numbers(text: str) -> str:
    found = read_number_words(text) if text[:1].isalpha() else None
    return str(found[0]) if found is not None and not found[1].strip() else text


def _same(given: str, variant: str) -> bool:
    if given.replace(" ", "") == variant.replace(" ", ""):
        return True
    mine, theirs = _words(given), _words(variant)
    if mine == theirs:
        return True
    return _is_list(variant) and sorted(mine) == sorted(theirs)


def _is_initialled(given: str, variant: str) -> bool:
    """`W. Shakespeare`."""
    mine, theirs = given.split(), variant.split()
    if len(mine) != len(theirs) or len(mine) < 2 or mine[-1] != theirs[-1]:
        return False
    pairs = list(zip(mine[:-1], theirs[:-1], strict=True))
    return all(one == other or (len(one) == 1 and other.startswith(one) and other.isalpha()) for one, other in pairs)


def _is_list(variant: str) -> bool:
    return len(variant.split()) in {2, 3} and (" and " in f" {variant} ")


def _words(text: str) -> list[str]:
    return [_singular(word) for word in text.split() if word != "and"]


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > 4:
            return word.removesuffix(ending) + instead
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _is_meant(given: str, variant: str) -> bool:
    """Word by word the same, but for slips of the pen."""
    joined = given.replace(" ", ""), variant.replace(" ", "")
    mine, theirs = (given.split(), variant.split())
    if len(mine) != len(theirs):
        return " " in given and " " not in variant and _slip(*joined)
    return all(one == other or _slip(one, other) for one, other in zip(mine, theirs, strict=True))


def _slip(given: str, wanted: str) -> bool:
    if len(wanted) < ONE_SLIP_FROM or not given.isalpha() or not wanted.isalpha() or given[:1] != wanted[:1]:
        return False
    if given in real_words() or _singular(given) in real_words() or _other_affix(given, wanted):
        return False
    distance = slips(given, wanted)
    if distance <= 1:
        return True
    return distance == 2 and len(wanted) >= TWO_SLIPS_FROM and slips(_skeleton(given), _skeleton(wanted)) <= 1


def _skeleton(word: str) -> str:
    """Its consonants, double ones once."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouy]", "", word))


def _other_affix(given: str, wanted: str) -> bool:
    for pair in _AFFIXES:
        for one, other in (pair, pair[::-1]):
            if given.startswith(one) and wanted.startswith(other) and given[len(one) :] == wanted[len(other) :]:
                return True
            if given.endswith(one) and wanted.endswith(other) and given[: -len(one)] == wanted[: -len(other)]:
                return True
    return False


def slips(first: str, second: str) -> int:
    """Letters to add, drop, change or exchange with their neighbour (optimal string alignment)."""
    if abs(len(first) - len(second)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, 1):
        older, before, row = before, row, [place]
        for at, other in enumerate(second, 1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != other))
            if place > 1 and at > 1 and letter == second[at - 2] and first[place - 2] == other:
                cost = min(cost, older[at - 2] + 1)
            row.append(cost)
    return row[-1]


@cache
def real_words() -> frozenset[str]:
    """Words that a slip of the pen must not be taken for."""
    return frozenset(files("masterx.practice.grading").joinpath("real_words.txt").read_text("utf-8").split())
