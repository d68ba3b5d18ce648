"""What a bank holds, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from masterx.practice.bank_files import Bank


def bank_statistics(bank: Bank) -> dict[str, Any]:
    """Counts by subject, skill, kind and difficulty (logit, in bins of one), templates and fixed items apart.

    Skills that the bank's files neither define nor have items of are left out.
    """
    skills = [skill for skill in bank.skills.values() if skill.id in bank.places or bank.of_skill(skill.id)]
    subjects: dict[str, Any] = {}
    for subject in dict.fromkeys(skill.subject for skill in skills):
        here = [skill.id for skill in skills if skill.subject == subject]
        items = [item for skill in here for item in bank.of_skill(skill)]
        difficulties = [item.difficulty for item in items]
        subjects[subject] = {
            "items": len(items),
            "templates": sum(bool(item.parameters) for item in items),
            "kinds": dict(Counter(item.kind.value for item in items).most_common()),
            "difficulty": {
                "mean": round(sum(difficulties) / len(items), 2) if items else None,
                "bins": dict(sorted(Counter(round(value) for value in difficulties).items())),
            },
            "skills": {skill: len(bank.of_skill(skill)) for skill in here},
        }
    return {"items": len(bank.items), "skills": len(skills), "subjects": subjects}
