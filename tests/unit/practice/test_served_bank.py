"""What a server offers beside its own items, from files of the operator's that may be anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from masterx.practice.bank_files import own_bank
from masterx.practice.served_bank import ServedBank

SKILLS = """
[[skill]]
id = "chess.mates"
subject = "chess"
name = "Mates in one"
hint = "Which checks are there?"

[[skill]]
id = "chess.forks"
subject = "chess"
name = "Forks"
needs = ["chess.mates"]
hint = "What could one piece attack at once?"
"""

ITEM = """
[[item]]
id = "chess.mates.{name}"
skill = "{skill}"
difficulty = 0.0
question = "How many checks are there?"
answer = "{answer}"
hints = ["Count them."]
solution = "There are two."
source = "Chess problems, A. Author"
licence = "CC BY 4.0"
"""


def item(name: str, *, skill: str = "chess.mates", answer: str = "2") -> str:
    return ITEM.format(name=name, skill=skill, answer=answer)


async def test_items_of_the_operator_stand_beside_our_own(tmp_path: Path) -> None:
    (tmp_path / "chess.toml").write_text(SKILLS + item("one"), "utf-8")
    (tmp_path / "more.toml").write_text(SKILLS + item("two"), "utf-8")
    served = ServedBank(tmp_path)
    bank = await served.bank()
    assert served.faults == ()
    assert bank.subjects() == [*own_bank().subjects(), "chess"]
    assert [each.id for each in bank.of_skill("chess.mates")] == ["chess.mates.one", "chess.mates.two"]
    assert bank.skills["chess.forks"].needs == ("chess.mates",)
    assert len(bank.items) == len(own_bank().items) + 2
    assert await served.bank() is bank


@pytest.mark.parametrize("folder", ["absent", "a-file"])
async def test_without_a_folder_there_are_our_own(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a-file").write_text("", "utf-8")
    served = ServedBank(tmp_path / folder)
    assert not served.has_folder
    assert await served.bank() is own_bank()


async def test_what_is_at_fault_is_named_and_left_out_and_the_rest_is_offered(tmp_path: Path) -> None:
    (tmp_path / "a-binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b-torn.toml").write_text("[[item]]\nid = \n", "utf-8")
    mixed = [
        SKILLS,
        item("one"),
        item("lost", skill="chess.endgames"),
        item("broken", answer="{1 / 0}"),
        item("prose", answer="((two checks"),
        item("one"),
        '[[item]]\nid = "half"\n',
    ]
    (tmp_path / "c-mixed.toml").write_text("".join(mixed), "utf-8")
    (tmp_path / "d-again.toml").write_text(SKILLS + item("one"), "utf-8")
    served = ServedBank(tmp_path)
    bank = await served.bank()
    assert [each.id for each in bank.of_skill("chess.mates")] == ["chess.mates.one"]
    told = [str(fault).removeprefix(f"{tmp_path}/") for fault in served.faults]
    assert len([line for line in told if line.startswith("a-binary.toml:1: cannot be read")]) == 1
    assert len([line for line in told if line.startswith("b-torn.toml:2: no TOML")]) == 1
    assert any("chess.endgames does not exist" in line for line in told)
    assert any("chess.mates.broken" in line for line in told)
    assert any("chess.mates.prose: the answer cannot be read as a number" in line for line in told)
    assert any("the id chess.mates.one is used twice" in line for line in told)
    assert any("there is an item of this id already" in line for line in told)
    assert any(line.startswith("c-mixed.toml:") and "Field required" in line for line in told)


async def test_an_item_of_ours_is_not_replaced(tmp_path: Path) -> None:
    own = next(iter(own_bank().items.values()))
    text = item("one", skill=own.skill).replace("chess.mates.one", own.id)
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    served = ServedBank(tmp_path)
    assert (await served.bank()).items[own.id] == own
    assert len(served.faults) == 1


@pytest.mark.parametrize(
    ("needs", "why"),
    [
        ('["chess.openings"]', "needs chess.openings, which does not exist"),
        ('["linear-equations"]', "another subject's"),
        ('["chess.forks"]', "in a circle"),
    ],
)
async def test_a_skill_that_nobody_could_reach_is_offered_without_its_needs(
    tmp_path: Path, needs: str, why: str
) -> None:
    text = SKILLS.replace('name = "Mates in one"', f'name = "Mates in one"\nneeds = {needs}')
    (tmp_path / "chess.toml").write_text(text + item("one"), "utf-8")
    served = ServedBank(tmp_path)
    assert (await served.bank()).skills["chess.mates"].needs == ()
    assert any(why in fault.text for fault in served.faults)
