from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.providers.event_stream import EventData


def read(*chunks: bytes) -> list[bytes]:
    decoder = EventData()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.finish()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"data:one\n\n", [b"one"]),
        (b"data: two\ndata: lines\n\n", [b"two\nlines"]),
        (b": a comment\n\nevent: message\nid: 7\ndata: one\n\n", [b"one"]),
        (b"data: no blank line at the end", [b"no blank line at the end"]),
        (b"\n\n\n", []),
        (b"", []),
        (b"<html>not a stream</html>", []),
    ],
)
def test_data_of_events(stream: bytes, events: list[bytes]) -> None:
    assert read(stream) == events


@given(st.lists(st.binary(max_size=20).filter(lambda data: not set(data) & {10, 13})), st.data())
def test_cuts_between_chunks_change_nothing(events: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(b"data: " + event + b"\n\n" for event in events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert read(*chunks) == read(stream) == events
