"""Which skill a message is about. The messages marked `held_out` were written after the words, and the words stayed."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.practice.bank_files import own_bank
from masterx.practice.topics import phrases_of, possible_skills, score_of, skill_of

MESSAGES = [
    json.loads(line) for line in (Path(__file__).parent / "messages_with_skills.jsonl").read_text("utf-8").splitlines()
]


def found(message: str) -> str | None:
    skill = skill_of(own_bank(), message)
    return None if skill is None else skill.id


def test_messages_find_the_skill_that_people_found() -> None:
    assert len(MESSAGES) >= 60
    for held_out, least in ((False, 0.95), (True, 0.85)):
        rows = [row for row in MESSAGES if bool(row.get("held_out")) is held_out]
        right = sum(found(row["message"]) == row["skill"] for row in rows)
        assert right >= least * len(rows), (held_out, right, len(rows))
    about_nothing = [row["message"] for row in MESSAGES if row["skill"] is None]
    assert sum(found(message) is not None for message in about_nothing) <= 0.05 * len(about_nothing)


def test_a_short_message_goes_on_with_what_the_last_one_was_about() -> None:
    bank = own_bank()
    skill = skill_of(bank, "and why?", "I do not get the chain rule")
    assert skill is not None
    assert skill.id == "differentiation"
    assert skill_of(bank, "thank you, now please tell me who won the world cup", "the chain rule") is None


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_may_come(text: str) -> None:
    skill_of(own_bank(), text)


SKILLS = own_bank().skill_names
WORDS = sorted({part for skill in SKILLS for phrase in phrases_of(*skill) for part, _ in phrase.parts})


@settings(deadline=None)
@given(st.lists(st.sampled_from([*WORDS, " ", "-", "a", ", "]), max_size=8))
def test_no_skill_is_ruled_out_whose_words_are_there(words: list[str]) -> None:
    text = "".join(words)
    possible = [skill for skill, _ in possible_skills(SKILLS, text)]
    assert [skill for skill, name in SKILLS if score_of(phrases_of(skill, name), text) and skill not in possible] == []
