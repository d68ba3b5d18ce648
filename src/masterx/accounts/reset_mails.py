"""Mails with a link for those who forgot their password.

Whoever asks hears the same at once, whether or not the address has an account: what was typed is put into a queue,
and everything else, from looking the address up to talking with the mail server, happens beside the requests.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from masterx.accounts.email import checked_email
from masterx.accounts.mail import Mailer, MailNotSent
from masterx.accounts.one_time_links import reset_link
from masterx.accounts.password_changes import PasswordChanges
from masterx.accounts.sign_in_limits import SignInLimits
from masterx.errors import DatabaseError, InvalidInput, NotFound
from masterx.store.account_ports import UserStore

MAX_WAITING = 200
"""Requests beyond this are dropped: each is one mail at most."""

SUBJECT = "A new password for MasterX"
TEXT = """\
Somebody asked for a new password for your account at {public_url}.

Set it here, once, within {minutes} minutes:

{link}

If that was not you, do nothing: your password stays as it is.
"""

_log = structlog.get_logger(__name__)


class ResetMails:
    def __init__(
        self,
        mailer: Mailer,
        public_url: str,
        lifetime: timedelta,
        users: UserStore,
        changes: PasswordChanges,
        limits: SignInLimits,
    ) -> None:
        self._mailer = mailer
        self._public_url = public_url
        self._minutes = int(lifetime.total_seconds() // 60)
        self._users = users
        self._changes = changes
        self._limits = limits
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)

    def ask(self, email: str) -> None:
        try:
            self._waiting.put_nowait(email)
        except asyncio.QueueFull:
            _log.warning("reset_mail_dropped")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            email = await self._waiting.get()
            try:
                await self._answer(email)
            except (DatabaseError, MailNotSent) as error:
                _log.warning("reset_mail_failed", error_type=type(error).__name__, reason=error.details.get("reason"))
            finally:
                self._waiting.task_done()

    async def finished(self) -> None:
        """When all that was asked so far is done."""
        await self._waiting.join()

    async def _answer(self, text: str) -> None:
        try:
            email = checked_email(text)
        except InvalidInput:
            return
        user = await self._users.user_by_email(email)
        if user is None or not await self._limits.may_mail(user.email):
            return
        try:
            reset = await self._changes.issue_reset(user.id)
        except NotFound:
            return  # Erased just now.
        link = reset_link(self._public_url, reset.secret)
        text = TEXT.format(public_url=self._public_url, minutes=self._minutes, link=link)
        # To the address as it is kept, never as it was typed.
        await self._mailer.send(user.email, SUBJECT, text)
        _log.info("reset_mail_sent", user_id=user.id)
