"""How fast passwords may be guessed, without locking their owners out.

Every attempt counts against the account and against the network that it comes from. Whoever guesses somebody's
password therefore makes strangers wait at that account, but not its owner where they were before: a browser that
holds a sign-in of this account, and a network from which it was signed in to since the server started, have a count of
their own. An address that nobody has counts like one that somebody has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from masterx.accounts.attempts import Attempts, Budget
from masterx.accounts.clients import Client
from masterx.errors import RateLimited
from masterx.records.users import normalised_email

ACCOUNT = Budget(free=5, forgiven_seconds=600, longest_wait=900)
"""Some 6 guesses an hour in the long run."""
NETWORK = Budget(free=100, forgiven_seconds=3, longest_wait=60)
"""A school's classes may sit behind one address: 20 failures a minute in the long run."""
RESET_MAILS = Budget(free=3, forgiven_seconds=1_200, longest_wait=3_600)
"""To one address."""

MAX_FAMILIAR = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One that was let through: whoever made it says how it ended. Untold, it was a wrong guess."""

    attempts: Attempts
    account: str
    network: str | None

    async def withdraw(self) -> None:
        """It never came to a check."""
        await self.attempts.refund(self.account)
        if self.network is not None:
            await self.attempts.refund(self.network)

    async def succeed(self) -> None:
        await self.attempts.clear(self.account)
        if self.network is not None:
            await self.attempts.refund(self.network)


class SignInLimits:
    """What is raised is `RateLimited`, in the same words whether or not the account exists."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._familiar: dict[str, None] = {}

    async def sign_in(self, email: str, client: Client, own_device: str | None) -> Attempt:
        """`own_device` is the device of this very account that the browser belongs to, if it does."""
        account = _key("account", normalised_email(email))
        network = _key("network", client.network)
        if own_device is not None:
            return await self._admit(_key("device", account, own_device), None)
        familiar = _key("familiar", account, network)
        if familiar in self._familiar:
            return await self._admit(familiar, None)
        return await self._admit(account, network)

    async def signed_in(self, attempt: Attempt, email: str, client: Client) -> None:
        await attempt.succeed()
        familiar = _key("familiar", _key("account", normalised_email(email)), _key("network", client.network))
        self._familiar.pop(familiar, None)
        self._familiar[familiar] = None
        if len(self._familiar) > MAX_FAMILIAR:
            del self._familiar[next(iter(self._familiar))]

    async def confirm_password(self, user_id: str, device_id: str) -> Attempt:
        """Somebody signed in types their password again."""
        return await self._admit(_key("confirm", user_id, device_id), None)

    async def anonymous(self, client: Client) -> Attempt:
        """A registration, or a request for a mail: it may be a guess who has an account."""
        network = _key("anonymous", client.network)
        return await self._admit(network, None, NETWORK)

    async def may_mail(self, email: str) -> bool:
        return await self._attempts.charge(_key("mail", normalised_email(email)), RESET_MAILS) == 0

    async def _admit(self, account: str, network: str | None, budget: Budget = ACCOUNT) -> Attempt:
        wait = 0.0 if network is None else await self._attempts.charge(network, NETWORK)
        if wait == 0:
            wait = await self._attempts.charge(account, budget)
            if wait > 0 and network is not None:
                await self._attempts.refund(network)
        if wait > 0:
            raise RateLimited("Too many attempts. Wait a moment, then try again.", retry_after=wait)
        return Attempt(attempts=self._attempts, account=account, network=network)


def _key(*parts: str) -> str:
    """No address of a person is kept, and each key has one size."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
