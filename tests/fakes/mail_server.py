"""A real SMTP server on loopback, with certificates of an authority that only the test trusts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CREDENTIALS = LoginPassword(b"tutor", b"p@ss/word")
WITH_TLS = "127.0.0.2"
"""Loopback, but not one of the names by which the mailer knows this machine."""


@dataclass
class MailServer:
    trusting: ssl.SSLContext
    port: int = 0
    refuses: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuses:
            return "451 not now"
        content = envelope.original_content
        assert content is not None
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 taken"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=given == CREDENTIALS)


@asynccontextmanager
async def mail_server(
    *, host: str = WITH_TLS, tls: str | None = "starttls", credentials: bool = False
) -> AsyncIterator[MailServer]:
    """`tls`: starttls, first (as smtps) or None. It runs in the loop of the test."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
    if credentials:
        behind_tls = {"auth_required": True} if tls == "starttls" else {"auth_require_tls": False}
        options |= {"authenticator": authenticate} | behind_tls
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    mails = MailServer(trusting)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(mails, enable_SMTPUTF8=True, loop=loop, **options),
        host,
        0,
        ssl=context if tls == "first" else None,
    )
    async with listening:
        mails.port = listening.sockets[0].getsockname()[1]
        yield mails
