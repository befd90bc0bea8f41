"""JSON Lines: one article a line, plain or gzip. The keys are described in docs/reference/formats.md.

A line that cannot be read costs only that line, and the message has its number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.article import Article, Record, Withdrawal, read_record
from index.sources.fields import article_of
from index.sources.files import Input, open_input
from index.sources.reading import Reading
from index.sources.unmet_mapping import watching
from search.errors import SourceError
from search.records import sent

MAX_LINE = 16 * 2**20
"""Bytes of one line; a longer one is reported and skipped."""

# Ids beyond 64 bits stay text: int() of a long run of digits costs quadratic time and is refused by Python.
_DECODER = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) < 19 else digits)

HOPELESS = 100
"""If none of this many first lines is an article, the file is not JSON Lines."""


@sent
@dataclass(frozen=True, slots=True)
class ArticleText:
    """The text of one article in a file of JSON; see `index.article.Record`.

    `sign` stands between the file and the number: ":" before that of a line, "#" before that of an article.
    """

    text: bytes
    file: str
    number: int
    reading: Reading
    sign: str = ":"

    @property
    def origin(self) -> str:
        """The file and the number in it, from 1."""
        return f"{self.file}{self.sign}{self.number}"

    @property
    def weight(self) -> int:
        """Its bytes."""
        return len(self.text)

    def read(self) -> Article | Withdrawal:
        """The article. Raises SourceError."""
        place = f"{self.reading.place(self.file)}{self.sign}{self.number}"
        return parse_line(self.text, self.origin, place, self.reading)


def read_lines(name: str, reading: Reading) -> Iterator[Record | SourceError]:
    """Every line that is not blank, in order.

    Raises SourceError if the file is missing, empty, binary or not JSON Lines, or if it breaks off.
    """
    empty = True
    with open_input(name) as source:
        records = _not_hopeless(_lines(source, name, reading), name)
        for record in watching(records, name, reading.mapping):
            empty = False
            yield record
    if empty:
        raise SourceError(name, "the file is empty")


def _lines(source: Input, name: str, reading: Reading) -> Iterator[ArticleText]:
    for number, line in enumerate(_bounded_lines(source), 1):
        if number == 1:
            _check_beginning(line, name)
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield ArticleText(line, name, number, reading)


def _not_hopeless(lines: Iterator[ArticleText], name: str) -> Iterator[ArticleText | SourceError]:
    """The lines. Those up to the first article are read here already, to recognise a file of another format."""
    for line in lines:
        try:
            read_record(line)
        except SourceError as error:
            if line.number >= HOPELESS:
                raise SourceError(
                    name, f"not JSON Lines: none of its first {line.number} lines is an article"
                ) from error
            yield error
        else:
            yield line
            break
    yield from lines


def parse_line(line: bytes, origin: str, place: str, reading: Reading) -> Article | Withdrawal:
    """The article in one line. Raises SourceError with the reason if there is none."""
    if len(line) > MAX_LINE:
        raise SourceError(origin, f"longer than {MAX_LINE // 2**20} MiB; it was skipped")
    return article_of(decode_object(line, origin), origin, place, reading)


def decode_object(line: bytes, origin: str) -> dict[str, Any]:
    """The JSON object in some bytes. Raises SourceError with the reason if there is none."""
    try:
        value = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(
            origin, f"not UTF-8 (byte {error.start + 1} of the line); convert the file to UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SourceError(origin, f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})") from error
    except RecursionError as error:
        raise SourceError(origin, "not readable: the JSON is nested too deeply") from error
    if not isinstance(value, dict):
        raise SourceError(origin, f"an article must be a JSON object, this one is a {type(value).__name__}")
    return value


def _bounded_lines(source: Input) -> Iterator[bytes]:
    """Lines of at most MAX_LINE + 1 bytes; the rest of a longer line is passed over."""
    while line := source.readline(MAX_LINE + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = source.readline(2**20)


def _check_beginning(line: bytes, name: str) -> None:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(name, "the file is UTF-16; convert it to UTF-8")
    if b"\x00" in line[:4096]:
        raise SourceError(name, "a binary file, not JSON Lines")
    if line.strip() in (b"[", b"[{"):
        raise SourceError(name, "a JSON array, not JSON Lines; call it .json")
