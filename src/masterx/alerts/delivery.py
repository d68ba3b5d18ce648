"""Sending alerts through `apprise`: Slack, mail, webhooks and some hundred others, by address.

What is sent holds figures and names of providers, nothing of learners. An address is a secret: no error and no log
repeats it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import ConfigurationError
from masterx.records.operations import Alert, AlertKind, Delivery

TRIES = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
AT_ONCE = 20
PATIENCE_SECONDS = 30.0

logger = structlog.get_logger()


class Problem(StrEnum):
    PRIVATE = "private"
    SLOW = "slow"
    REFUSED = "refused"


PROBLEMS = {
    Problem.PRIVATE: "the address is private, which MASTERX_ALERT_ALLOW_PRIVATE allows",
    Problem.SLOW: "no answer in time",
    Problem.REFUSED: "not accepted, or not reachable",
}


class NotDelivered(Exception):
    """The text says why, in our words."""


class Sender(Protocol):
    @property
    def names(self) -> Sequence[str]: ...

    async def send(self, title: str, body: str) -> None:
        """Raises `NotDelivered`."""
        ...

    async def send_each(self, title: str, body: str) -> Sequence[Sent]: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message at one of the addresses, which is not told: only the service and its place in the list."""

    place: int
    """From 1."""
    service: str
    problem: Problem | None


class DeliveryStore(Protocol):
    async def due_alerts(self, now: datetime, *, limit: int) -> Sequence[Alert]: ...

    async def note_delivery(self, alert: Alert) -> None: ...


class AppriseSender:
    """Raises `ConfigurationError` for an address that `apprise` cannot read, and without the extra `alerts`.

    An address on this machine or in a private network is refused at each sending unless `allow_private`: whoever may
    set an address could else reach what only this server can. The name is looked up at that moment, and no redirect is
    followed then.
    """

    def __init__(self, urls: Sequence[str], *, allow_private: bool) -> None:
        try:
            from apprise import Apprise  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise ConfigurationError(
                "MASTERX_ALERT_URLS needs the extra `alerts`: pip install 'masterx[alerts]'."
            ) from error
        logging.getLogger("apprise").disabled = True  # It quotes addresses.
        self._allow_private = allow_private
        self._services: list[Any] = []
        for place, url in enumerate(urls, start=1):
            service = Apprise.instantiate(url)
            if service is None:
                raise ConfigurationError(f"MASTERX_ALERT_URLS: number {place} is no address that apprise knows.")
            if not allow_private:
                service.redirects = False  # Whatever the address says: a public one could lead to a private one.
            self._services.append(service)

    @property
    def names(self) -> list[str]:
        """Of the services, in the order of the setting."""
        return [str(service.service_name or "a service") for service in self._services]

    async def send(self, title: str, body: str) -> None:
        """To all of them; where one fails, all get it again at the next try."""
        sent = await self.send_each(title, body)
        if said := sorted({f"{one.service}: {PROBLEMS[one.problem]}" for one in sent if one.problem}):
            raise NotDelivered("; ".join(said))

    async def send_each(self, title: str, body: str) -> list[Sent]:
        """To all of them, each with the same time; in the order of the setting."""
        problems = await asyncio.gather(*(self._send(service, title, body) for service in self._services))
        return [
            Sent(place, name, problem)
            for place, (name, problem) in enumerate(zip(self.names, problems, strict=True), start=1)
        ]

    async def _send(self, service: Any, title: str, body: str) -> Problem | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if not self._allow_private and await asyncio.to_thread(_is_private, service):
                    return Problem.PRIVATE
                accepted = await asyncio.to_thread(service.notify, title=title, body=body)
        except TimeoutError:
            return Problem.SLOW
        return None if accepted else Problem.REFUSED


class AlertDelivery:
    def __init__(self, store: DeliveryStore, clock: Clock, sender: Sender) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender

    async def deliver(self) -> None:
        """What is due. Raises `DatabaseError`."""
        for alert in await self._store.due_alerts(self._clock.now(), limit=AT_ONCE):
            await self._store.note_delivery(await self._tried(alert))

    async def _tried(self, alert: Alert) -> Alert:
        title, body = told(alert)
        tries = alert.tries + 1
        try:
            await self._sender.send(title, body)
        except NotDelivered as error:
            logger.warning("alert_not_delivered", kind=alert.kind.value, tries=tries, reason=str(error))
            if tries >= TRIES:
                return replace(
                    alert, delivery=Delivery.FAILED, tries=tries, next_try_at=None, delivery_error=str(error)
                )
            pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
            return replace(alert, tries=tries, next_try_at=self._clock.now() + pause, delivery_error=str(error))
        return replace(alert, delivery=Delivery.SENT, tries=tries, next_try_at=None, delivery_error=None)


_SENTENCES = {
    AlertKind.COST_HOUR: "This hour's models cost ${value:.2f}; the threshold is ${threshold:.2f}.",
    AlertKind.COST_DAY: "Today's models cost ${value:.2f}; the threshold is ${threshold:.2f}.",
    AlertKind.PROVIDER_DOWN: "{subject} failed in {value:.0%} of its calls of the last hour.",
    AlertKind.BREAKER_OPEN: "{subject} failed again and again: it is asked last until it is well.",
    AlertKind.ERROR_RATE: "{value:.0%} of the last hour's calls to models failed; the threshold is {threshold:.0%}.",
    AlertKind.DISK: "{value:.0f} MiB are left on the disk of the data; the threshold is {threshold:.0f} MiB.",
    AlertKind.BACKLOG: "A write to the database waited {value:.1f} s; the threshold is {threshold:.1f} s.",
}


def told(alert: Alert) -> tuple[str, str]:
    """Title and text."""
    about = alert.kind.value.replace("_", " ") + (f" ({alert.subject})" if alert.subject else "")
    text = _SENTENCES[alert.kind].format(value=alert.value, threshold=alert.threshold, subject=alert.subject)
    if alert.resolved_at is None:
        return f"MasterX: {about}", f"{text} Since {alert.raised_at:%Y-%m-%d %H:%M} UTC."
    span = f"from {alert.raised_at:%Y-%m-%d %H:%M} to {alert.resolved_at:%H:%M} UTC"
    return f"MasterX: over: {about}", f"It is over; it held {span}. {text}"


def _is_private(service: Any) -> bool:
    """Whether the host of a service that names one leads to anything but the public internet.

    Services with a place of their own have tokens where others have a host: those are not looked up.
    """
    if not any("{host}" in template for template in getattr(service, "templates", ())):
        return False
    try:
        found = socket.getaddrinfo(service.host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # It leads nowhere, and sending will say so.
    return not all(ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)
