from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.records.money import NanoDollars
from masterx.routing.breaker import Standing
from masterx.routing.router import EXPLORED_SHARE, Choice, Contender, Query, choose

QUERY = Query(category="math", dial=0.5, draw=0.99)
CENT = 10_000_000


def contender(name: str, score: float = 70.0, cents: float = 0.1, **values: object) -> Contender:
    price = NanoDollars(round(cents * CENT))
    made = Contender(
        name=name,
        score=score,
        error=3.0,
        own_error=1.5,
        empathy=score,
        empathy_error=3.0,
        empathy_own_error=1.5,
        known=True,
        price=price,
        charge=price,
    )
    return replace(made, **values)  # type: ignore[arg-type]  # by name


STRONG = contender("strong", 85, 1.0)
MIDDLE = contender("middle", 80, 0.3)
WEAK = contender("weak", 75, 0.1)
ALL = [STRONG, MIDDLE, WEAK]


def names(choice: Choice) -> list[str]:
    return [each.name for each in choice.order]


CONTENDERS = st.lists(
    st.builds(
        contender,
        st.text("abcdef", min_size=1, max_size=3),
        st.floats(0, 100),
        st.floats(0, 20),
        error=st.floats(0.5, 20),
        own_error=st.floats(0.5, 20),
        known=st.booleans(),
        standing=st.sampled_from(Standing),
        disabled=st.booleans(),
        forbidden=st.booleans(),
        demo=st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each.name,
)
QUERIES = st.builds(
    Query,
    category=st.just("math"),
    dial=st.floats(0, 1),
    draw=st.floats(0, 1, exclude_max=True),
    mood=st.sampled_from([None, "frustration", "joy"]),
    certainty=st.floats(0, 1),
    difficulty=st.none() | st.floats(0, 1),
    spread=st.floats(0, 1),
    assigned=st.none() | st.text("abcdef", min_size=1, max_size=3),
    same_topic=st.booleans(),
    pinned=st.none() | st.text("abcdef", min_size=1, max_size=3),
)


@given(QUERIES, CONTENDERS)
def test_everyone_has_a_place_and_a_reason_and_it_is_always_the_same(query: Query, contenders: list[Contender]) -> None:
    found = choose(query, contenders)
    assert sorted(names(found)) == sorted(each.name for each in contenders)
    assert all(each.reason for each in found.order)
    assert choose(query, contenders) == found


@given(QUERIES, CONTENDERS)
def test_who_may_not_or_cannot_answer_comes_behind_who_can(query: Query, contenders: list[Contender]) -> None:
    by_name = {each.name: each for each in contenders}
    order = [by_name[name] for name in names(choose(query, contenders))]
    ranks = [(each.disabled or each.forbidden, each.standing is Standing.RESTING) for each in order]
    assert ranks == sorted(ranks)


@given(QUERIES, CONTENDERS, st.floats(0, 1))
def test_with_the_dial_on_quality_never_a_worse_one_is_chosen(
    query: Query, contenders: list[Contender], dial: float
) -> None:
    """Of those that can answer; a lesson's own, a pinned one and a drawn one apart."""
    query = replace(query, assigned=None, pinned=None, draw=0.99, spread=min(query.spread, 0.9))
    low, high = sorted((query.dial, dial))
    points = []
    for each in (low, high):
        found = choose(replace(query, dial=each), contenders)
        points.append(found.order[0].points)
    if choose(query, contenders).scored:
        assert points[1] >= points[0] - 1e-6


@given(QUERIES, CONTENDERS)
def test_whoever_becomes_better_does_not_fall_back(query: Query, contenders: list[Contender]) -> None:
    query = replace(query, draw=0.99)
    before = choose(query, contenders)
    first = next(each for each in contenders if each.name == before.order[0].name)
    better = replace(first, score=min(100.0, first.score + 5), empathy=min(100.0, first.empathy + 5))
    after = choose(query, [better if each is first else each for each in contenders])
    assert after.order[0].name == first.name


def test_a_hard_message_goes_to_the_strong_and_an_easy_one_to_the_cheap() -> None:
    def first(difficulty: float) -> str:
        return choose(replace(QUERY, difficulty=difficulty, spread=1.0), ALL).order[0].name

    assert first(0.02) == "weak"
    assert first(0.98) == "strong"
    easy = choose(replace(QUERY, difficulty=0.02, spread=1.0), ALL)
    assert easy.order[0].reason == "best for math at its price, 75 ± 3 points: an easy message does not need strong"


def test_the_dial_sets_what_quality_may_cost() -> None:
    first = {dial: choose(replace(QUERY, dial=dial), ALL).order[0].name for dial in (0.0, 0.5, 1.0)}
    assert first == {0.0: "weak", 0.5: "middle", 1.0: "strong"}


def test_an_unknown_price_counts_with_its_ceiling() -> None:
    unpriced = contender("unpriced", 86, price=None, charge=NanoDollars(10 * CENT))
    found = choose(replace(QUERY, dial=0.7), [unpriced, MIDDLE])
    assert names(found) == ["middle", "unpriced"]


def test_a_topic_stays_where_it_is_unless_another_one_is_clearly_better() -> None:
    query = replace(QUERY, dial=1.0, assigned="middle", same_topic=True)
    near = contender("near", 82)
    found = choose(query, [near, MIDDLE])
    assert names(found) == ["middle", "near"]
    assert found.order[0].reason == "answers this topic already, and near is not clearly better (2.0 points)"
    assert choose(replace(query, same_topic=False), [near, MIDDLE]).order[0].name == "near"
    far = choose(query, [contender("far", 92), MIDDLE])
    assert far.order[0].name == "far"
    assert "12.0 points ahead of middle, who had the topic" in far.order[0].reason


@pytest.mark.parametrize("change", [{"standing": Standing.RESTING}, {"disabled": True}, {"forbidden": True}])
def test_a_topic_moves_when_its_provider_cannot_go_on(change: dict[str, object]) -> None:
    query = replace(QUERY, dial=1.0, assigned="strong", same_topic=True)
    changed = replace(STRONG, **change)  # type: ignore[arg-type]  # by name
    assert names(choose(query, [changed, MIDDLE, WEAK])) == ["middle", "weak", "strong"]


def test_a_frustrated_learner_gets_who_is_kind() -> None:
    kind = contender("kind", 78, 0.3, empathy=95.0)
    query = replace(QUERY, dial=1.0, mood="frustration", certainty=0.9)
    found = choose(query, [MIDDLE, kind])
    assert (found.order[0].name, found.mood) == ("kind", "frustration")
    calm = choose(replace(query, mood="curiosity"), [MIDDLE, kind])
    assert (calm.order[0].name, calm.mood) == ("middle", None)


def test_a_pinned_one_is_first_unless_it_is_down() -> None:
    query = replace(QUERY, pinned="weak", dial=1.0, assigned="strong", same_topic=True)
    found = choose(query, ALL)
    assert (found.order[0].name, found.order[0].reason) == ("weak", "pinned to math by the operator")
    down = choose(query, [STRONG, MIDDLE, replace(WEAK, standing=Standing.RESTING)])
    assert names(down) == ["strong", "middle", "weak"]


def test_a_small_share_of_new_topics_is_explored() -> None:
    share = 1_000
    drawn = [choose(replace(QUERY, dial=1.0, draw=place / share), ALL) for place in range(share)]
    explored = [each for each in drawn if each.explored]
    assert 0.01 * share < len(explored) <= EXPLORED_SHARE * share
    assert {each.order[0].name for each in explored} == {"middle", "weak"}
    assert all(each.order[0].reason.startswith("drawn to learn") for each in explored)


@pytest.mark.parametrize(
    "change",
    [
        {"mood": "anxiety", "certainty": 0.8},
        {"assigned": "strong", "same_topic": True},
        {"pinned": "strong"},
    ],
)
def test_nobody_is_tried_on_a_learner_who_needs_a_sure_answer(change: dict[str, object]) -> None:
    query = replace(QUERY, dial=1.0, draw=0.0, **change)  # type: ignore[arg-type]  # by name
    assert not choose(query, ALL).explored


def test_nobody_is_tried_who_failed_lately() -> None:
    resting = [STRONG, replace(MIDDLE, standing=Standing.RESTING)]
    assert not choose(replace(QUERY, dial=1.0, draw=0.0), resting).explored
    probing = [STRONG, replace(MIDDLE, standing=Standing.PROBING)]
    assert not choose(replace(QUERY, dial=1.0, draw=0.0), probing).explored


def test_without_any_benchmark_the_operators_order_stands() -> None:
    unknown = [replace(each, known=False) for each in (WEAK, STRONG, MIDDLE)]
    found = choose(QUERY, unknown)
    assert not found.scored
    assert [(each.name, each.reason) for each in found.order] == [
        ("weak", "first in the operator's order"),
        ("strong", "next in the operator's order"),
        ("middle", "next in the operator's order"),
    ]
    assert names(choose(replace(QUERY, assigned="middle"), unknown)) == ["middle", "weak", "strong"]


def test_a_new_one_is_among_the_others_from_the_start() -> None:
    new = contender("new", 84, 0.1, error=15.0, own_error=15.0, known=False)
    found = choose(QUERY, [*ALL, new])
    assert found.order[0].name == "new"
    later = choose(QUERY, [*ALL, replace(new, score=60)])
    assert "not benchmarked yet" in later.order[-1].reason


def test_whoever_answered_no_test_is_said_to_have_been_tried() -> None:
    tried = "tried on 2026-01-05, answered none of 12 tests"
    silent = contender("silent", 60, 0.1, error=15.0, own_error=15.0, known=False, tried=tried)
    later = choose(QUERY, [*ALL, silent]).order[-1].reason
    assert later.endswith(f", {tried}")
    first = choose(replace(QUERY, dial=1.0), [replace(silent, score=99), WEAK]).order[0].reason
    assert first.endswith(f"99 ± 15 points ({tried})")


def test_whoever_changed_says_so_first_and_later() -> None:
    fell = replace(STRONG, changed="its tests fell by 15 points on 2026-01-05")
    first = choose(replace(QUERY, dial=1.0), [fell, WEAK]).order[0]
    assert first.reason.endswith("85 ± 3 points (its tests fell by 15 points on 2026-01-05)")
    later = choose(replace(QUERY, dial=0.0), [fell, WEAK]).order[1]
    assert later.reason.endswith("for $0.01; its tests fell by 15 points on 2026-01-05")


def test_what_others_share_does_not_keep_a_topic_where_it_is() -> None:
    """Both scores may be ten points off, but then by the same ten."""
    query = replace(QUERY, dial=1.0, assigned="middle", same_topic=True)
    better, same = contender("better", 85, error=10.0, own_error=1.0), replace(MIDDLE, error=10.0, own_error=1.0)
    assert choose(query, [better, same]).order[0].name == "better"
    alone = [replace(each, own_error=10.0) for each in (better, same)]
    assert choose(query, alone).order[0].name == "middle"


def test_nobody_is_there() -> None:
    assert choose(QUERY, []).order == ()
    assert names(choose(QUERY, [replace(STRONG, disabled=True)])) == ["strong"]
