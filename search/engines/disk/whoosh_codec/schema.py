"""The fields as Whoosh programs see them, derived from `search.schema`: those to query, to sort by and to show.

    title headings summary body author tags    text: folded spellings, without stems, with positions
    id section lang type                       whole values
    published modified                         instants in UTC as text, `2024-07-03T09:30:00`, and columns to sort by
    url source html                            shown only

`author`, `tags`, `section`, `lang` and `type` also have columns of whole values, to group by.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

import numpy as np
from whoosh import analysis, columns, fields, formats

from search.analysis import Token, analyze, fold
from search.engines.disk.format.layout import from_bytes, to_bytes
from search.errors import EngineError
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

INDEX_NAME: Final = "MAIN"
"""Whoosh's own name for the only index of a directory."""

COLUMN_NAMES: Final = {field: {"tag": "tags"}.get(field, field) for field in KEYWORD_FIELDS}
"""The Whoosh name of each keyword field. A text field and a keyword field with the same values are one field."""

STORED_ONLY: Final = ("url", "source", "html")

READ_ONLY: Final = (
    "Whoosh can read this index but not write it: "
    "add and delete articles with `backfile index`, or with the writer of `search.engines.open_engine`"
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_INSTANT: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
LAST_INSTANT: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


def instant(seconds: float) -> datetime:
    """The moment in UTC that many seconds after 1970 began, or the nearest one that Python's datetime can express."""
    return _EPOCH + timedelta(seconds=min(max(seconds, FIRST_INSTANT), LAST_INSTANT))


def refuse_writing(*_: object, **__: object) -> NoReturn:
    """Raises EngineError, whatever it is called with: it stands for every method that would write."""
    raise EngineError(READ_ONLY)


class SurfaceAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """Text to folded tokens as they are indexed. In queries compounds are left out, since their parts follow each other
    there. Patterns, which Whoosh's parser passes with `tokenize` off, are folded and stay whole."""

    def __call__(
        self,
        value: str,
        positions: bool = False,
        chars: bool = False,
        start_pos: int = 0,
        start_char: int = 0,
        tokenize: bool = True,
        mode: str = "",
        **kwargs: Any,
    ) -> Iterator[analysis.Token]:
        token = analysis.Token(positions, chars, mode=mode, **kwargs)
        words = analyze(value, "") if tokenize else [Token(fold(value), "", 0, len(value), 0)]
        for word in words:
            if word.compound and mode == "query":
                continue
            token.text = token.original = word.surface
            token.boost = 1.0
            token.stopped = False
            token.pos = start_pos + word.position
            token.startchar, token.endchar = start_char + word.start, start_char + word.end
            yield token


class PositionsFormat(formats.Positions):  # type: ignore[misc]
    """The value of a posting: the positions of the term in the field, little-endian uint32 each."""

    def encode(self, positions: list[int]) -> bytes:
        return np.array(positions, "<u4").tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        positions: list[int] = np.frombuffer(value, "<u4").tolist()
        return positions

    def decode_frequency(self, value: bytes) -> int:
        return len(value) // 4


class _Utf8(fields.FieldType):  # type: ignore[misc]
    """A field whose terms are UTF-8 that may have lone surrogates."""

    multitoken_query = "phrase"

    def to_bytes(self, value: Any) -> bytes:
        value = value[0] if isinstance(value, list | tuple) else value
        return value if isinstance(value, bytes) else to_bytes(value)

    def from_bytes(self, raw: bytes) -> str:
        return from_bytes(raw)

    def from_column_value(self, value: Any) -> Any:
        return value


class Text(_Utf8):
    """A text field."""

    def __init__(self, column: columns.Column | None = None) -> None:
        super().__init__(
            PositionsFormat(), SurfaceAnalyzer(), scorable=True, stored=True, multitoken_query="phrase", sortable=column
        )


class Value(_Utf8):
    """A field with whole values."""

    def __init__(self, column: columns.Column | None = None, unique: bool = False) -> None:
        super().__init__(formats.Existence(), analysis.IDAnalyzer(), stored=True, unique=unique, sortable=column)


class Instant(Value):
    """A date field."""

    def __init__(self) -> None:
        super().__init__(InstantColumn())

    def from_column_value(self, seconds: float) -> datetime | None:
        """The instant, None for an undated article."""
        return instant(seconds) if math.isfinite(seconds) else None


class InstantColumn(columns.Column):  # type: ignore[misc]
    """Seconds since 1970; undated articles come last in either order."""

    reversible = True
    writer = reader = refuse_writing

    def default_value(self, reverse: bool = False) -> float:  # noqa: ARG002
        return math.inf


class ValuesColumn(columns.Column):  # type: ignore[misc]
    """All values of an article in a keyword field."""

    reversible = False
    writer = reader = refuse_writing

    def default_value(self, reverse: bool = False) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def stores_lists(self) -> bool:
        return True


class ReadOnlySchema(fields.Schema):  # type: ignore[misc]
    """The fields of every index of ours. A pickle names only the function that makes them, so that any version of
    Whoosh can read a table of contents written with another."""

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return whoosh_schema, ()

    def clean(self) -> None:
        """Called when a writer of Whoosh commits. Raises EngineError."""
        refuse_writing()


class WritableSchema(ReadOnlySchema):
    """The same fields for our own writing of a table of contents."""

    def clean(self) -> None:
        """Does nothing."""


def whoosh_schema() -> ReadOnlySchema:
    """The schema for Whoosh."""
    grouped = set(COLUMN_NAMES.values())
    texts = {name: Text(ValuesColumn() if name in grouped else None) for name in TEXT_FIELDS}
    values = {name: Value(ValuesColumn()) for name in grouped - set(TEXT_FIELDS)}
    instants = {name: Instant() for name in DATE_FIELDS}
    shown = {name: fields.STORED() for name in STORED_ONLY}
    return ReadOnlySchema(**texts, **values, **instants, **shown, id=Value(unique=True))
