from __future__ import annotations

import pytest

from masterx.routing.category import topic_after


@pytest.mark.parametrize(
    ("category", "certainty", "words", "current", "expected"),
    [
        pytest.param("math", 0.3, 2, None, "math", id="a new lesson starts somewhere"),
        pytest.param("math", 0.3, 2, "math", "math", id="the same"),
        pytest.param("coding", 0.7, 3, "math", "math", id="a short follow-up stays"),
        pytest.param("coding", 0.95, 3, "math", "coding", id="unless it is plain"),
        pytest.param("coding", 0.7, 20, "math", "coding", id="a clear change"),
        pytest.param("coding", 0.5, 20, "math", "math", id="an unclear one"),
    ],
)
def test_the_topic_changes_when_it_is_clear(
    category: str, certainty: float, words: int, current: str | None, expected: str
) -> None:
    assert topic_after(category, certainty, words, current) == expected
