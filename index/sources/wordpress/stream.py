"""Opens an export as a stream of bytes that are UTF-8 or at least like ASCII, with what its first lines say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

START: Final = 65_536
"""Bytes in which the root element must begin; WordPress writes about 1,500 bytes of comments before it."""

Read = Callable[[int], bytes]

_WIDE: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ROOT: Final = re.compile(rb"<rss\b[^<>]*>")
_SPACE: Final = re.compile(rb"""\bxmlns:([A-Za-z_][\w.-]{0,40})\s*=\s*(["'])([^"'<>&]{1,300})\2""")
_SPACES: Final = {
    b"content": b"http://purl.org/rss/1.0/modules/content/",
    b"dc": b"http://purl.org/dc/elements/1.1/",
    b"excerpt": b"http://wordpress.org/export/1.2/excerpt/",
}
_PREFIX: Final = re.compile(
    rb"""xmlns:([\w-]{1,40})\s*=\s*["']https?://(?:www\.)?wordpress\.org/export/[\d.]{1,9}/?["']"""
)
_ENCODING: Final = re.compile(rb"""<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w-]{2,40})""")


@dataclass(frozen=True, slots=True)
class Stream:
    """An export from its first byte on; a start tag for its root, with its namespaces; and the prefix of WordPress.

    `encoding` is what the file says it is in, for items that are no UTF-8; "" if it says nothing of use.
    """

    read: Read
    root: bytes
    prefix: str
    encoding: str


def begins_export(head: bytes) -> bool:
    """The first bytes of a file are those of an export."""
    wide = _wide(head)
    text = head.decode(wide, "ignore").encode() if wide else head
    return b"<rss" in text and _PREFIX.search(text) is not None


def open_stream(read: Read) -> Stream | None:
    """The export that `read` gives (at most so many bytes, b"" at the end); None if it is none."""
    first = _beginning(read)
    wide = _wide(first)
    if wide:
        read = _in_utf8(_after(first, read), wide)
        first = _beginning(read)
    prefix, encoding = _PREFIX.search(first), _ENCODING.search(first)
    if not _ROOT.search(first) or not prefix:
        return None
    stated = "" if wide or not encoding else encoding[1].decode("ascii", "replace")
    return Stream(_after(first, read), _root(first), prefix[1].decode("ascii", "replace"), stated)


def _beginning(read: Read) -> bytes:
    """The first bytes, until there is the whole tag of the root in them; at most about START."""
    first = b""
    while len(first) < START and not _ROOT.search(first) and (some := read(START)):
        first += some
    return first


def _root(first: bytes) -> bytes:
    """A start tag with the namespaces of the file and those that it should have, whatever else is wrong with it."""
    spaces = _SPACES | {match[1]: match[3] for match in _SPACE.finditer(first)}
    return b"<rss " + b" ".join(b'xmlns:%b="%b"' % space for space in spaces.items()) + b">"


def _wide(data: bytes) -> str:
    return next((name for mark, name in _WIDE if data.startswith(mark)), "")


def _after(first: bytes, read: Read) -> Read:
    """Gives `first` before all else."""
    waiting = [first] if first else []

    def go_on(size: int) -> bytes:
        return waiting.pop() if waiting else read(size)

    return go_on


def _in_utf8(read: Read, encoding: str) -> Read:
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def go_on(size: int) -> bytes:
        while data := read(size):
            if text := decoder.decode(data):
                return text.encode("utf-8", "replace")
        return decoder.decode(b"", final=True).encode("utf-8", "replace")

    return go_on
