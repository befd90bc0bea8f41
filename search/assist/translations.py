"""Which articles are translations of each other, told from what no translator changes.

Numbers, addresses that are linked to, and names in Latin letters stay the same in another language. Two articles of the
same day in different languages that share most of them are one article; two reports of the same event share some.
Checked on two archives in 8 and 17 languages, in which several articles of a day often have the same subject: see
docs/explanation/related.md.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from search.document import Document

MAX_TEXT: Final = 12_000
"""Characters of a body that are read."""
MAX_MARKUP: Final = 40_000
"""Characters of the markup that are read for links."""
NAME_SHARE: Final = 0.5
"""How much a name counts beside a number or an address: some names are translated."""
LEAST_SHARED: Final = 3.0
"""Marks that two versions must share: fewer could be chance."""
LEAST_ALIKE: Final = 0.5
"""The share of the marks that two versions have in common, at least."""
LONGEST: Final = 5.0
"""A version is at most this many times as long as the other: Chinese takes a third of German's characters."""

_NUMBER: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_NAME: Final = re.compile(r"[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f]{2,}")
_LINK: Final = re.compile(r"""href=["']?(https?://[^"'\s>?#]+)""")
_SEPARATORS: Final = str.maketrans("", "", ".,")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a translation leaves as it is: the numbers (without separators, which differ from language to language),
    the addresses linked to, and the names in Latin letters. `length` is the body's in characters."""

    numbers: frozenset[str]
    links: frozenset[str]
    names: frozenset[str]
    length: int


def marks_of(document: Document) -> Marks:
    """The marks of an article, from the beginning of its text and markup."""
    text = f"{document.title}\n{document.summary}\n{document.body[:MAX_TEXT]}"
    return Marks(
        numbers=frozenset(number for number in numbers_in(text) if len(number) > 1),
        links=frozenset(_LINK.findall(document.html[:MAX_MARKUP])),
        names=frozenset(_NAME.findall(text)),
        length=len(document.body),
    )


def numbers_in(text: str) -> frozenset[str]:
    """The numbers in a text, without separators: "1,234.5" and "1.234,5" are both "12345"."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return frozenset(number.translate(_SEPARATORS) for number in _NUMBER.findall(plain))


def are_alike(one: Marks, other: Marks) -> bool:
    """Whether two articles of one day, in different languages, are translations of each other, by their marks."""
    if max(one.length, other.length) > LONGEST * max(1, min(one.length, other.length)):
        return False
    shared = len(one.numbers & other.numbers) + len(one.links & other.links) + NAME_SHARE * len(one.names & other.names)
    # German writes each noun with a capital letter, so the names are those of the version that has fewer.
    names = min(len(one.names), len(other.names))
    mean = (len(one.numbers) + len(other.numbers) + len(one.links) + len(other.links)) / 2.0 + NAME_SHARE * names
    return shared >= LEAST_SHARED and shared >= LEAST_ALIKE * mean
