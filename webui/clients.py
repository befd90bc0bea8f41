"""Who sends a request: the address that a proxy names, if the proxy is one of ours, else that of the connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from flask import request

Address = IPv4Address | IPv6Address

_MOST_HOPS: Final = 20
"""Entries of X-Forwarded-For that are looked at, from the end: our own proxies are no more."""
_SUBSCRIBER_BITS: Final = 64
"""The part of an IPv6 address that a provider gives to one customer, who chooses the rest freely (RFC 6177)."""


def client_address(remote: str | None, forwarded: str, trusted: Sequence[str]) -> Address | None:
    """The address of whoever sent a request that came from the address `remote`; None if there is none.

    `forwarded` is the header X-Forwarded-For, to which each proxy adds at the end whom it was asked by. It is believed
    as far as it was written by addresses in the networks that are `trusted`, so nobody else can make it up.
    """
    address = _read(remote or "")
    if address is None or not _is_trusted(address, tuple(trusted)):
        return address
    for written in reversed(forwarded.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
        before = _read(written.strip())
        if before is None:
            break
        address = before
        if not _is_trusted(address, tuple(trusted)):
            break
    return address


def sender(trusted: Sequence[str]) -> Address | None:
    """The address of whoever sent the current request."""
    return client_address(request.remote_addr, request.headers.get("X-Forwarded-For", ""), trusted)


def client_key(address: Address | None) -> str:
    """What is the same for all requests of one client: the address, or the network of an IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _SUBSCRIBER_BITS), strict=False))
    return str(address)


def _read(text: str) -> Address | None:
    """An address, also in brackets, and also with a port, as some proxies write it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in trusted)


def _is_trusted(address: Address, trusted: tuple[str, ...]) -> bool:
    return any(address in network for network in _networks(trusted))
