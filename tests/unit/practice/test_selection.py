from __future__ import annotations

import random
from statistics import fmean

from masterx.learner.ability import estimated, prior
from masterx.learner.difficulty import ZONE, Condition
from masterx.learner.irt import ItemParameters, success_probability
from masterx.practice.bank_files import own_bank
from masterx.practice.selection import choose_for_placement, choose_for_practice, open_skills

BANK = own_bank()


def test_only_skills_whose_prerequisites_are_mastered_are_open() -> None:
    assert [skill.id for skill in open_skills(BANK, "mathematics", ())] == ["integers"]
    opened = {skill.id for skill in open_skills(BANK, "mathematics", {"integers"})}
    assert "fractions" in opened
    assert "roots" not in opened


def test_practice_stays_within_what_is_open_and_does_not_repeat_at_once() -> None:
    recent: list[str] = []
    for seed in range(6):
        item = choose_for_practice(BANK, "mathematics", prior(), random.Random(seed), recent=recent)
        assert item is not None
        assert item.skill == "integers"
        assert item.id not in recent
        recent.append(item.id)


def test_a_skill_that_was_chosen_is_practised() -> None:
    item = choose_for_practice(BANK, "mathematics", prior(), random.Random(1), skill="roots")
    assert item is not None
    assert item.skill == "roots"


def test_practice_is_in_the_zone_where_the_bank_has_such_items() -> None:
    ability = estimated([(ItemParameters(difficulty=0.0), 1.0), (ItemParameters(difficulty=1.0), 0.0)] * 6)
    mastered = {skill for skill in BANK.skills if skill.startswith("python")}
    item = choose_for_practice(BANK, "python", ability, random.Random(2), mastered=mastered)
    assert item is not None
    chance = success_probability(ability.theta, ItemParameters(difficulty=item.difficulty))
    assert 0.65 <= chance <= 0.9


def test_placement_asks_about_the_level_of_the_learner() -> None:
    item = choose_for_placement(BANK, "statistics", prior(), random.Random(3))
    assert item is not None
    assert abs(item.difficulty) < 0.8
    assert choose_for_placement(BANK, "none", prior(), random.Random(3)) is None


def chances(condition: Condition) -> float:
    """Of the items that learners of five abilities get, with everything open to them; the mean over twelve draws."""
    mastered = {skill.id for skill in BANK.skills.values() if skill.subject == "mathematics"}
    found = []
    for theta in (-1.0, -0.5, 0.0, 0.5, 1.0):
        ability, recent = prior(theta, 0.35), list[str]()
        for draw in range(12):
            rng = random.Random(draw)
            item = choose_for_practice(
                BANK, "mathematics", ability, rng, mastered=mastered, recent=recent[-3:], condition=condition
            )
            assert item is not None
            recent.append(item.id)
            found.append(ability.success_probability(ItemParameters(difficulty=item.difficulty)))
    return fmean(found)


def test_wishes_mood_and_load_move_what_comes_next() -> None:
    flow, harder, usual, easier, loaded, overloaded, frustrated = (
        chances(Condition(**how))
        for how in (
            {"flow": 1.0},
            {"wish": 1.0},
            {},
            {"wish": -1.0},
            {"load": 0.8},
            {"load": 1.0},
            {"frustration": 1.0},
        )
    )
    assert flow <= harder < usual - 0.01
    assert usual + 0.03 < easier
    assert usual + 0.03 < loaded < overloaded
    assert frustrated == overloaded
    assert usual + 0.06 < frustrated
    assert ZONE[0] - 0.01 <= flow
    assert frustrated <= ZONE[1]
