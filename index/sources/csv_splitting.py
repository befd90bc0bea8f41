"""Cuts a CSV file (RFC 4180) into its rows, as text, with limits for everything that can be endless in it.

A quote opens only where a field begins, as spreadsheets have it, and one that is never closed costs only its line.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from index.sources.encoding import encoding_of
from index.sources.files import Input

MAX_ROW: Final = 16 * 2**20
"""Characters of one row; a longer one is skipped."""
MAX_LINES: Final = 100_000
"""Lines of one row."""
DELIMITERS: Final = ",;\t|"

_SAMPLE: Final = 2**18
_CHUNK: Final = 2**16
# The rest of a field in quotes: doubled quotes stand for one.
_QUOTED: Final = re.compile(r'[^"]*+(?:""[^"]*+)*+"')
_OPENING: Final = {mark: re.compile(rf'(?:^|{re.escape(mark)}) *"') for mark in DELIMITERS}


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file, from line `number` on. `fault` says why it cannot be read, else ""."""

    number: int
    text: str
    fault: str = ""


def delimiter_of(header: str) -> str:
    """The character that stands between the fields: the one that is most often outside quotes."""
    bare = re.sub(r'"[^"]*+(?:""[^"]*+)*+"', "", header[:_SAMPLE])
    return max(DELIMITERS, key=bare.count)


def first_line(head: bytes) -> str:
    """The first line that is not blank, of the first bytes of a file."""
    text = head.decode(encoding_of(head), "replace").lstrip("\ufeff\r\n \t")
    return re.split(r"[\r\n]", text, maxsplit=1)[0]


def split_rows(source: Input) -> Iterator[Row]:
    """Every row that is not blank; the first is the header. Raises as `Input.read` does."""
    sample = source.read(_SAMPLE)
    lines = _Lines(source, sample)
    splitter: _Splitter | None = None
    while (line := lines.take()) is not None:
        if not line.strip():
            continue
        splitter = splitter or _Splitter(lines, delimiter_of(line))
        yield splitter.row(line)


class _Lines:
    """The lines of a file with their ends. `number` is that of the last one taken."""

    def __init__(self, source: Input, sample: bytes) -> None:
        encoding = encoding_of(sample)
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._end = "\n" if "\n" in (first := self._decoder.decode(sample)) or "\r" not in first else "\r"
        self._buffer, self._position = first.removeprefix("\ufeff"), 0
        self._again: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        """The next line, cut after MAX_ROW characters; None at the end."""
        line = self._again.popleft() if self._again else self._read()
        self.number += line is not None
        return line

    def put_back(self, lines: list[str]) -> None:
        """These are to be taken again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> str | None:
        parts: list[str] = []
        size = 0
        while True:
            end = self._buffer.find(self._end, self._position) + 1
            part = self._buffer[self._position : end or None]
            self._position = end or len(self._buffer)
            if size <= MAX_ROW:  # what is too long is skipped anyway
                parts.append(part)
                size += len(part)
            if end or not self._fill():
                return "".join(parts) or None

    def _fill(self) -> bool:
        data = self._source.read(_CHUNK)
        self._buffer, self._position = self._decoder.decode(data, final=not data), 0
        return bool(data or self._buffer)


class _Splitter:
    """Puts lines together to rows."""

    def __init__(self, lines: _Lines, delimiter: str) -> None:
        self._lines = lines
        self._opening = _OPENING[delimiter]

    def row(self, line: str) -> Row:
        """The row that begins with a line."""
        number = self._lines.number
        if len(line) > MAX_ROW:
            return Row(number, "", f"longer than {MAX_ROW // 2**20} Mi characters; it was skipped")
        parts = [line]
        size = len(line)
        is_open = self._is_open(line, inside=False)
        while is_open:
            more = self._lines.take()
            if more is None or size + len(more) > MAX_ROW or len(parts) >= MAX_LINES:
                self._lines.put_back([*parts[1:], *([] if more is None else [more])])
                return Row(number, "", "a quote is opened and not closed; the line was skipped")
            parts.append(more)
            size += len(more)
            is_open = self._is_open(more, inside=True)
        return Row(number, "".join(parts))

    def _is_open(self, line: str, *, inside: bool) -> bool:
        """Whether a quote is open at the end of a line."""
        position = 0
        while True:
            if not inside:
                opening = self._opening.search(line, position)
                if opening is None:
                    return False
                position = opening.end()
            closing = _QUOTED.match(line, position)
            if closing is None:
                return True
            position, inside = closing.end(), False
