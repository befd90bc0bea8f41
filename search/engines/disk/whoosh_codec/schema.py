"""The fields as Whoosh programs see them, derived from `search.schema`: what can be queried, sorted by and shown.

    title headings summary body author tags    words: folded spellings, without stems, with positions
    id section lang type                       whole values
    published modified                         instants in UTC as text, `2024-07-03T09:30:00`, and columns to sort by
    url source html                            shown only

`author` and `tags` have columns of whole values besides, as `section`, `lang` and `type` have, to group by.
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
"""What Whoosh programs call each keyword field: where a text field holds the same values, both are one field."""

STORED_ONLY: Final = ("url", "source", "html")

READ_ONLY: Final = (
    "Whoosh can read this index but not write it: "
    "add and delete articles with `backfile index`, or with the writer of `search.engines.open_engine`"
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_INSTANT: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
LAST_INSTANT: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


def instant(seconds: float) -> datetime:
    """The moment in UTC so many seconds after 1970 began; those that Python has no year for become the next it has."""
    return _EPOCH + timedelta(seconds=min(max(seconds, FIRST_INSTANT), LAST_INSTANT))


def refuse_writing(*_: object, **__: object) -> NoReturn:
    """What every way to write leads to. Raises EngineError."""
    raise EngineError(READ_ONLY)


class SurfaceAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """Text to the folded words that are indexed; in queries without the compound of a joined word, whose parts follow
    each other there. Whoosh's parser hands over patterns with `tokenize` off: they are folded and stay whole."""

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
    """The value of a posting: the positions of the word in the field, little-endian uint32 each."""

    def encode(self, positions: list[int]) -> bytes:
        return np.array(positions, "<u4").tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        positions: list[int] = np.frombuffer(value, "<u4").tolist()
        return positions

    def decode_frequency(self, value: bytes) -> int:
        return len(value) // 4


class _Utf8(fields.FieldType):  # type: ignore[misc]
    """A field whose terms are UTF-8 and may hold lone surrogates."""

    multitoken_query = "phrase"

    def to_bytes(self, value: Any) -> bytes:
        value = value[0] if isinstance(value, list | tuple) else value
        return value if isinstance(value, bytes) else to_bytes(value)

    def from_bytes(self, raw: bytes) -> str:
        return from_bytes(raw)

    def from_column_value(self, value: Any) -> Any:
        return value


class Words(_Utf8):
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
    """All the values an article has in a keyword field."""

    reversible = False
    writer = reader = refuse_writing

    def default_value(self, reverse: bool = False) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def stores_lists(self) -> bool:
        return True


class ReadOnlySchema(fields.Schema):  # type: ignore[misc]
    """The fields of every index of ours. A table of contents names only the function that makes them, so that any
    version of Whoosh reads what another one wrote."""

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return whoosh_schema, ()

    def clean(self) -> None:
        """Whoosh calls this when a writer commits. Raises EngineError."""
        refuse_writing()


class WritableSchema(ReadOnlySchema):
    """The same fields in our own hands, which write them down."""

    def clean(self) -> None:
        """Nothing is to be tidied."""


def whoosh_schema() -> ReadOnlySchema:
    """The schema as Whoosh needs it."""
    grouped = set(COLUMN_NAMES.values())
    words = {name: Words(ValuesColumn() if name in grouped else None) for name in TEXT_FIELDS}
    values = {name: Value(ValuesColumn()) for name in grouped - set(TEXT_FIELDS)}
    instants = {name: Instant() for name in DATE_FIELDS}
    shown = {name: fields.STORED() for name in STORED_ONLY}
    return ReadOnlySchema(**words, **values, **instants, **shown, id=Value(unique=True))
