"""Reads what the dialects join by AND, OR, NOT and parentheses into a tree of the query language.

A dialect cuts its text into tokens and says what a value means; how values are joined is the same for all. NOT binds
tighter than AND, AND tighter than OR. Values side by side are alternatives; those that are excluded beside them are
excluded from all, and if some are required, the others do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from search.errors import ParameterError
from search.query import Operator, Query, parse, to_text
from search.query.limits import MAX_CLAUSES
from search.query.parser import all_of, any_of
from search.query.tree import Not

MAX_DEPTH: Final = 12
"""Levels of parentheses in what a client sends; together with its filters it stays below those of a query."""

Kind = Literal["open", "close", "and", "or", "not", "required", "field", "word", "phrase", "range"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; `text` is that of a value, without its quotes, or the name of a field."""

    kind: Kind
    text: str = ""


Leaf = Callable[[Token, str | None], Query]
"""Makes the query for a value, a token that is a word, a phrase or a range, in the field that applies to it."""


def joined(parameter: str, tokens: Sequence[Token], leaf: Leaf) -> Query:
    """The query for an expression. Raises ParameterError for `parameter` if it is not well formed, or too large."""
    if sum(token.kind in ("word", "phrase", "range") for token in tokens) > MAX_CLAUSES:
        raise ParameterError(parameter, f"has more than {MAX_CLAUSES} values")
    reader = _Reader(parameter, tokens, leaf)
    query = reader.alternatives(None, 0)
    if reader.kind is not None:
        raise ParameterError(parameter, "has a closing parenthesis that closes nothing")
    return query


def written(parameter: str, query: Query, operator: Operator) -> str:
    """The query in the query language. Raises ParameterError if that would not read all of it."""
    text = to_text(query, operator)
    read = parse(text, operator)
    if read.query != query:
        raise ParameterError(parameter, "is too long or nested too deep, together with the filters")
    return text


class _Reader:
    """Recursive descent over the tokens, at most MAX_DEPTH parentheses deep."""

    def __init__(self, parameter: str, tokens: Sequence[Token], leaf: Leaf) -> None:
        self._parameter = parameter
        self._tokens = tokens
        self._leaf = leaf
        self._index = 0

    @property
    def kind(self) -> Kind | None:
        """The kind of the next token; None at the end."""
        return self._tokens[self._index].kind if self._index < len(self._tokens) else None

    def alternatives(self, field: str | None, depth: int) -> Query:
        """Sequences that are separated by OR."""
        sequences = [self._sequence(field, depth)]
        while self._took("or"):
            sequences.append(self._sequence(field, depth))
        return any_of(sequences)

    def _sequence(self, field: str | None, depth: int) -> Query:
        """Values side by side; what AND joins is one of them."""
        required: list[Query] = []
        excluded: list[Query] = []
        others: list[Query] = []
        while self.kind not in ("or", "close", None):
            is_required = self.kind == "required"
            query = self._conjunction(field, depth)
            (required if is_required else excluded if isinstance(query, Not) else others).append(query)
        if not (required or excluded or others):
            raise ParameterError(self._parameter, "has an operator or parentheses without a value")
        kept = required or ([any_of(others)] if others else [])
        return all_of([*kept, *excluded])

    def _conjunction(self, field: str | None, depth: int) -> Query:
        parts = [self._clause(field, depth)]
        while self._took("and"):
            parts.append(self._clause(field, depth))
        return all_of(parts)

    def _clause(self, field: str | None, depth: int, *, after_field: bool = False) -> Query:
        negated = False
        while self.kind in ("not", "required"):
            negated = negated != (self.kind == "not")
            self._index += 1
        if after_field and self.kind == "field":
            raise ParameterError(self._parameter, f"has the field {str(field)[:60]!r} without a value")
        query = self._operand(field, depth)
        if not negated:
            return query
        return query.child if isinstance(query, Not) else Not(query)

    def _operand(self, field: str | None, depth: int) -> Query:
        if self.kind is None or self.kind in ("and", "or", "close"):
            raise ParameterError(self._parameter, "has an operator or parentheses without a value")
        token = self._tokens[self._index]
        self._index += 1
        if token.kind == "field":
            return self._clause(token.text, depth, after_field=True)
        if token.kind == "open":
            return self._group(field, depth)
        return self._leaf(token, field)

    def _group(self, field: str | None, depth: int) -> Query:
        if depth >= MAX_DEPTH:
            raise ParameterError(self._parameter, f"has parentheses that are nested more than {MAX_DEPTH} deep")
        query = self.alternatives(field, depth + 1)
        if not self._took("close"):
            raise ParameterError(self._parameter, "has a parenthesis that is never closed")
        return query

    def _took(self, kind: Kind) -> bool:
        if self.kind != kind:
            return False
        self._index += 1
        return True
