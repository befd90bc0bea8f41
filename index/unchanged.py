"""Files that have not changed since a run read them to their end: a run passes them over.

A file is known by the digest of its bytes, not by its time, which copying and unpacking change. It counts as read only
if each of its articles went into the index or had been taken down; drafts, failures and embargoes are looked at again
in every run.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import index
import search

_READERS: Final = (
    *("backfile", "trafilatura", "htmldate", "lxml", "cmarkgfm", "warcio", "brotli"),
    *("feedparser", "PyYAML", "charset-normalizer", "py3langid"),
)
"""What decides how an input is read, beside our own code."""
_OF_SEARCH: Final = ("analysis/stop_words.py", "document.py", "sections.py")
"""The code of the package `search` that decides what is read, such as the language or the sections of an article."""


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
    own = sorted(Path(str(index.__file__)).parent.rglob("*.py"))
    shared = (Path(str(search.__file__)).parent / name for name in _OF_SEARCH)
    for file in (*own, *shared):
        found.update(file.read_bytes())
    return found.hexdigest()
