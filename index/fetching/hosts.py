"""Which machines may be asked: public ones, and others only if somebody has allowed them by name.

Whoever writes a feed or a site map chooses the addresses that are fetched from it, and could name machines that only
we can reach. So every address that a name stands for is checked, and the checked address is the one connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from typing import Final

from index.fetching.address import Address
from index.fetching.errors import FetchError

Resolver = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host, for a port. Raises OSError."""

MAX_ADDRESSES: Final = 4
"""Of a host that are tried."""

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv6 gives out unicast addresses of the internet from this block alone (RFC 4291, 2.4).
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_UNUSABLE: Final = tuple(map(ipaddress.ip_network, (
    "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "2001::/23",
    "2001:db8::/32", "3fff::/20",
)))  # fmt: skip
"""Special blocks (RFC 6890 and later) that some versions of Python take for public ones."""
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
_NOT_OF_THE_WEB: Final = frozenset({
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip
"""Ports of other services, which could take a request for what they understand; browsers refuse the same ones
(https://fetch.spec.whatwg.org/#port-blocking)."""


def look_up(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def choose_addresses(
    address: Address, allowed: Collection[str], resolve: Resolver, setting: str = "fetch_allow"
) -> list[str]:
    """The IP addresses to connect to, the first that answers. Raises FetchError if the host may not be asked, which
    names the setting that has the `allowed`."""
    if address.port in _NOT_OF_THE_WEB and not is_allowed(address, allowed):
        reason = (
            f"port {address.port} is not one of the web; to allow it, add {address.place!r} to the setting {setting}"
        )
        raise FetchError(address.url, reason, is_lasting=True)
    try:
        found = resolve(address.host, address.port)
    except (OSError, UnicodeError) as error:
        reason = f"the host {address.host} cannot be found ({getattr(error, 'strerror', None) or error})"
        raise FetchError(address.url, reason, is_lasting=True) from error
    usable = list(found) if is_allowed(address, allowed) else [one for one in found if is_public(one)]
    if not usable:
        reason = (
            f"the host {address.host} is not a public one ({', '.join(found[:MAX_ADDRESSES]) or 'no address'}); "
            f"to allow it, add {address.place!r} to the setting {setting}"
        )
        raise FetchError(address.url, reason, is_lasting=True)
    return usable[:MAX_ADDRESSES]


def is_allowed(address: Address, allowed: Collection[str]) -> bool:
    """The host is named in `allowed`, alone or with its port."""
    names = {name.lower().strip() for name in allowed}
    host = f"[{address.host}]" if ":" in address.host else address.host
    return not names.isdisjoint({address.host, host, f"{host}:{address.port}"})


def is_public(text: str) -> bool:
    """The IP address is one of the open internet, and so is the IPv4 address that it may stand for."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return False
    embedded = _embedded(ip)
    if embedded is not None:
        return is_public(str(embedded))
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _GIVEN_OUT:
        return False
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    return ip.is_global and not special and not any(ip in block for block in _UNUSABLE)


def _embedded(ip: _IP) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address is another way to write, or leads to (RFC 4291, 3056, 5214, 6052)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64 or int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
