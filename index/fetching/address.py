"""Addresses of the web, taken apart strictly: what is checked is what is connected to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from index.fetching.errors import FetchError

MAX_ADDRESS: Final = 8_000
PORTS: Final = {"http": 80, "https": 443}

_UNUSABLE: Final = re.compile(r"[\x00-\x20\x7f\\]")
_HOST: Final = re.compile(r"[0-9a-z_]([0-9a-z_.-]*[0-9a-z_])?|[0-9a-f]*:[0-9a-f:.]*(%25[0-9a-z]+)?", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\](:[0-9]*)?")
# What RFC 3986 allows in a path or a query; "%" is kept, so that what is escaped already stays as it is.
_KEPT: Final = "%/:@!$&'()*+,;=~?[]|^"


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address. `host` is in lower case and in ASCII, an IPv6 one without its brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def place(self) -> str:
        """Host and port, as they stand in an address; the port only if it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def site(self) -> str:
        """Scheme, host and port: what has its own robots.txt, and what secrets may be sent to (RFC 6454)."""
        return f"{self.scheme}://{self.place}"

    @property
    def url(self) -> str:
        """All of it as text."""
        return f"{self.site}{self.target}"


def read_address(text: str) -> Address:
    """The address in `text`, without its fragment. Raises FetchError if it is not one that may be asked for."""
    shown = without_login(text)
    parts = _split(text, shown)
    if parts.scheme not in PORTS:
        raise FetchError(shown, "not an address of the web; it must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise FetchError(shown, "the address holds a user or a password, which would be shown; leave them out")
    path = quote(parts.path or "/", safe=_KEPT)
    target = f"{path}?{quote(parts.query, safe=_KEPT)}" if parts.query else path
    return Address(parts.scheme, _host(parts, shown), parts.port or PORTS[parts.scheme], target)


def follow(base: Address, location: str) -> Address:
    """The address that a redirect from `base` leads to. Raises FetchError."""
    try:
        # Headers come as Latin-1, but what servers put into this one is UTF-8 if it is not ASCII.
        text = location.strip().encode("latin-1").decode("utf-8", "replace")
        joined = urljoin(base.url, text.replace(" ", "%20"))
    except ValueError as error:
        raise FetchError(base.url, "redirects to something that is not an address") from error
    return read_address(joined)


def without_login(text: str) -> str:
    """The address as it may be shown: without user and password, control characters escaped, and cut."""
    shown = re.sub(r"^(\s*[a-z][a-z0-9+.-]*:[/\\]*)[^/?#]*@", r"\1***@", text[:MAX_ADDRESS], flags=re.IGNORECASE)
    shown = shown if shown.isprintable() else ascii(shown)[1:-1]
    return shown if len(shown) <= 500 else f"{shown[:500]}…"


def _split(text: str, shown: str) -> SplitResult:
    if len(text) > MAX_ADDRESS:
        raise FetchError(shown, f"the address is longer than {MAX_ADDRESS:,} characters")
    if _UNUSABLE.search(text):
        raise FetchError(shown, "the address holds spaces, backslashes or control characters")
    try:
        parts = urlsplit(text)
        if parts.port == 0:
            raise ValueError("port 0")  # noqa: TRY301 - as any other port that is out of range
    except ValueError as error:
        raise FetchError(shown, "not an address: its host or its port cannot be read") from error
    # Some versions of Python read "[::1].news.example" as "::1".
    if not {"[", "]"}.isdisjoint(parts.netloc) and parts.username is None and not _BRACKETS.fullmatch(parts.netloc):
        raise FetchError(shown, "not an address: its host cannot be read")
    return parts


def _host(parts: SplitResult, shown: str) -> str:
    # Browsers read an escaped host as what it stands for.
    name = unquote(parts.hostname or "") if ":" not in (parts.hostname or "") else (parts.hostname or "")
    try:
        host = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise FetchError(shown, "the host of the address is not a name that can be looked up") from error
    host = host.lower().removesuffix(".")
    if not host or len(host) > 253 or not _HOST.fullmatch(host):
        raise FetchError(shown, "the host of the address is not a name that can be looked up")
    return host
