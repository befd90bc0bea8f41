"""CSV: a table of articles, one a row, under a header with the names of its columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from index.article import Article, Record, Withdrawal
from index.sources.columns import Columns, columns_of, no_article
from index.sources.csv_splitting import MAX_ROW, Row, delimiter_of, split_rows
from index.sources.encoding import is_binary
from index.sources.files import open_input
from index.sources.reading import Reading
from index.sources.unmet_mapping import unmet
from search.errors import SourceError

MAX_COLUMNS: Final = 2_000
BAD_BYTES: Final = "has bytes that are not in the encoding of the file"


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, what they are, and how rows are written."""

    names: tuple[str, ...]
    columns: Columns
    delimiter: str


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row that is one article; see `index.article.Record`."""

    row: Row
    file: str
    header: Header
    reading: Reading

    @property
    def origin(self) -> str:
        """The file and the number of the line with which the row begins."""
        return f"{self.file}:{self.row.number}"

    @property
    def weight(self) -> int:
        """Its characters."""
        return len(self.row.text)

    def read(self) -> Article | Withdrawal:
        """The article in the row. Raises SourceError."""
        values = fields_of(self.row.text, self.header.delimiter)
        expected = len(self.header.names)
        while len(values) > expected and not values[-1].strip():
            values.pop()
        if len(values) != expected:
            reason = f"has {len(values):,} fields where the header has {expected:,}; it was skipped"
            raise SourceError(self.origin, reason)
        place = f"{self.reading.place(self.file)}:{self.row.number}"
        stated = dict(zip(self.header.names, values, strict=True))
        found = self.header.columns.article(stated, self.origin, place, self.reading)
        if "\ufffd" in self.row.text and isinstance(found, Article):
            return replace(found, warnings=(BAD_BYTES, *found.warnings))
        return found


def read_rows(name: str, reading: Reading) -> Iterator[Record | SourceError]:
    """Every row, in order.

    Raises SourceError if the file is missing, empty or binary, if no column is a title or a body, or if it breaks
    off.
    """
    with open_input(name) as source:
        rows = split_rows(source)
        first = next(rows, None)
        if first is None:
            raise SourceError(name, "the file is empty")
        header = _header(first, name, reading)
        yield from unmet(name, "column", header.columns.missing, header.names)
        for row in rows:
            if row.fault:
                yield SourceError(f"{name}:{row.number}", row.fault)
            else:
                yield CsvRow(row, name, header, reading)


def _header(row: Row, name: str, reading: Reading) -> Header:
    if row.fault or is_binary(row.text.encode("utf-8", "replace")):
        raise SourceError(name, row.fault or "a binary file, not CSV")
    header = header_of(row.text, reading)
    if len(header.names) > MAX_COLUMNS:
        raise SourceError(name, f"has more than {MAX_COLUMNS:,} columns")
    if not header.columns.are_of_articles:
        raise no_article(name, "the table", header.names, header.columns.missing)
    if said := header.columns.said():
        reading.say(name, said)
    return header


def header_of(line: str, reading: Reading) -> Header:
    """What the first row of a table says. Of columns with the same name the first is read."""
    delimiter = delimiter_of(line)
    names: list[str] = []
    for number, name in enumerate(fields_of(line, delimiter), 1):
        plain = name.strip()
        names.append(f"{plain} (column {number})" if plain in names or not plain else plain)
    return Header(tuple(names), columns_of(names, reading.mapping), delimiter)


def columns_in(line: str, delimiter: str) -> Columns:
    """What the columns are that the first line of an input names, if it is a table."""
    return columns_of(fields_of(line, delimiter), {})


def fields_of(text: str, delimiter: str) -> list[str]:
    """The fields of a row."""
    before = csv.field_size_limit(2 * MAX_ROW)
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:  # a line end where none may be, and where no line ends
        return next(csv.reader([" ".join(text.split())], delimiter=delimiter, skipinitialspace=True), [])
    finally:
        csv.field_size_limit(before)
