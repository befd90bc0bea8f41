"""By what an answer is known again, so that a later run asks only for what has changed (RFC 9110, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from index.fetching.sites import Fetched

MAX_VALUE: Final = 1_000
"""Characters of a validator that are kept; a longer one is not used."""


@dataclass(frozen=True, slots=True)
class Validator:
    """What tells whether the answer from an address is the same; "" for what the server does not state.

    `etag` and `modified` are its headers `ETag` and `Last-Modified`; `listed` is the date that a site map had for it.
    """

    etag: str = ""
    modified: str = ""
    listed: str = ""

    def headers(self) -> dict[str, str]:
        """Those of a request that wants an answer only if it is another one."""
        pairs = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in pairs.items() if value}

    def as_json(self) -> dict[str, str]:
        """What is stated, as it is remembered."""
        return {name: value for name, value in asdict(self).items() if value}


def validator_of(fetched: Fetched, listed: str = "") -> Validator:
    """The validator of an answer."""
    return Validator(_usable(fetched.headers, "etag"), _usable(fetched.headers, "last-modified"), listed[:MAX_VALUE])


def read_validator(remembered: object) -> Validator | None:
    """A validator as `as_json` gave it; None if it is not one."""
    if not isinstance(remembered, dict):
        return None
    return Validator(*(str(remembered.get(name, "")) for name in ("etag", "modified", "listed")))


def _usable(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    return value if len(value) <= MAX_VALUE and value.isascii() and value.isprintable() else ""
