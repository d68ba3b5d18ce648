from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from masterx.records.messages import Completeness, Message, MessageRole
from masterx.store.ports import MessageStore
from masterx.web.versions import MAX_VERSIONS, earlier_versions, version_counts

NOW = datetime(2026, 3, 3, 16, 42, tzinfo=UTC)


class AsideStore:
    """What each question put aside, by its id."""

    def __init__(self) -> None:
        self.aside: dict[str, list[Message]] = {}

    async def versions(self, message_id: str, user_id: str, *, limit: int | None = None) -> Sequence[Message]:
        assert user_id == "ada"
        return self.aside.get(message_id, [])[:limit]

    @property
    def port(self) -> MessageStore:
        return cast("MessageStore", self)


def question(name: str, text: str = "Why?", replaces: str | None = None) -> Message:
    return Message(
        id=name,
        session_id="s",
        user_id="ada",
        role=MessageRole.USER,
        content=text,
        timestamp=NOW,
        replaces=replaces,
    )


def answer(to: str, text: str, completeness: Completeness = Completeness.COMPLETE) -> Message:
    fields: dict[str, Any] = {"reply_to": to, "completeness": completeness}
    return replace(question(f"a{to}", text), role=MessageRole.ASSISTANT, **fields)


async def test_versions_of_versions_come_oldest_first_and_are_counted_with_the_present_one() -> None:
    store = AsideStore()
    store.aside["q2"] = [question("q1", "First?"), answer("q1", "One.")]
    store.aside["q3"] = [question("q2", "Second?", "q1"), answer("q2", "Two."), question("later")]
    present = [question("q3", "Third?", "q2"), answer("q3", "Three.")]
    found = await earlier_versions(store.port, *present)
    assert [version.messages[0].content for version in found] == ["First?", "Second?"]
    assert [version.more for version in found] == [False, False]
    assert await version_counts(store.port, present) == {"q3": 3}


async def test_only_the_beginning_of_a_long_branch_is_read() -> None:
    store = AsideStore()
    store.aside["q2"] = [question("q1"), answer("q1", "One."), *(question(f"m{n}") for n in range(1998))]
    found = await earlier_versions(store.port, question("q2", "Else?", "q1"), None, shown=4)
    assert len(found[0].messages) == 4
    assert found[0].more


async def test_the_part_of_an_answer_that_went_on_is_no_version() -> None:
    store = AsideStore()
    store.aside["q2"] = [question("q1"), answer("q1", "Half", Completeness.STOPPED)]
    whole = [question("q2", replaces="q1"), answer("q2", "Half and the rest.")]
    assert await version_counts(store.port, whole) == {}
    asked_again = [question("q2", replaces="q1"), answer("q2", "Another way.")]
    assert await version_counts(store.port, asked_again) == {"q2": 2}


async def test_a_message_without_a_predecessor_costs_no_read() -> None:
    assert await version_counts(cast("MessageStore", object()), [question("q1"), answer("q1", "One.")]) == {}


async def test_endless_retries_are_counted_up_to_a_bound() -> None:
    store = AsideStore()
    for n in range(2, 200):
        store.aside[f"q{n}"] = [question(f"q{n - 1}", replaces=f"q{n - 2}"), answer(f"q{n - 1}", f"Answer {n}")]
    counts = await version_counts(store.port, [question("q199", replaces="q198"), answer("q199", "Last")])
    assert counts == {"q199": MAX_VERSIONS + 1}
