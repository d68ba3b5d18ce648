"""What a driver sends, as it sends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

SILENT = frozenset({"hello", "ismaster", "endSessions", "killCursors", "ping", "saslStart", "saslContinue"})
"""What the driver does for itself."""


@dataclass
class Commands(CommandListener):
    """In order. One that was sent again counts again."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.sent]

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name not in SILENT:
            self.sent.append((event.command_name, dict(event.command)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass
