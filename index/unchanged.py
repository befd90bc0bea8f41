"""Files that have not changed since a run read them to their end: a run passes them over.

A file is known by the digest of its bytes, not by its time, which copying and unpacking change. It counts as read only
if each of its articles went into the index; drafts, failures and embargoes are looked at again in every run.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import index

_READERS: Final = ("backfile", "trafilatura", "lxml", "cmarkgfm", "warcio", "brotli")
"""What decides how an input is read, beside our own code."""


@runtime_checkable
class Digested(Protocol):
    """A source that is a file and nothing else, so that the same bytes give the same articles."""

    def digest(self) -> str | None:
        """A digest of its bytes and of what it was told about reading them; None if that cannot be had."""
        ...


def digest_of(source: object, *told: str) -> str | None:
    """What a source is known by, if it is a file; `told` is what the run says about reading all of them."""
    own = source.digest() if isinstance(source, Digested) else None
    if own is None:
        return None
    return hashlib.blake2b("\0".join((own, *told, _readers())).encode(), digest_size=16).hexdigest()


@cache
def _readers() -> str:
    """A digest of the code that reads inputs: an update may read the same file in another way."""
    found = hashlib.blake2b(digest_size=16)
    for name in _READERS:
        try:
            found.update(version(name).encode())
        except PackageNotFoundError:
            continue
    for file in sorted(Path(str(index.__file__)).parent.rglob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()
