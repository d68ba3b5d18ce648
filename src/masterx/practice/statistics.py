"""What a bank holds, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from masterx.practice.bank_files import Bank


def bank_statistics(bank: Bank) -> dict[str, Any]:
    """Counts by subject, skill, kind and difficulty (logit, in bins of one), templates and fixed items apart."""
    subjects: dict[str, Any] = {}
    for subject in bank.subjects():
        items = [item for item in bank.items.values() if bank.skills[item.skill].subject == subject]
        difficulties = [item.difficulty for item in items]
        subjects[subject] = {
            "items": len(items),
            "templates": sum(bool(item.parameters) for item in items),
            "kinds": dict(Counter(item.kind.value for item in items).most_common()),
            "difficulty": {
                "mean": round(sum(difficulties) / len(items), 2) if items else None,
                "bins": dict(sorted(Counter(round(value) for value in difficulties).items())),
            },
            "skills": {
                skill.id: sum(item.skill == skill.id for item in items)
                for skill in bank.skills.values()
                if skill.subject == subject
            },
        }
    return {"items": len(bank.items), "skills": len(bank.skills), "subjects": subjects}
