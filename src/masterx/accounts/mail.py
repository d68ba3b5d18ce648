"""Sending one plain mail to one person, over SMTP with TLS."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from masterx.errors import ConfigurationError, MasterXError
from masterx.settings import MailSettings

TIMEOUT_SECONDS = 15.0
"""For each step of the conversation with the mail server."""

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

_PORTS = {"smtp": 587, "smtps": 465}


class MailNotSent(MasterXError):
    """The mail server did not take it. The reason is the class of the cause; its text may hold an address."""

    code = "mail_not_sent"
    status = 502
    default_message = "The mail was not sent."


class Mailer(Protocol):
    async def send(self, to: str, subject: str, text: str) -> None:
        """Raises `MailNotSent`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    port: int
    tls_first: bool
    """`smtps`; else the connection begins in the clear and changes to TLS by STARTTLS."""
    user: str | None
    password: str | None = field(repr=False)

    @classmethod
    def of(cls, url: str) -> MailServer:
        """Raises `ConfigurationError`, which does not repeat the URL: it holds a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _unusable() from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise _unusable()
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            tls_first=parts.scheme == "smtps",
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


class SmtpMailer:
    def __init__(self, server: MailServer, sender: str, tls: ssl.SSLContext | None = None) -> None:
        """`tls` decides whose certificates are trusted; None: those that this machine trusts."""
        self._server = server
        self._sender = sender
        self._tls = tls or ssl.create_default_context()

    async def send(self, to: str, subject: str, text: str) -> None:
        await asyncio.to_thread(self._send, to, subject, text)

    def _send(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = self._sender, to, subject
            message.set_content(text)
            with self._connected() as connection:
                if self._server.user is not None:
                    connection.login(self._server.user, self._server.password or "")
                connection.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MailNotSent(details={"reason": type(error).__name__}) from error

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls_first:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._tls)
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.host not in THIS_MACHINE:
                connection.starttls(context=self._tls)
        except BaseException:
            connection.close()
            raise
        return connection


def open_mailer(settings: MailSettings, public_url: str | None) -> Mailer | None:
    """None where the operator set up no mail. Raises `ConfigurationError`."""
    if settings.smtp_url is None:
        return None
    if settings.mail_from is None or public_url is None:
        raise ConfigurationError("MASTERX_SMTP_URL needs MASTERX_MAIL_FROM and MASTERX_PUBLIC_URL beside it.")
    return SmtpMailer(MailServer.of(settings.smtp_url.get_secret_value()), settings.mail_from)


def _unusable() -> ConfigurationError:
    return ConfigurationError(
        "MASTERX_SMTP_URL has to look like smtps://user:password@host:465 (or smtp://, port 587)."
    )
