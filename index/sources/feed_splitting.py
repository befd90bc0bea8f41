"""Cuts an RSS or Atom feed into its entries without reading what is in them, so that a long one needs no memory.

What is cut is bytes: the beginning of the feed, one entry, and the end tags make a feed of one entry, which can be
read in another process.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from index.sources.encoding import text_encoding
from index.sources.files import Input

MAX_ENTRY: Final = 4 * 2**20
"""Bytes of one entry, and of any one piece of markup in it."""
MAX_BEGINNING: Final = 65_536
"""Bytes before the first entry that are kept for each; of a longer beginning only the start tags are."""
MAX_DEPTH: Final = 200
MAX_ATTRIBUTES: Final = 200
"""Of one element; feedparser takes quadratic time over them."""
MAX_REST: Final = 2 * 2**20
"""Bytes that are read of a feed which is not well-formed, from the entry on in which that shows."""

_ENTRIES: Final = frozenset({"item", "entry"})
_CHUNK: Final = 65_536
_TAG: Final = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_DECLARATION: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?((?:\s|<!--(?s:.{0,4000}?)-->){0,50})"""
    rb"""<\?xml(?:[^>]{1,100}?encoding\s*=\s*["']([\w.:-]{2,40})["'])?[^>]{0,100}\?>"""
)
_FIRST: Final = re.compile(rb"<\w")
_ENTITY: Final = re.compile(rb"""\n?<!ENTITY\s{1,20}\w{1,40}\s{1,20}"(?:[^"&<%]{0,32}|&#\w{1,8};)"\s{0,20}>""")
_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Cut:
    """One entry as a feed of its own, with its number from 1, or the reason why it is not read."""

    number: int
    feed: bytes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """The feed from where it is not well-formed, as far as it is read, and what is wrong with it there.

    `number` is that of its first entry. `is_cut_off`: the feed ends where it should not.
    """

    number: int
    feed: bytes
    reason: str
    is_cut_off: bool


class _Wrong(Exception):
    """The markup is more than can be followed."""


def cut_feed(head: bytes, source: Input) -> Iterator[Cut | Rest]:
    """The entries of a feed, in order; a Rest comes last, if there is one. Raises as `Input.read` does.

    `head` are the first bytes, which were taken from `source` before.
    """
    chunks = _in_utf8(head, source)
    cutter = _Cutter()
    try:
        for chunk in chunks:
            yield from cutter.take(chunk)
        yield from cutter.take(b"")
    except (expat.ExpatError, _Wrong) as error:
        yield from cutter.waiting
        yield cutter.rest(chunks, _reason(error))


@dataclass(slots=True)
class _Cutter:
    """Follows the elements of one feed, and keeps the bytes that may still be needed.

    `kept` are the bytes from `offset` on. `open` are the elements outside entries with their start tags; the first one
    begins at `root`. `start` and `level` are where the entry that is being read begins and how deep it is; for `reason`
    it will not be read. `done` is the end of the last one.
    """

    parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("utf-8"))
    kept: bytearray = field(default_factory=bytearray)
    offset: int = 0
    fed: int = 0
    depth: int = 0
    open: list[tuple[str, bytes]] = field(default_factory=list)
    root: int = 0
    beginning: bytes = b""
    is_short: bool = False
    ending: bytes = b""
    number: int = 0
    start: int | None = None
    level: int = 0
    reason: str = ""
    done: int = 0
    waiting: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._declare

    def take(self, chunk: bytes) -> list[Cut]:
        """The entries that end in `chunk`; b"" is the end of the feed. Raises ExpatError and _Wrong."""
        self.kept += chunk
        self.fed += len(chunk)
        self.waiting = []
        self.parser.Parse(chunk, not chunk)
        if self.fed - self.parser.CurrentByteIndex > MAX_ENTRY:
            raise _Wrong(f"a tag or a comment is longer than {MAX_ENTRY // 2**20} MiB")
        self._forget()
        return self.waiting

    def rest(self, chunks: Iterator[bytes], reason: str) -> Rest:
        """What has not been given."""
        begun = self.start if self.start is not None else max(self.done, self.offset)
        data = bytearray(self.beginning if self.number else b"") + self.kept[begun - self.offset :]
        for chunk in chunks:
            if len(data) > MAX_REST:
                reason = f"{reason}; only {MAX_REST // 2**20} MiB are read from there on"
                break
            data += chunk
        is_cut_off = (
            re.search(rb"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*(?:<!--.{0,2000}-->\s*)?$", data[-3_000:], re.S) is None
        )
        whole = _with_plain_prolog(bytes(data[:MAX_REST]))
        return Rest(self.number + (self.start is None), whole, reason, is_cut_off)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if len(attributes) > MAX_ATTRIBUTES:
            self.reason = f"an element has more than {MAX_ATTRIBUTES} attributes"
            if self.start is None:
                raise _Wrong(self.reason)
        if self.depth > MAX_DEPTH:
            raise _Wrong(f"elements are nested more than {MAX_DEPTH} deep")
        if self.start is not None:
            return
        here = self.parser.CurrentByteIndex
        if self.depth == 1:
            self.root = here
        if 2 <= self.depth <= 3 and name.rpartition(":")[2] in _ENTRIES:
            self._begin_entry(here)
        elif self.depth <= 2:
            self.open.append((name, self._tag(here)))

    def _begin_entry(self, here: int) -> None:
        self.number += 1
        self.start, self.level, self.reason = here, self.depth, ""
        if not self.beginning:
            tags = b"".join(tag for _, tag in self.open)
            self.beginning = tags if self.is_short else bytes(self.kept[self.root - self.offset : here - self.offset])
            self.ending = b"".join(f"</{name}>".encode() for name, _ in reversed(self.open))

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.start is None:
            del self.open[self.depth :]
        elif self.depth < self.level:
            here = self.parser.CurrentByteIndex
            tag = self._tag(here)
            self.done = here + (len(tag) if tag.startswith(f"</{name}".encode()) else 0)
            entry = self.kept[self.start - self.offset : self.done - self.offset]
            feed = b"" if self.reason else self.beginning + entry + self.ending
            self.waiting.append(Cut(self.number, feed, self.reason))
            self.start = None

    def _declare(self, *_: object) -> None:
        raise _Wrong("it declares entities")

    def _tag(self, here: int) -> bytes:
        found = _TAG.match(self.kept, here - self.offset)
        return found[0] if found else b""

    def _forget(self) -> None:
        here = max(self.done, self.parser.CurrentByteIndex)
        if self.start is not None:
            if self.offset + len(self.kept) - self.start > MAX_ENTRY:
                self.reason = f"an entry of more than {MAX_ENTRY // 2**20} MiB"
            here = here if self.reason else self.start
        elif not self.number:
            self.is_short = self.is_short or len(self.kept) > MAX_BEGINNING
            here = here if self.is_short else 0
        del self.kept[: max(0, here - self.offset)]
        self.offset = max(self.offset, here)


def _reason(error: Exception) -> str:
    if isinstance(error, expat.ExpatError):
        return f"line {error.lineno}: {expat.ErrorString(error.code)}"
    return str(error)


def _with_plain_prolog(feed: bytes) -> bytes:
    """The feed with nothing before its first element but its declaration, and short entities that stand for text."""
    first = _FIRST.search(feed)
    before, rest = (feed[: first.start()], feed[first.start() :]) if first else (b"", feed)
    declaration = _DECLARATION.match(before)
    entities = b"".join(_ENTITY.findall(before[:MAX_BEGINNING]))
    prolog = declaration[0][len(declaration[1]) :] if declaration else b""
    return prolog + (b"<!DOCTYPE feed [" + entities + b"\n]>" if entities else b"") + rest


def _in_utf8(chunk: bytes, source: Input) -> Iterator[bytes]:
    """The bytes in UTF-8, from the encoding that a byte order mark or the XML declaration names."""
    before = _DECLARATION.match(chunk)
    declared = before[2].decode("ascii") if before and before[2] else ""
    # What is declared in single bytes cannot be an encoding of two or four.
    label = _MARKS.get(chunk[:2]) or ("utf-8" if declared.lower().startswith(("utf-16", "utf-32", "ucs")) else declared)
    decoder = _decoder(label)
    if decoder:
        yield codecs.BOM_UTF8  # so that nobody believes the declaration any more
    elif before and before[1]:  # nothing may stand before a declaration, and often something does
        chunk = chunk[before.end() :]
    while chunk:
        yield decoder.decode(chunk).lstrip("\ufeff").encode() if decoder else chunk
        chunk = source.read(_CHUNK)


def _decoder(label: str) -> codecs.IncrementalDecoder | None:
    """What turns the encoding into text; None for UTF-8 and for what is unknown, which is left to whoever reads it."""
    encoding = text_encoding(label)
    return None if encoding in (None, "utf-8", "ascii") else codecs.getincrementaldecoder(encoding)("replace")
