"""Links that work once: their secret, where they lead, and from where they may be used."""

from __future__ import annotations

from masterx.accounts.clients import parsed_address
from masterx.accounts.tokens import new_secret

# The secret itself says that it is for this machine only, and its stored hash covers that word. So a request from
# elsewhere is refused before the store is asked, and the link stays good.
_LOOPBACK_PREFIX = "local."


def new_link_secret(*, loopback_only: bool) -> str:
    return f"{_LOOPBACK_PREFIX if loopback_only else ''}{new_secret()}"


def reset_link(base_url: str, secret: str) -> str:
    return f"{base_url.rstrip('/')}/reset-password?secret={secret}"


def invitation_link(base_url: str, secret: str) -> str:
    return f"{base_url.rstrip('/')}/register?invitation={secret}"


def may_redeem(secret: str, client_host: str | None) -> bool:
    """Whether a client at this address may use a link of this kind; None: the address is not known."""
    return not secret.startswith(_LOOPBACK_PREFIX) or is_loopback(client_host)


def is_loopback(client_host: str | None) -> bool:
    address = parsed_address(client_host)
    return address is not None and address.is_loopback
