"""Server-sent events (WHATWG HTML, section 9.2) as far as model providers use them: the data of each event."""

from __future__ import annotations


class EventData:
    """Cuts a byte stream into the data of its events. Feeding costs time in proportion to the bytes fed.

    Lines end with LF or CRLF; the standard's lone CR is not used by any provider. Names, ids and comments are
    dropped: chat completions carry everything in the data.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that this chunk completes."""
        if b"\n" not in chunk:
            self._line.append(chunk)
            return []
        self._line.append(chunk)
        lines = b"".join(self._line).split(b"\n")
        self._line = [lines.pop()]
        events: list[bytes] = []
        for line in lines:
            self._take(line.removesuffix(b"\r"), events)
        return events

    def finish(self) -> list[bytes]:
        """What the end of the stream completes: servers forget the last blank line."""
        events: list[bytes] = []
        self._take(b"".join(self._line).removesuffix(b"\r"), events)
        self._take(b"", events)
        self._line = []
        return events

    def _take(self, line: bytes, events: list[bytes]) -> None:
        if not line:
            if self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        elif line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
