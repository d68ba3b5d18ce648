from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.accounts.device_labels import UNKNOWN, device_label


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
            "Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.8.0", "curl"),
        ("Linux", "Linux"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        ("<script>alert(1)</script>", UNKNOWN),
    ],
)
def test_a_label_says_browser_and_system(user_agent: str | None, label: str) -> None:
    assert device_label(user_agent) == label


@given(st.text(max_size=3_000))
def test_a_label_is_short_and_made_of_known_words(user_agent: str) -> None:
    label = device_label(user_agent)
    assert len(label) < 40
    assert label.replace(" ", "").isalpha()
