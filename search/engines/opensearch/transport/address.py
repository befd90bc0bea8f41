"""The URL of an archive on a cluster: `opensearch://host:9200,host2:9200/name?shards=3&replicas=1`.

A password in a URL is accepted, but it never comes out again: neither `str` nor `repr` of an `Address` nor an error
shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from search.errors import ConfigError
from search.settings import HIDDEN, nearest

DEFAULT_PORT: Final = 9200
MAX_HOSTS: Final = 64
MAX_URL_LENGTH: Final = 2_000
MAX_NAME_BYTES: Final = 240
"""OpenSearch allows 255 bytes; ours are followed by a number or by one of `OWN_SUFFIXES`."""

OWN_SUFFIXES: Final = ("-lease", "-vectors")
"""The names of an archive's other indices end so; no archive may be called so."""

EXAMPLE: Final = "opensearch://localhost:9200/archive?shards=3&replicas=1"

_FORBIDDEN: Final = re.compile(r'[\\/*?"<>| ,#:@%]')
_NUMBERED: Final = re.compile(r"-[0-9]{6,}$")
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?")


@dataclass(frozen=True, slots=True)
class Host:
    """One node of the cluster: a name or an IP address (IPv6 without brackets), and its port."""

    name: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an archive is, how its indices are made, and how long to wait for an answer.

    `shards` and `replicas` are used when an index is made. `keep_seconds`: how long replaced articles stay readable for
    searchers that are open. `timeout_seconds`: the longest time of a request that has no limit of its own. `partial`:
    answers from which shards are missing are given, with a mark, instead of being refused.
    `user` and `password` are those of the URL, empty if it has none.
    """

    hosts: tuple[Host, ...]
    name: str
    secure: bool = False
    shards: int = 1
    replicas: int = 1
    keep_seconds: float = 600.0
    timeout_seconds: float = 10.0
    partial: bool = False
    user: str = field(default="", repr=False, compare=False)
    password: str = field(default="", repr=False, compare=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """The address that a URL states. Raises ConfigError, which says what would be valid and shows no secret."""
        if len(url) > MAX_URL_LENGTH or not url.isprintable():
            raise ConfigError(f"the URL of an archive is at most {MAX_URL_LENGTH:,} printable characters")
        scheme, _, rest = url.partition("://")
        if scheme.lower() not in ("opensearch", "opensearchs") or not rest:
            raise ConfigError(f"this is no URL of an archive on OpenSearch; write for example {EXAMPLE}")
        # Up to the last @ whatever is before it, so that no part of a password is ever taken for something to show.
        login, at, rest = rest.rpartition("@")
        user, password = _login(login) if at else ("", "")
        if "#" in rest:
            raise ConfigError("the URL of an archive on OpenSearch has no part behind a #")
        place, _, query = rest.partition("?")
        hosts, _, path = place.partition("/")
        return cls(
            hosts=_hosts(hosts),
            name=_archive_name(path),
            secure=scheme.lower() == "opensearchs",
            user=user,
            password=password,
            **_options(query),
        )

    @property
    def scheme(self) -> str:
        """The scheme of `url`, which is the name of the engine too."""
        return "opensearchs" if self.secure else "opensearch"

    @property
    def url(self) -> str:
        """The URL, without user and password and without options that have their defaults."""
        options = [f"{name}={option.written(self)}" for name, option in OPTIONS.items() if option.differs(self)]
        query = "?" + "&".join(options) if options else ""
        return f"{self.scheme}://{','.join(map(str, self.hosts))}/{self.name}{query}"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class _Option:
    field: str
    read: Callable[[str], Any]

    def differs(self, address: Address) -> bool:
        default = Address.__dataclass_fields__[self.field].default
        return bool(getattr(address, self.field) != default)

    def written(self, address: Address) -> str:
        value = getattr(address, self.field)
        return {True: "allow", False: "refuse"}[value] if isinstance(value, bool) else f"{value:g}"


def _whole(name: str, least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ConfigError(f"{name}={text[:40]}: must be a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(name: str, least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or not least <= float(text) <= most:
            raise ConfigError(f"{name}={text[:40]}: must be a number of seconds from {least:g} to {most:g}")
        return float(text)

    return read


def _choice(text: str) -> bool:
    if text not in ("allow", "refuse"):
        raise ConfigError(f"partial={text[:40]}: must be allow or refuse")
    return text == "allow"


OPTIONS: Final = {
    "shards": _Option("shards", _whole("shards", 1, 1024)),
    "replicas": _Option("replicas", _whole("replicas", 0, 64)),
    "keep": _Option("keep_seconds", _seconds("keep", 0, 604_800)),
    "timeout": _Option("timeout_seconds", _seconds("timeout", 0.1, 600)),
    "partial": _Option("partial", _choice),
}
"""What may stand behind the question mark."""


def _options(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
        if name not in OPTIONS:
            # The value is not repeated: somebody may have written a password there.
            raise ConfigError(f"unknown option {name[:40]!r} in the index URL; {nearest(name[:40], tuple(OPTIONS))}")
        option = OPTIONS[name]
        if option.field in found:
            raise ConfigError(f"the option {name} stands twice in the index URL")
        found[option.field] = option.read(value)
    return found


def _login(text: str) -> tuple[str, str]:
    user, _, password = text.partition(":")
    if HIDDEN in (user, password):
        raise ConfigError(
            f"user and password are hidden in this URL ({HIDDEN}); leave that part out and set "
            "BACKFILE_OPENSEARCH_USER and BACKFILE_OPENSEARCH_PASSWORD"
        )
    if not user or re.search(r"[/?#@:]", password):
        raise ConfigError(
            "before the @ of an index URL stands USER or USER:PASSWORD; write / ? # @ : in them as %2F %3F %23 %40 %3A"
        )
    return unquote(user), unquote(password)


def _hosts(text: str) -> tuple[Host, ...]:
    if not text:
        raise ConfigError(f"the index URL names no host; write for example {EXAMPLE}")
    hosts = tuple(dict.fromkeys(_host(part) for part in text.split(",")))
    if len(hosts) > MAX_HOSTS:
        raise ConfigError(f"the index URL names more than {MAX_HOSTS} hosts; a few of a cluster suffice")
    return hosts


def _host(text: str) -> Host:
    name, port = _split_host(text)
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ConfigError("a port in the index URL is no number from 1 to 65535")  # not shown: it may be a password
    return Host(name.lower(), int(port))


def _split_host(text: str) -> tuple[str, str]:
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text):
        try:
            name = str(IPv6Address(bracketed[1]))
        except ValueError as error:
            raise ConfigError(f"[{bracketed[1][:60]}] is no IPv6 address") from error
        return name, bracketed[2] if bracketed[2] is not None else str(DEFAULT_PORT)
    name, colon, port = text.partition(":")
    if ":" in port:
        raise ConfigError("an IPv6 address stands in brackets in the index URL: opensearch://[::1]:9200/archive")
    if not _HOST.fullmatch(name):
        raise ConfigError(
            "the index URL names a host that is none; write for example "
            f"{EXAMPLE}, with special characters of a password as %XX"
        )
    return name, port if colon else str(DEFAULT_PORT)


def _archive_name(path: str) -> str:
    name = unquote(path, errors="replace").removesuffix("/")
    if not name:
        raise ConfigError(f"the index URL names no archive; write for example {EXAMPLE}")
    wrong = _wrong_with(name)
    if wrong:
        raise ConfigError(f"the archive cannot be called {name[:60]!r} on OpenSearch: {wrong}")
    return name


def _wrong_with(name: str) -> str | None:
    # https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions, and our own.
    if name != name.lower():
        return f"the name is written in lower case; did you mean {name.lower()[:60]}?"
    if not name.isprintable() or "\ufffd" in name:
        return "it holds control characters, or bytes that are not UTF-8"
    if found := _FORBIDDEN.search(name):
        return f"the name of an index holds no {found[0]!r}" + (", and no path" if found[0] == "/" else "")
    if name[0] in "-_+.":
        return f"the name begins with {name[0]!r}; begin it with a letter or a digit"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"the name is longer than {MAX_NAME_BYTES} bytes"
    if name.endswith(OWN_SUFFIXES) or _NUMBERED.search(name):
        return "names that end in -lease, -vectors or a number of six digits are those of an archive's own indices"
    return None
