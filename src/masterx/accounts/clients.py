"""From where somebody signs in."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_IPV6_SITE_BITS = 64
"""What one customer of a provider gets at least: each can use as many addresses in it as they like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    host: str | None = None
    """The address of the connection; None where it is not known."""
    user_agent: str | None = None
    refresh_token: str | None = None
    """That the browser holds from an earlier sign-in, if it does."""

    @property
    def network(self) -> str:
        """What attempts are counted by: the address, of IPv6 its first 64 bits."""
        address = parsed_address(self.host)
        if isinstance(address, IPv6Address):
            return str(ip_network((address, _IPV6_SITE_BITS), strict=False))
        return str(address)


def parsed_address(host: str | None) -> IPv4Address | IPv6Address | None:
    """An IPv4 address that is written as IPv6 is IPv4."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
