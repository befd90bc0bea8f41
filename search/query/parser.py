"""The query language: what a reader typed, as a tree.

`docs/reference/query-language.md` is the reference. What is repaired, with a warning that names the place:
quotes and parentheses left open (closed at the end), a parenthesis closed too often, operators with nothing beside
them, empty phrases, a hyphen alone, a second negation, an unknown field (its name and value are searched as words;
addresses and times such as https://… and 12:30 are words anyway), weights, edits and distances out of range.
What is refused with QuerySyntaxError and a position: a date that is none, a wildcard without two characters in front,
a query that is too long, too nested or has too many clauses, and one of operators and signs only.

Precedence: NOT before AND before OR; words side by side are joined by the `operator` asked for. With "or",
filters and negated clauses beside them still hold for every article: they narrow, and do not widen, the search.
A question mark at the end of a word is punctuation. `\\` makes the character behind it an ordinary one.
Parsing takes time linear in the query and raises nothing but QuerySyntaxError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from search.errors import QuerySyntaxError
from search.query.clauses import LeafReader
from search.query.fields import QueryField
from search.query.lexer import Lexeme, Lexer, Warn, blank_controls
from search.query.limits import MAX_BOOST, MAX_DEPTH, MAX_LENGTH, MAX_WARNINGS, MIN_BOOST
from search.query.tree import (
    And,
    DateRange,
    Everything,
    Exact,
    Fuzzy,
    Keyword,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Wildcard,
    Word,
)

Operator = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, and what was repaired to get it."""

    query: Query
    warnings: tuple[str, ...] = ()


def parse(text: str, operator: Operator = "and", *, now: datetime | None = None) -> Parsed:
    """The tree of a query; an empty one is Everything. `now` (aware) is what `date:now-7d..` counts from.

    Raises QuerySyntaxError.
    """
    if len(text) > MAX_LENGTH:
        raise QuerySyntaxError(f"the query is longer than {MAX_LENGTH} characters; shorten it", MAX_LENGTH)
    repairs: list[tuple[int, str]] = []

    def warn(message: str, position: int) -> None:
        repairs.append((position, message))

    query = _Parser(list(Lexer(text, warn).lexemes()), operator, warn, now).query()
    if query is None:
        if blank_controls(text).strip():
            raise QuerySyntaxError("there is no word to search for; add one, or put a sign in quotes", 0)
        query = Everything()
    return Parsed(query, _in_order(repairs))


def _in_order(repairs: list[tuple[int, str]]) -> tuple[str, ...]:
    told = [f"at character {position + 1}: {message}" for position, message in sorted(repairs)[:MAX_WARNINGS]]
    more = len(repairs) - len(told)
    return (*told, f"and {more} more repairs") if more else tuple(told)


class _Parser:
    """Recursive descent over the lexemes; as deep as MAX_DEPTH parentheses allow."""

    def __init__(self, lexemes: Sequence[Lexeme], operator: Operator, warn: Warn, now: datetime | None) -> None:
        self.lexemes = lexemes
        self.operator = operator
        self._warn = warn
        self.leaves = LeafReader(warn, now)
        self.index = 0

    def query(self) -> Query | None:
        return self._alternatives(None, 0)

    def _take(self) -> Lexeme:
        lexeme = self.lexemes[self.index]
        if lexeme.kind != "end":
            self.index += 1
        return lexeme

    def _alternatives(self, field: QueryField | None, depth: int) -> Query | None:
        """Sequences with OR between them, up to the parenthesis that closes this level, or the end."""
        sequences: list[Query] = []
        pending: Lexeme | None = None
        while True:
            sequence = self._sequence(field, depth)
            if sequence is not None:
                sequences.append(sequence)
                pending = None
            if self.lexemes[self.index].kind != "or":
                break
            sign = self._take()
            if pending or not sequences:
                self._stray(sign)
            else:
                pending = sign
        if pending:
            self._stray(pending)
        return any_of(sequences) if sequences else None

    def _sequence(self, field: QueryField | None, depth: int) -> Query | None:
        """Clauses side by side or with AND between them."""
        units: list[list[Query]] = []
        joint: Lexeme | None = None
        while (kind := self.lexemes[self.index].kind) not in ("or", "end") and not (kind == "close" and depth):
            if kind == "and":
                sign = self._take()
                if joint or not units:
                    self._stray(joint or sign)
                joint = sign if units else None
                continue
            clause = self._clause(field, depth)
            if clause is None:
                continue
            if joint:
                units[-1].append(clause)
            else:
                units.append([clause])
            joint = None
        if joint:
            self._stray(joint)
        return self._joined([all_of(unit) for unit in units]) if units else None

    def _joined(self, units: list[Query]) -> Query:
        if self.operator == "and":
            return all_of(units)
        words = [unit for unit in units if not isinstance(unit, Keyword | DateRange | Not)]
        narrowing = [unit for unit in units if isinstance(unit, Keyword | DateRange | Not)]
        return all_of([any_of(words), *narrowing] if words else narrowing)

    def _clause(self, field: QueryField | None, depth: int) -> Query | None:
        lexeme = self._take()
        if lexeme.kind == "not":
            return self._negation(lexeme, field, depth)
        if lexeme.kind == "field":
            return self._fielded(lexeme, depth)
        if lexeme.kind == "open":
            return self._group(lexeme, field, depth)
        if lexeme.kind == "close":
            self._warn("there is no parenthesis open here; it was ignored", lexeme.position)
            return None
        return self.leaves.read(lexeme, field)

    def _negation(self, sign: Lexeme, field: QueryField | None, depth: int) -> Query | None:
        while self.lexemes[self.index].kind == "not":
            self._warn("a second negation was ignored", self._take().position)
        if self.lexemes[self.index].kind in ("and", "or", "close", "end"):
            self._stray(sign)
            return None
        clause = self._clause(field, depth)
        if isinstance(clause, Not):
            self._warn("a second negation was ignored", sign.position)
            return clause
        return None if clause is None else Not(clause)

    def _fielded(self, lexeme: Lexeme, depth: int) -> Query | None:
        if self.lexemes[self.index].kind in ("close", "end"):
            self._warn(f"nothing follows {lexeme.text}: here; it was searched as a word", lexeme.position)
            return self.leaves.read(lexeme._replace(kind="word"), None)
        return self._clause(lexeme.field, depth)

    def _group(self, opening: Lexeme, field: QueryField | None, depth: int) -> Query | None:
        if depth >= MAX_DEPTH:
            raise QuerySyntaxError(f"parentheses are nested more than {MAX_DEPTH} deep", opening.position)
        query = self._alternatives(field, depth + 1)
        closing = self._take()
        if closing.kind == "end":
            self._warn("the parenthesis is never closed; it was closed at the end", opening.position)
        if query is None:
            self._warn("there is nothing in the parentheses; they were ignored", opening.position)
            return None
        boost = self.leaves.boost(closing)
        return query if boost == 1.0 else _weighed(query, boost)

    def _stray(self, lexeme: Lexeme) -> None:
        name = "the hyphen" if lexeme.kind == "not" and not lexeme.text else lexeme.kind.upper()
        self._warn(f"{name} has nothing to work on and was ignored", lexeme.position)


def all_of(queries: Sequence[Query]) -> Query:
    """Every one of them, as flat as it goes; Everything changes nothing and is left out."""
    children: list[Query] = []
    for query in queries:
        children.extend(query.children if isinstance(query, And) else () if isinstance(query, Everything) else (query,))
    if not children:
        return Everything()
    return children[0] if len(children) == 1 else And(tuple(children))


def any_of(queries: Sequence[Query]) -> Query:
    """At least one of them, as flat as it goes; Everything swallows the others."""
    children: list[Query] = []
    for query in queries:
        children.extend(query.children if isinstance(query, Or) else (query,))
    if any(isinstance(child, Everything) for child in children):
        return Everything()
    return children[0] if len(children) == 1 else Or(tuple(children))


def _weighed(query: Query, factor: float) -> Query:
    """The same query with the weight of every word multiplied, within the bounds."""
    match query:
        case And(children) | Or(children):
            return type(query)(tuple(_weighed(child, factor) for child in children))
        case Word() | Exact() | Phrase() | Prefix() | Wildcard() | Fuzzy():
            return replace(query, boost=round(min(MAX_BOOST, max(MIN_BOOST, query.boost * factor)), 3))
        case _:
            return query
