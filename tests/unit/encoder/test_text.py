from __future__ import annotations

from masterx.encoder.text import MOST_CHARACTERS, prepared


def test_plain_text_stays() -> None:
    assert prepared("Why does 2 × 3 = 6? naïve, π") == ("Why does 2 × 3 = 6? naïve, π", 1.0)


def test_emoji_become_their_names_whatever_their_skin() -> None:
    words, _ = prepared("ok 😭👍🏽❤️")
    assert words.split() == ["ok", "loudly", "crying", "face", "thumbs", "up", "heavy", "black", "heart"]


def test_of_an_endless_text_both_ends_are_kept() -> None:
    text, covered = prepared("a" * 300_000 + "the end")
    assert len(text) <= MOST_CHARACTERS + 1
    assert text.startswith("aaa")
    assert text.endswith("the end")
    assert covered == MOST_CHARACTERS / 300_007


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert prepared("a\ud800b") == ("a?b", 1.0)
