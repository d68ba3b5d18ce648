"""OATutor's problem pool: one JSON array of problems with steps. Problems without a licence are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from masterx.practice.importers.rows import Imported, RowFault, collect, literal, numbered_json, slug, text_of
from masterx.practice.items import Skill

SKILL = Skill(
    id="oatutor",
    subject="oatutor",
    name="OATutor",
    hint="Read what is given and what is asked for; which idea of the lesson links the two?",
)


def read_oatutor(path: Path) -> Imported:
    """Each step of a problem becomes an item; its problem's text stands before it."""
    return collect(numbered_json(path), (SKILL,), _problem)


def _problem(_place: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    licence, source = _link(row.get("license")), _link(row.get("oer"))
    if not licence:
        raise RowFault("no licence field")
    identity, steps = text_of(row, "id"), row.get("steps")
    if not isinstance(steps, list) or not steps:
        raise RowFault("no steps")
    if row.get("variabilization"):
        raise RowFault("problems with variables are not read")
    opening = _text(row, "title", "body")
    return [
        {
            **_step(step, opening),
            "id": f"oatutor.{slug(identity)}.{number}",
            "skill": SKILL.id,
            "difficulty": 0.0,
            "source": f"OATutor: {identity}{f', {source}' if source else ''}",
            "licence": licence,
        }
        for number, step in enumerate(steps, 1)
    ]


def _step(step: Any, opening: str) -> dict[str, Any]:
    answers = step.get("stepAnswer") if isinstance(step, dict) else None
    if not isinstance(answers, list) or not answers or not str(answers[0]).strip():
        raise RowFault("a step has no answer")
    asked = _text(step, "stepTitle", "stepBody")
    answer = literal(_formulas(str(answers[0]).strip()))
    fields: dict[str, Any] = {
        "question": literal(f"{opening} {asked}".strip()),
        "answer": answer,
        "kind": "number" if re.fullmatch(r"-?[\d.,/]+", answer) else "expression",
        "hints": _hints(step)[:3],
        "solution": answer,
    }
    choices = list(dict.fromkeys(_formulas(str(one).strip()) for one in step.get("choices") or []))
    if step.get("problemType") == "MultipleChoice" or choices:
        wrong = [one for one in choices if literal(one) != answer]
        if not wrong or len(wrong) == len(choices):
            raise RowFault("the answer is none of the choices")
        fields["kind"] = "choice"
        fields["errors"] = [{"answer": literal(one), "feedback": "That is not it."} for one in wrong]
    elif step.get("answerType") == "string":
        fields["kind"] = "short"
    return fields


def _hints(step: dict[str, Any]) -> list[str]:
    pathway = (step.get("hints") or {}).get("DefaultPathway") if isinstance(step.get("hints"), dict) else None
    texts = [str(hint.get("text") or "").strip() for hint in pathway or [] if isinstance(hint, dict)]
    return [literal(_formulas(text)) for text in texts if text]


def _text(row: dict[str, Any], *names: str) -> str:
    return _formulas(" ".join(str(row.get(name) or "") for name in names).strip())


def _formulas(text: str) -> str:
    """As the page reads them, in backslashed brackets; OATutor writes them between two dollar signs."""
    return re.sub(r"\$\$(.+?)\$\$", lambda found: rf"\({found[1]}\)", text, flags=re.DOTALL)


def _link(found: Any) -> str:
    """Such as `https://… <CC BY 4.0>`, and plain texts, as they stand, on one line; of a link in HTML its words and
    where it leads.
    """
    if not isinstance(found, str):
        return ""
    linked = re.fullmatch(r"\s*<a\s[^>]*href=[\"']([^\"']+)[\"'][^>]*>(.*?)</a>\s*", found, re.DOTALL | re.IGNORECASE)
    text = f"{linked[2]} ({linked[1]})" if linked else found
    return " ".join(text.split())[:300]
