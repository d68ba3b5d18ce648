"""A number with its unit, found in what a learner wrote around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from masterx.practice.grading.exact import Value, value
from masterx.practice.grading.formulas import Formula, number
from masterx.practice.grading.number_words import read_number_words
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.units import Unit, read_unit
from masterx.practice.grading.verdicts import Unreadable

_LEAD = frozenset(
    [
        "so",
        "therefore",
        "hence",
        "thus",
        "the",
        "my",
        "final",
        "answer",
        "result",
        "value",
        "solution",
        "is",
        "are",
        "it",
        "it's",
        "its",
        "i",
        "think",
        "believe",
        "get",
        "got",
        "guess",
        "equals",
        "equal",
        "to",
        "about",
        "approximately",
        "approx",
        "around",
        "roughly",
        "ca",
        "circa",
        "we",
        "have",
        "has",
        "there",
        "that",
        "would",
        "be",
        "must",
        "should",
        "exactly",
        "just",
        "only",
        "as",
        "a",
        "of",
        "i'd",
        "say",
    ]
)
_TRAIL = frozenset(
    [
        "long",
        "wide",
        "high",
        "tall",
        "deep",
        "old",
        "altogether",
        "total",
        "in",
        "all",
        "each",
        "exactly",
        "approximately",
        "or",
        "so",
    ]
)
_NAME = re.compile(r"[A-Za-zα-ω](?:\w|')*(?:\s?\([^()=]*\))?$")
_CURRENCY_FIRST = re.compile(r"^([+-]?)\s*((?:US)?\$|€|£|¥|₹|(?:USD|EUR|GBP|INR|JPY)\b)\s*([+-]?[\d.].*)$")
_COMPOUND = re.compile(r"([\d.,]+)\s*([A-Za-z]+)\s*(?:and|,)?\s*")
_CLAUSE = re.compile(r";|,\s|\b(?:so|then|thus|hence|therefore|and)\b|=>|→|⇒")
_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_SCALE = re.compile(r"(\d)\s*(thousand|million|billion)\b", re.IGNORECASE)
_RATIO = re.compile(r"(\d+)\s*(?::|\bin\b|\bout of\b)\s*(\d+)", re.IGNORECASE)
_MAX_SPLITS = 80


@dataclass(frozen=True, slots=True)
class Quantity:
    """`formula` is what was written, so that a product that nobody worked out can be told from a number."""

    readings: tuple[Value, ...]
    """More than one where a separator can be read in two ways: `1,234`."""
    formula: Formula
    unit: Unit | None = None
    steps: tuple[Value, ...] = ()
    """Values of the earlier sides of an equation."""


def read_quantity(text: str, question: str, like: Unit | None = None) -> Quantity:
    """Raises `Unreadable` or `TooLarge`. `text` is as `notation.plain` leaves it."""
    text = text.strip().rstrip(".,;?").strip()
    clause = _CLAUSE.split(text)[-1]
    text = clause if "=" in clause else text
    *before, last = [side.strip() for side in text.lstrip("=: ~").split("=")]
    if before and not last:
        raise Unreadable("Nothing stands after the equals sign.")
    if before and _is_name(last) and not _is_name(before[-1]):
        before, last = [], before[-1]
    steps = [found for side in before if (found := _step(side)) is not None]
    quantity = _read(_without_lead(last, question), question, like)
    return Quantity(quantity.readings, quantity.formula, quantity.unit, tuple(steps))


def _step(side: str) -> Value | None:
    """The value of an earlier side; None for a name. Raises `Unreadable` where it is neither."""
    words = [word for word in side.split() if word.lower() not in _LEAD]
    if not words:
        return None
    bare = " ".join(words)
    try:
        return value(parse(_plain_separators(bare)))
    except Unreadable:
        if _is_name(bare) or all(re.fullmatch(r"[A-Za-z'-]{2,}:?", word) for word in words):
            return None
        raise Unreadable("Write only the value that is asked for.") from None


def _is_name(text: str) -> bool:
    return _NAME.match(text) is not None and read_number_words(text) is None


def _without_lead(text: str, question: str) -> str:
    """Without the words and the `answer:` before the number."""
    text = re.sub(r"^[A-Za-z ]{1,30}:\s*", "", text)
    words = text.split(" ")
    if len(words) == 2 and re.fullmatch(r"[A-Za-z]{2,}", words[0]) and _is_filler(words[0], question):
        words = words[1:] if read_number_words(words[0]) is None else words
    while len(words) > 1 and words[0].lower().strip(",:") in _LEAD:
        if words[0].lower() == "a" and read_number_words(" ".join(words)):
            break
        words = words[1:]
    if len(words) > 2 and words[1].lower() in {"is", "equals"} and _is_name(words[0]):
        words = words[2:]
    return re.sub(r"^(?:minus|negative)\s+(?=[\d.])", "-", " ".join(words).strip("~: "), flags=re.IGNORECASE)


def _read(text: str, question: str, like: Unit | None) -> Quantity:
    if not re.search(r"[\w∞]", text):
        raise Unreadable("Write a number.")
    text = _SCALE.sub(lambda found: f"{found[1]}*10^{_SCALES[found[2].lower()]}", text)
    money = _CURRENCY_FIRST.match(text)
    if money is not None:
        text = f"{money[1]}{money[3]} {money[2]}"
    quantity = _compound(text, like) or _literal(text, question, like) or _worded(text, question, like)
    if quantity is not None:
        return quantity
    if len(re.findall(r"(?<![\w.])\d[\d.,]*", text)) > 1:
        raise Unreadable("There is more than one number; write only your answer.")
    raise Unreadable("Write a number, with its unit where one is asked for.")


def _compound(text: str, like: Unit | None) -> Quantity | None:
    """`1 h 30 min`."""
    found = _COMPOUND.findall(text)
    if len(found) < 2 or _COMPOUND.sub("", text).strip():
        return None
    units = [read_unit(name, like) for _, name in found]
    first = units[0]
    if first is None or any(unit is None or unit.dimensions != first.dimensions for unit in units):
        return None
    total: Value = Fraction(0)
    for (amount, _), unit in zip(found, units, strict=True):
        reading = _readings(amount)
        if reading is None or unit is None:
            return None
        total += unit.convert(reading[0], first)
    return Quantity((total,), number("0"), first)


def _literal(text: str, question: str, like: Unit | None) -> Quantity | None:
    """A number in digits at the start; a unit, or words of the question, after it."""
    ends = [len(text), *(place.start() for place in re.finditer(r"(?<![A-Za-z])[A-Za-z°%$€£¥₹¢µμΩℓ]|(?<=\s)\(", text))][
        :_MAX_SPLITS
    ]
    for end in sorted(set(ends), reverse=True):
        head, tail = text[:end].strip().rstrip("*"), text[end:].strip()
        readings = _readings(head) if head else None
        if readings is None:
            continue
        if not tail:
            return Quantity(readings, _written(head))
        known, unit = _tail(tail, question, like)
        if known:
            return Quantity(readings, _written(head), unit)
    return None


def _worded(text: str, question: str, like: Unit | None) -> Quantity | None:
    found = read_number_words(text)
    if found is None:
        return None
    amount, rest = found
    known, unit = _tail(rest.strip(), question, like)
    return Quantity((amount,), number(str(amount)), unit) if known else None


def _tail(tail: str, question: str, like: Unit | None) -> tuple[bool, Unit | None]:
    """Whether what follows the number is a unit or words that mean nothing more, and the unit."""
    words = tail.split()
    for count in range(len(words), -1, -1):
        unit = read_unit(" ".join(words[:count]), like) if count else None
        if (count and unit is None) or not all(_is_filler(word, question) for word in words[count:]):
            continue
        return True, unit
    return False, None


def _is_filler(word: str, question: str) -> bool:
    bare = word.lower().strip(".,;!()")
    stems = {known.rstrip("s") for known in re.findall(r"\w+", question.lower())}
    return not bare or bare in _TRAIL or (len(bare) > 1 and bare.rstrip("s") in stems)


def _readings(text: str) -> tuple[Value, ...] | None:
    """The number in all ways in which its separators can be read; None where it is none."""
    text = re.sub(r"(?<=\d)\s*[xX]\s*(?=\d)", "*", text.strip())
    if text.endswith(("%", "°")):
        return None
    text = _RATIO.sub(r"\1/\2", text) if _RATIO.fullmatch(text) else text
    spellings = [_plain_separators(text)]
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", text):
        spellings.append(text.replace(",", "."))
    found = []
    for spelling in spellings:
        if re.search(r"[A-DF-Za-df-z]", re.sub(r"sqrt|cbrt|pi|ln|log|sin|cos|tan|exp|oo|inf|infinity", "", spelling)):
            return None
        try:
            found.append(value(parse(spelling)))
        except Unreadable:
            return None
    return tuple(found)


def _written(text: str) -> Formula:
    return parse(_plain_separators(_RATIO.sub(r"\1/\2", text)))


def _plain_separators(text: str) -> str:
    """Thousands closed up, the decimal comma made a point. `1,234` is one thousand two hundred and thirty-four."""
    text = re.sub(r"(?<=\d)\s*[xX]\s*(?=\d)", "*", text)
    return re.sub(r"(?<![\w.])\d[\d.,'_ ]*\d(?![\w])|(?<![\w.])\d[\d.,'_ ]*\d", lambda run: _one_number(run[0]), text)


def _one_number(run: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:([,'_ ])\d{3})(?:\1\d{3})*(?:\.\d+)?", run):
        return re.sub(r"[,'_ ]", "", run)
    if re.fullmatch(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?", run):
        return run.replace(",", "")
    if re.fullmatch(r"\d{1,3}(?:([. ])\d{3})(?:\1\d{3})*,\d+|\d{1,3}(?:\.\d{3}){2,}", run):
        return re.sub(r"[. ]", "", run).replace(",", ".")
    if re.fullmatch(r"\d+,\d+", run):
        return run.replace(",", ".")
    return run
