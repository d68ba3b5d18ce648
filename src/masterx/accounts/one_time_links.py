"""The secret in a link that signs its bearer in once, and from where it may be used."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from masterx.accounts.tokens import new_secret

# The secret itself says that it is for this machine only, and its stored hash covers that word. So a request from
# elsewhere is refused before the store is asked, and the link stays good.
_LOOPBACK_PREFIX = "local."


def new_link_secret(*, loopback_only: bool) -> str:
    return f"{_LOOPBACK_PREFIX if loopback_only else ''}{new_secret()}"


def may_redeem(secret: str, client_host: str | None) -> bool:
    """Whether a client at this address may use a link of this kind; None: the address is not known."""
    return not secret.startswith(_LOOPBACK_PREFIX) or is_loopback(client_host)


def is_loopback(client_host: str | None) -> bool:
    try:
        address = ip_address(client_host or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
