"""Writes categories.jsonl, states.jsonl and distress.jsonl: our own messages and what they are.

    python -m training.own_text

`categories/*.txt` and `states/*.txt` hold frames, written by hand, one a line; `slots.txt` what fills them. Messages
then get what learners do to them: no capitals, missing letters, greetings, chat spelling. `messages/*.tsv` holds whole
messages, each written for itself, which stay as they are. Nothing of the check sets is in them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from training import data

FOLDER = Path(__file__).parent
EACH = 600
WHOLE_TIMES = 3
"""A message written for itself counts as much as so many from frames, which are many and alike."""
BEFORE = (
    "hey",
    "hi,",
    "pls help:",
    "ok so",
    "um",
    "sorry but",
    "question:",
    "quick one",
    "hello!",
    "so",
    "actually,",
    "one more thing:",
    "help",
    "good evening,",
    "for school:",
    "wait,",
)
AFTER = (
    "pls",
    "please",
    "thx",
    "thanks in advance",
    "??",
    "asap",
    "its for tomorrow",
    "lol",
    "!!",
    ":)",
    ":(",
    "...",
    "im in grade 9",
    "i have no clue",
    "if thats ok",
    "thank you!",
)
CHAT = {
    "you": "u",
    "are": "r",
    "please": "plz",
    "because": "bc",
    "what's": "whats",
    "don't": "dont",
    "i'm": "im",
    "difference": "diffrence",
    "explain": "explane",
    "really": "realy",
    "definitely": "definately",
    "their": "there",
    "with": "w",
    "to": "2",
    "for": "4",
    "tomorrow": "tmrw",
    "does": "dose",
    "beginning": "begining",
}
SLOT = re.compile(r"{(\w+)}")


def slots() -> dict[str, list[str]]:
    """What may stand for each {name}."""
    lines = (FOLDER / "slots.txt").read_text().splitlines()
    pairs = (line.partition(": ") for line in lines if line)
    return {name: [text.strip() for text in texts.split("|")] for name, _, texts in pairs}


def filled(frame: str, fillings: dict[str, list[str]], generator: np.random.Generator) -> str:
    """The frame with each slot filled; a word in braces that is no slot stays."""
    return SLOT.sub(
        lambda match: str(generator.choice(fillings[match[1]])) if match[1] in fillings else match[0], frame
    )


def typed(text: str, generator: np.random.Generator) -> str:
    """The text as a learner in a hurry may type it."""
    if generator.random() < 0.25:
        text = f"{generator.choice(BEFORE)} {text}"
    if generator.random() < 0.25:
        text = f"{text} {generator.choice(AFTER)}"
    chance = generator.random()
    if chance < 0.3:
        text = text.lower()
    elif chance < 0.5:
        text = text[:1].upper() + text[1:] + ("" if text[-1] in ".?!)" else generator.choice([".", "?", ""]))
    if generator.random() < 0.2:
        text = " ".join(CHAT.get(word.lower(), word) for word in text.split(" "))
    if generator.random() < 0.2 and len(text) > 12:
        text = misspelt(text, generator)
    return text


def misspelt(text: str, generator: np.random.Generator) -> str:
    """One letter dropped, doubled or swapped with its neighbour."""
    place = int(generator.integers(1, len(text) - 1))
    if not (text[place].isalpha() and text[place + 1 : place + 2].isalpha()):
        return text
    kind = int(generator.integers(3))
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place] + text[place:]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def normal(text: str) -> str:
    """Letters and digits alone, for comparing."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def checked() -> set[str]:
    """What the check sets hold: none of it may be trained on."""
    return {normal(text) for check in data.check_sets().values() for text, _ in check}


def whole(kind: str) -> list[dict[str, str]]:
    """The messages that were written one by one."""
    seen, rows = checked(), []
    for path in sorted((FOLDER / "messages").glob(f"{kind}_*.tsv")):
        for text, name in data.labelled_by_hand(path):
            if normal(text) not in seen:
                seen.add(normal(text))
                rows.append({"text": text, "is": name})
    return rows


def written(kind: str, fillings: dict[str, list[str]]) -> list[dict[str, str]]:
    """EACH messages of every file in the folder `kind`; the same every time."""
    generator = np.random.default_rng(6)
    rows, seen = [], checked()
    for path in sorted((FOLDER / kind).glob("*.txt")):
        frames = [line for line in path.read_text().splitlines() if line]
        fresh: list[str] = []
        for turn in range(40):
            for frame in generator.permutation(frames):
                text = filled(str(frame), fillings, generator)
                text = typed(text, generator) if turn else text
                if normal(text) not in seen and len(fresh) < EACH:
                    seen.add(normal(text))
                    fresh.append(text)
        rows += [{"text": text, "is": path.stem} for text in fresh]
    return rows


def main() -> None:
    """Write all three files anew."""
    fillings = slots()
    for kind in ("categories", "states", "distress"):
        rows = written(kind, fillings) + WHOLE_TIMES * whole(kind)
        (FOLDER / f"{kind}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


if __name__ == "__main__":
    main()
