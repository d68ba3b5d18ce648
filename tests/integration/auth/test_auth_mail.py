"""Forgotten passwords, by a mail through a real mail server."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest
from structlog.testing import capture_logs
from tests.fakes.clock import FrozenClock
from tests.fakes.mail_server import WITH_TLS, mail_server
from tests.fakes.mail_server import MailServer as RealMailServer
from tests.integration.auth.conftest import KEY, CountingHasher

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.mail import MailNotSent, MailServer, SmtpMailer, open_mailer
from masterx.accounts.passwords import Passwords
from masterx.accounts.reset_mails import MAX_WAITING
from masterx.errors import ConfigurationError
from masterx.settings import AccountSettings, MailSettings
from masterx.store.ports import Store

SENDER = "tutor@example.org"
NEW = "another long sentence"


def mailer(
    port: int, *, host: str = WITH_TLS, scheme: str = "smtp", user: str = "", tls: ssl.SSLContext | None = None
) -> SmtpMailer:
    return SmtpMailer(MailServer.of(f"{scheme}://{user}{host}:{port}"), SENDER, tls)


@pytest.fixture
async def mails() -> AsyncIterator[RealMailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def accounts(
    store: Store, clock: FrozenClock, hasher: CountingHasher, settings: AccountSettings, mails: RealMailServer
) -> AsyncIterator[Accounts]:
    opened = Accounts(
        settings,
        KEY,
        store,
        clock,
        passwords=Passwords(threads=2, hasher=hasher),
        mailer=mailer(mails.port, tls=mails.trusting),
        public_url="https://tutor.example.org/",
    )
    assert opened.reset_mails is not None
    sending = asyncio.create_task(opened.reset_mails.run())
    yield opened
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    opened.close()


async def all_sent(accounts: Accounts) -> None:
    assert accounts.reset_mails is not None
    await asyncio.wait_for(accounts.reset_mails.finished(), 30)


async def forgot(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/forgot-password", json={"email": email})


async def test_a_mail_brings_a_link_that_sets_a_password(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, mails: RealMailServer
) -> None:
    headers = {"Host": "evil.test"}
    asked = await client.post("/api/v1/auth/forgot-password", json={"email": "ADA@example.org"}, headers=headers)
    assert (asked.status_code, asked.content) == (202, b"null")
    await all_sent(accounts)

    (mail,) = mails.mails
    assert (mail["From"], mail["To"], mails.encrypted) == (SENDER, "ada@example.org", [True])
    links = re.findall(r"https?://\S+secret=\S+", mail.get_content())
    assert [link.partition("?")[0] for link in links] == ["https://tutor.example.org/reset-password"]
    body = {"secret": links[0].partition("=")[2], "new_password": NEW}
    assert (await client.post("/api/v1/auth/reset-password", json=body)).status_code == 204
    assert await accounts.login(email="ada@example.org", password=NEW)


@pytest.mark.parametrize("email", ["nobody@example.org", "no address", "a@b\r\nBcc: eve@example.org", "é" * 200, "@"])
async def test_nobody_learns_who_has_an_account(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, mails: RealMailServer, email: str
) -> None:
    known, other = await forgot(client, "ada@example.org"), await forgot(client, email)
    await all_sent(accounts)

    assert (known.status_code, known.content) == (other.status_code, other.content)
    assert mails.recipients == ["ada@example.org"]


async def test_the_answer_does_not_wait_for_the_mail_server(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, mails: RealMailServer
) -> None:
    answer = await forgot(client, "ada@example.org")

    assert answer.status_code == 202
    assert mails.mails == []
    await all_sent(accounts)
    assert len(mails.mails) == 1


async def test_one_address_gets_few_mails(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, mails: RealMailServer
) -> None:
    statuses = [(await forgot(client, "ada@example.org")).status_code for _ in range(20)]
    await all_sent(accounts)

    assert set(statuses) == {202}
    assert len(mails.mails) == 3


async def test_one_network_asks_a_bounded_number_of_times(client: httpx2.AsyncClient, ada: SignIn) -> None:
    statuses = [(await forgot(client, f"nobody{number}@example.org")).status_code for number in range(150)]

    assert statuses == [202] * 100 + [429] * 50


async def test_what_waits_is_bounded(accounts: Accounts, mails: RealMailServer) -> None:
    assert accounts.reset_mails is not None
    with capture_logs() as logs:
        for number in range(MAX_WAITING + 5):
            accounts.reset_mails.ask(f"nobody{number}@example.org")
    assert [entry["event"] for entry in logs] == ["reset_mail_dropped"] * 5


async def test_a_mail_server_that_is_gone_is_logged_without_an_address(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn, mails: RealMailServer
) -> None:
    mails.refuses = True
    with capture_logs() as logs:
        assert (await forgot(client, "ada@example.org")).status_code == 202
        await all_sent(accounts)

    failure = next(entry for entry in logs if entry["event"] == "reset_mail_failed")
    assert failure["error_type"] == "MailNotSent"
    assert "ada@example.org" not in str(logs)


class TestMailer:
    @pytest.mark.parametrize(("tls", "scheme"), [("starttls", "smtp"), ("first", "smtps")])
    async def test_tls_and_a_password(self, tls: str, scheme: str) -> None:
        async with mail_server(tls=tls, credentials=True) as mails:
            sending = mailer(mails.port, scheme=scheme, user="tutor:p%40ss%2Fword@", tls=mails.trusting)
            await sending.send("ada@example.org", "Grüße", "Text mit ß\n")
            wrong = mailer(mails.port, scheme=scheme, user="tutor:other@", tls=mails.trusting)
            with pytest.raises(MailNotSent):
                await wrong.send("ada@example.org", "Hello", "Text\n")

        assert [(mail["Subject"], mail.get_content().strip()) for mail in mails.mails] == [("Grüße", "Text mit ß")]
        assert mails.encrypted == [True]

    @pytest.mark.parametrize(("tls", "scheme"), [("starttls", "smtp"), ("first", "smtps")])
    async def test_a_certificate_that_nobody_trusts_is_refused(self, tls: str, scheme: str) -> None:
        async with mail_server(tls=tls) as mails:
            with pytest.raises(MailNotSent):
                await mailer(mails.port, scheme=scheme).send("ada@example.org", "Hello", "Text\n")
        assert mails.mails == []

    async def test_no_mail_leaves_this_machine_in_the_clear(self) -> None:
        async with mail_server(tls=None) as mails:
            with pytest.raises(MailNotSent):
                await mailer(mails.port).send("ada@example.org", "Hello", "Text\n")
        assert mails.mails == []

    async def test_this_machine_needs_no_tls(self) -> None:
        async with mail_server(host="127.0.0.1", tls=None) as mails:
            await mailer(mails.port, host="127.0.0.1").send("ada@example.org", "Hello", "Text\n")
        assert mails.encrypted == [False]

    @pytest.mark.parametrize("to", ["a@b\r\nBcc: eve@example.org", "", "\ud800@example.org"])
    async def test_an_address_cannot_add_to_the_mail(self, to: str) -> None:
        async with mail_server(host="127.0.0.1", tls=None) as mails:
            with pytest.raises(MailNotSent):
                await mailer(mails.port, host="127.0.0.1").send(to, "Hello", "Text\n")
        assert mails.mails == []

    async def test_an_address_in_any_script_is_reached(self) -> None:
        async with mail_server(host="127.0.0.1", tls=None) as mails:
            await mailer(mails.port, host="127.0.0.1").send("josé@example.org", "Hello", "Text\n")
        assert mails.recipients == ["josé@example.org"]


class TestSettings:
    def test_without_a_server_there_is_no_mail(self) -> None:
        assert open_mailer(MailSettings(_env_file=None), None) is None

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://host:port",
            "smtp://host/path",
            "smtp://[::1",
        ],
    )
    def test_a_url_that_cannot_be_is_named_but_not_repeated(self, url: str) -> None:
        settings = MailSettings(_env_file=None, smtp_url=url, mail_from=SENDER)
        with pytest.raises(ConfigurationError, match="MASTERX_SMTP_URL") as refusal:
            open_mailer(settings, "https://tutor.example.org")
        assert "host" not in refusal.value.message.replace("password@host", "")

    def test_a_sender_and_an_address_of_this_server_are_needed(self) -> None:
        url = "smtp://user:secret@mail.example.org"
        for sender, public_url in ((None, "https://tutor.example.org"), (SENDER, None)):
            with pytest.raises(ConfigurationError, match="MASTERX_MAIL_FROM and MASTERX_PUBLIC_URL"):
                open_mailer(MailSettings(_env_file=None, smtp_url=url, mail_from=sender), public_url)
        assert "secret" not in repr(MailServer.of(url))
