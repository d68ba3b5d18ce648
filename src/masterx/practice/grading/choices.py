"""One or several of given options, named by letter, by number or by their text."""

from __future__ import annotations

import re
import string

from masterx.practice.grading.notation import plain
from masterx.practice.grading.short_text import normalised
from masterx.practice.grading.verdicts import Grade, Task, accept, reject, unreadable

_LABEL = re.compile(r"(?:^|(?<=[\s,;:?.]))\(?([A-Ha-h]|[1-9])[).:]\s+|(?:^|(?<=[\s,;:?]))\(([A-Ha-h]|[1-9])\)\s*")
_LEAD = re.compile(
    r"^(?:(?:so|the|my|final|answers?|options?|choice|choose|it'?s|it|is|are|letter|i think|pick|both)\b[:\s]*)+",
    re.IGNORECASE,
)
_TRUTH = {"t": "true", "f": "false", "y": "yes", "n": "no"}


def grade_choice(task: Task, answer: str) -> Grade:
    """An answer that names none of the options, or several where one is asked for, is not judged."""
    options = options_of(task)
    wanted = _chosen(task.reference, options) if options else None
    return _without_options(task.reference, answer) if wanted is None else _choice(wanted, _chosen(answer, options))


def _choice(wanted: frozenset[str], given: frozenset[str] | None) -> Grade:
    if given is None:
        return unreadable("Name one of the options.")
    if len(given) > 1 and len(wanted) == 1:
        return unreadable("Only one option can be chosen.")
    if given == wanted:
        return accept()
    if len(wanted) > 1 and given < wanted:
        return reject("Right so far, but there are more.")
    return reject()


def options_of(task: Task) -> dict[str, str]:
    """Texts by label, from the task or out of its question (`A) … B) …`)."""
    if task.choices:
        return {string.ascii_lowercase[place]: text for place, text in enumerate(task.choices[:26])}
    question = plain(task.question)
    labels = list(_LABEL.finditer(question))
    names = [(found[1] or found[2]).lower() for found in labels]
    first = next((place for place, name in enumerate(names) if name in {"a", "1"}), None)
    if first is None:
        return {}
    found: dict[str, str] = {}
    expected = iter(string.ascii_lowercase if names[first] == "a" else string.digits[1:])
    for place in range(first, len(labels)):
        if names[place] != next(expected):
            return found if len(found) > 1 else {}
        end = labels[place + 1].start() if place + 1 < len(labels) else len(question)
        found[names[place]] = question[labels[place].end() : end].strip().rstrip(",;.")
    return found if len(found) > 1 else {}


def _chosen(text: str, options: dict[str, str]) -> frozenset[str] | None:
    """Labels that an answer names; None where it cannot be read."""
    exact = [label for label, option in options.items() if _spelling(option) == _spelling(text)]
    if len(exact) == 1:
        return frozenset(exact)
    bare = _bare(text)
    by_text = _by_text(options)
    if bare.strip("()[].: ").lower() in options:
        return frozenset({bare.strip("()[].: ").lower()})
    if normalised(bare) in by_text:
        return frozenset({by_text[normalised(bare)]})
    if (place := _place(bare.strip("()[].: "), options)) is not None:
        return frozenset({place})
    labelled = re.match(r"^\(?([A-Za-z]|\d)(?:[).:]|\s-)\s*(.+)$", bare)
    if labelled is not None:
        label, rest = labelled[1].lower(), by_text.get(normalised(labelled[2]))
        return frozenset({label}) if label in options and rest == label else None
    return _several(bare, options, by_text)


def _place(text: str, options: dict[str, str]) -> str | None:
    """The label of the option that an answer counts off, where none of them has a number in it."""
    counted = re.fullmatch(r"[1-9]", text) and int(text) <= len(options)
    return list(options)[int(text) - 1] if counted and not re.search(r"\d", "".join(options.values())) else None


def _spelling(text: str) -> str:
    """Without spaces, and with powers written in one way: options may be formulas."""
    return re.sub(r"\^\((\w+)\)", r"^\1", plain(text)).replace(" ", "")


def _by_text(options: dict[str, str]) -> dict[str, str]:
    """Labels by normalised text, as far as it tells the options apart."""
    texts = [normalised(option) for option in options.values()]
    return {text: label for text, label in zip(texts, options, strict=True) if texts.count(text) == 1}


def _several(bare: str, options: dict[str, str], by_text: dict[str, str]) -> frozenset[str] | None:
    parts = [part for part in re.split(r"\s*(?:,|;|/|&|\+|\band\b|\s)\s*", bare, flags=re.IGNORECASE) if part]
    if len(parts) == 1 and re.fullmatch(r"[A-Z]{2,}", bare):
        parts = list(bare)
    labels = [part.strip("().").lower() for part in parts]
    if labels and all(label in options for label in labels):
        return frozenset(labels)
    texts = [by_text.get(normalised(part)) for part in re.split(r",|;|&|\band\b", bare, flags=re.IGNORECASE)]
    return None if None in texts else frozenset(text for text in texts if text)


def _bare(text: str) -> str:
    return _LEAD.sub("", plain(text).strip().strip("\"'")).rstrip("!?;,").strip()


def _without_options(reference: str, answer: str) -> Grade:
    """The options are not known here: a truth value, a label or a text is compared as it stands."""
    bare = normalised(_bare(answer))
    for label in re.findall(r"^\(?([a-h])[).:]?$", _bare(answer).lower()):
        bare = label
    wanted = normalised(_bare(reference))
    if wanted in {"true", "false", "yes", "no"}:
        return _truth(wanted, bare)
    if re.fullmatch(r"[a-h](?: ?,? ?(?:and )?[a-h])+", wanted):
        both = [set(re.findall(r"\b[a-h]\b", " ".join(text) if text.isalpha() else text)) for text in (wanted, bare)]
        return accept() if both[0] == both[1] else reject() if both[1] else unreadable("Name the options.")
    if re.fullmatch(r"[a-h]|\d", wanted):
        lead = re.match(r"^\(?([a-h]|\d)(?:[).:]|\s|$)", _bare(answer).lower())
        if lead is None or re.search(r"\b(?:or|and)\b|,", bare):
            return unreadable("Name one of the options.")
        return accept() if lead[1] == wanted else reject()
    same = bare == wanted or _spelling(answer).lower() == _spelling(reference).lower()
    return accept() if same else reject()


def _truth(wanted: str, bare: str) -> Grade:
    pair = {"true", "false"} if wanted in {"true", "false"} else {"yes", "no"}
    negated = re.fullmatch(r"not (true|false)", bare)
    if negated is not None:
        bare = "false" if negated[1] == "true" else "true"
    bare = _TRUTH.get(bare, bare)
    if bare not in pair:
        return unreadable(f"Answer {' or '.join(sorted(pair, reverse=True))}.")
    return accept() if bare == wanted else reject()
