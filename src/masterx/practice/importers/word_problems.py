"""GSM8K (grade-school word problems, MIT) and ARC (science choices, CC BY-SA 4.0), from files that the operator has."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from masterx.practice.importers.rows import Imported, RowFault, collect, literal, numbered_json, slug, text_of
from masterx.practice.items import Skill

GSM8K = Skill(
    id="gsm8k",
    subject="word-problems",
    name="Word problems",
    hint="Say what is asked for, then what each number in the text belongs to; go one step at a time.",
)
ARC = Skill(id="arc", subject="science", name="Science", hint="Rule out what cannot be, then compare what is left.")


def read_gsm8k(path: Path) -> Imported:
    """Lines {question, answer}, where the answer ends with `#### number`."""
    return collect(numbered_json(path), (GSM8K,), partial(_gsm8k, slug(path.stem)))


def _gsm8k(file: str, place: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    worked, mark, result = text_of(row, "answer").rpartition("####")
    number = result.strip().replace(",", "").lstrip("$")
    if not mark or not re.fullmatch(r"-?\d+(?:\.\d+)?", number):
        raise RowFault("`answer` does not end with #### and a number")
    steps = [re.sub(r"<<[^>]*>>", "", line).strip() for line in worked.splitlines() if line.strip()]
    return [
        {
            "id": f"gsm8k.{file}.{place.removeprefix('row ')}",
            "skill": GSM8K.id,
            "difficulty": max(-1.0, min(2.0, -1.0 + 0.4 * len(steps))),
            "question": text_of(row, "question"),
            "answer": number,
            "hints": steps[:-1][:3],
            "solution": "\n".join(steps) or number,
            "source": "GSM8K, OpenAI",
            "licence": "MIT",
        }
    ]


def read_arc(path: Path) -> Imported:
    """Lines {id, question, choices, answerKey}, in the published form or in the one with parallel lists."""
    return collect(numbered_json(path), (ARC,), partial(_arc, slug(path.stem)))


def _arc(file: str, place: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    question = row.get("question")
    stem, choices = (question, row.get("choices"))
    if isinstance(question, dict):
        stem, choices = question.get("stem"), question.get("choices")
    if isinstance(choices, dict):
        labels, texts = choices.get("label") or [], choices.get("text") or []
        choices = [{"label": label, "text": text} for label, text in zip(labels, texts, strict=False)]
    if not isinstance(choices, list) or not all(isinstance(one, dict) for one in choices):
        raise RowFault("`choices` are missing")
    options = {str(one.get("label")): str(one.get("text") or "").strip() for one in choices}
    key = str(row.get("answerKey"))
    if len(options) < len(choices):
        raise RowFault("two choices have the same label")
    if key not in options or len(options) < 2 or not all(options.values()):
        raise RowFault("`answerKey` is none of the choices, or a choice is empty")
    wrong = [text for label, text in options.items() if label != key]
    return [
        {
            "id": f"arc.{file}.{place.removeprefix('row ')}",
            "skill": ARC.id,
            "kind": "choice",
            "difficulty": 0.0,
            "question": text_of({"question": stem}, "question"),
            "answer": literal(options[key]),
            "errors": [{"answer": literal(text), "feedback": "That is not it."} for text in wrong],
            "solution": f"{literal(options[key])}.",
            "source": "AI2 Reasoning Challenge, Allen Institute for AI",
            "licence": "CC BY-SA 4.0",
        }
    ]
