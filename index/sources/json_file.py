"""JSON files: an array of articles, or one article after another, as exports write them.

Only where each article begins and ends is looked for here, so that a file of any size takes little memory and the
articles are parsed where the others are prepared. One that cannot be parsed costs only itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from index.article import Record
from index.sources.files import Input, open_input
from index.sources.jsonl import MAX_LINE, ArticleText
from index.sources.reading import Reading
from index.sources.unmet_mapping import watching
from search.errors import SourceError

MAX_DEPTH: Final = 200
"""Levels of nesting in one article."""

_CHUNK: Final = 2**18
# A whole string, or what opens, closes or separates values; a quote alone is a string that is not complete yet.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)


def read_elements(name: str, reading: Reading) -> Iterator[Record | SourceError]:
    """The articles in order. Raises SourceError if there is none, or if the file breaks off."""
    found = False
    with open_input(name) as source:
        texts = enumerate(split_values(source, name), 1)
        records = (ArticleText(text, name, number, reading, sign="#") for number, text in texts)
        for record in watching(records, name, reading.mapping):
            found = True
            yield record
    if not found:
        raise SourceError(name, "holds no JSON object; an article is an object, several are an array")


def split_values(source: Input, name: str) -> Iterator[bytes]:
    """The text of each element of an array, or of each value that stands one after another.

    Of what is longer than MAX_LINE only that much is kept. Raises SourceError if there is no text, or if it ends inside
    a value.
    """
    splitter = _Splitter()
    # The beginning of a text is looked at again with each piece, so pieces grow with it.
    while chunk := source.read(max(_CHUNK, splitter.pending)):
        yield from splitter.split(chunk)
        if splitter.depth > MAX_DEPTH:
            raise SourceError(name, f"nested more than {MAX_DEPTH} deep; what stood before was read")
        if splitter.pending > 2 * MAX_LINE:
            raise SourceError(name, f"not JSON: a text in it is longer than {MAX_LINE // 2**20} MiB")
    if not source.given:
        raise SourceError(name, "the file is empty")
    if splitter.is_inside:
        raise SourceError(name, "the file ends inside an article; what stood before was read")


class _Splitter:
    """Follows brackets outside strings; `depth` is how many are open."""

    def __init__(self) -> None:
        self.depth = 0
        self._buffer = b""
        self._scanned = 0
        self._base: int | None = None
        self._start: int | None = None

    @property
    def pending(self) -> int:
        """Bytes of a text whose end has not come."""
        return len(self._buffer) - self._scanned

    @property
    def is_inside(self) -> bool:
        """A value, or the array around the values, is not closed."""
        return self.depth > 0

    def split(self, chunk: bytes) -> Iterator[bytes]:
        """The values that are complete once `chunk` has come."""
        self._buffer += chunk
        if self._base is None:
            text = self._buffer.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not text:
                return
            self._base = 1 if text.startswith(b"[") else 0
        for token in _TOKEN.finditer(self._buffer, self._scanned):
            mark = token[0][:1]
            if mark == b'"' and len(token[0]) == 1:
                self._scanned = token.start()
                break
            self._scanned = token.end()
            if mark in b"[{":
                self._open(token.start())
            elif mark in b"]}":
                yield from self._close(token.end())
            if self.depth > MAX_DEPTH:
                return
        else:
            self._scanned = len(self._buffer)
        self._forget()

    def _open(self, position: int) -> None:
        if self.depth == self._base and self._start is None:
            self._start = position
        self.depth += 1

    def _close(self, end: int) -> Iterator[bytes]:
        self.depth = max(0, self.depth - 1)
        if self.depth == self._base and self._start is not None:
            yield self._buffer[self._start : end]
            self._start = None

    def _forget(self) -> None:
        """Drops what has been split off, and the middle of a value that is longer than any article may be."""
        kept = self._scanned if self._start is None else self._start
        if self._start is not None and self._scanned - kept > MAX_LINE + _CHUNK:
            self._buffer = self._buffer[kept : kept + MAX_LINE + 1] + self._buffer[self._scanned :]
            self._start, self._scanned = 0, MAX_LINE + 1
            return
        self._buffer = self._buffer[kept:]
        self._scanned -= kept
        self._start = None if self._start is None else 0
