"""The query language: the text that a reader typed becomes a tree.

`docs/reference/query-language.md` is the reference.

These are repaired, with a warning that has the position: open quotes and parentheses (closed at the end),
superfluous closing parentheses, operators without an operand, empty phrases, a lone hyphen, a double negation,
an unknown field (its name and value are searched as words), weights, edits and distances out of range, a question mark
without two characters before it (it is punctuation), and too many clauses (the last ones are left out).
Addresses and times, such as https://… and 12:30, are words and name no field.

These are refused with QuerySyntaxError and a position: an invalid date, a wildcard without two characters before it,
a query that is too long or too deeply nested, and a query of operators and punctuation only.

NOT binds tighter than AND, and AND tighter than OR; words side by side are joined by `operator`.
If that is "or", filters and exclusions next to the words still apply to every article.
If it is "auto", words side by side that have neither a field nor parentheses nor an operator beside them become a
`Most`, and so does one alone that is an unspaced run; everything else is joined by AND, and an OR outside parentheses
joins all of it so.
A question mark at the end of a word is punctuation. `\\` makes the next character literal.
Parsing takes linear time and raises nothing but QuerySyntaxError.
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
from search.query.runs import is_run
from search.query.tree import (
    And,
    DateRange,
    Everything,
    Exact,
    Fuzzy,
    Keyword,
    Most,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Wildcard,
    Word,
)
from search.translation import gettext as _
from search.translation import ngettext, number

Operator = Literal["auto", "and", "or"]

_Unit = tuple[Query, bool]
"""What stands between spaces, and whether it is a bare word."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, and a warning for each repair."""

    query: Query
    warnings: tuple[str, ...] = ()


def parse(text: str, operator: Operator = "and", *, now: datetime | None = None) -> Parsed:
    """Parses a query; an empty one is Everything. `date:now-7d..` counts from `now` (aware; default: the current time).

    Of a text longer than MAX_LENGTH only the whole words within it are read, and a warning says so.
    Raises QuerySyntaxError.
    """
    repairs: list[tuple[int, str]] = []

    def warn(message: str, position: int) -> None:
        repairs.append((position, message))

    if len(text) > MAX_LENGTH:
        text = _cut(text)
        message = _("only the first %(n)s characters were read; the rest was left out", n=number(len(text)))
        warn(message, len(text))

    query = _Parser(list(Lexer(text, warn).lexemes()), operator, warn, now).query()
    if query is None:
        if blank_controls(text).strip():
            message = _("there is no word to search for; add one, or put operators in quotation marks")
            raise QuerySyntaxError(message, 0)
        query = Everything()
    return Parsed(query, _in_order(repairs))


def _cut(text: str) -> str:
    """The text as far as MAX_LENGTH allows, without a word cut in two unless that one word is as long."""
    kept = text[: MAX_LENGTH + 1]
    words = kept.rsplit(maxsplit=1)
    return kept[: len(words[0])] if len(words) > 1 and not kept[-1].isspace() else kept[:MAX_LENGTH]


def _in_order(repairs: list[tuple[int, str]]) -> tuple[str, ...]:
    told = [
        _("at character %(number)s: %(message)s", number=position + 1, message=message)
        for position, message in sorted(repairs)[:MAX_WARNINGS]
    ]
    more = len(repairs) - len(told)
    if not more:
        return tuple(told)
    return *told, ngettext("and %(n)s more repair", "and %(n)s more repairs", more, n=number(more))


class _Parser:
    """Recursive descent over the lexemes, at most MAX_DEPTH parentheses deep."""

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
        """Sequences separated by OR, up to the closing parenthesis of this level, or the end."""
        sequences: list[list[_Unit]] = []
        pending: Lexeme | None = None
        while True:
            sequence = self._sequence(field, depth)
            if sequence:
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
        if len(sequences) == 1 and depth == 0 and self.operator == "auto":
            return _mostly(sequences[0])
        return any_of([self._joined([unit for unit, _ in units]) for units in sequences]) if sequences else None

    def _sequence(self, field: QueryField | None, depth: int) -> list[_Unit]:
        """Clauses side by side; those joined by AND are one."""
        units: list[list[_Unit]] = []
        joint: Lexeme | None = None
        while (kind := self.lexemes[self.index].kind) not in ("or", "end") and not (kind == "close" and depth):
            if kind == "and":
                sign = self._take()
                if joint or not units:
                    self._stray(joint or sign)
                joint = sign if units else None
                continue
            is_group = kind == "open"
            clause = self._clause(field, depth)
            if clause is None:
                continue
            unit = clause, isinstance(clause, Word) and clause.field is None and not is_group
            if joint:
                units[-1].append(unit)
            else:
                units.append([unit])
            joint = None
        if joint:
            self._stray(joint)
        return [unit[0] if len(unit) == 1 else (all_of([clause for clause, _ in unit]), False) for unit in units]

    def _joined(self, units: list[Query]) -> Query:
        if self.operator != "or":
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
            self._warn(_("this parenthesis closes nothing; it was ignored"), lexeme.position)
            return None
        return self.leaves.read(lexeme, field)

    def _negation(self, sign: Lexeme, field: QueryField | None, depth: int) -> Query | None:
        while self.lexemes[self.index].kind == "not":
            self._warn(_("a second negation was ignored"), self._take().position)
        if self.lexemes[self.index].kind in ("and", "or", "close", "end"):
            self._stray(sign)
            return None
        clause = self._clause(field, depth)
        if isinstance(clause, Not):
            self._warn(_("a second negation was ignored"), sign.position)
            return clause
        return None if clause is None else Not(clause)

    def _fielded(self, lexeme: Lexeme, depth: int) -> Query | None:
        if self.lexemes[self.index].kind in ("close", "end"):
            message = _("nothing follows %(field)s here; it was searched as a word", field=lexeme.text + ":")
            self._warn(message, lexeme.position)
            return self.leaves.read(lexeme._replace(kind="word"), None)
        return self._clause(lexeme.field, depth)

    def _group(self, opening: Lexeme, field: QueryField | None, depth: int) -> Query | None:
        if depth >= MAX_DEPTH:
            raise QuerySyntaxError(_("parentheses are nested more than %(n)s deep", n=MAX_DEPTH), opening.position)
        query = self._alternatives(field, depth + 1)
        closing = self._take()
        if closing.kind == "end":
            self._warn(_("the parenthesis is never closed; it was closed at the end"), opening.position)
        if query is None:
            self._warn(_("the parentheses are empty and were ignored"), opening.position)
            return None
        boost = self.leaves.boost(closing)
        return query if boost == 1.0 else _weighed(query, boost)

    def _stray(self, lexeme: Lexeme) -> None:
        if lexeme.kind == "not" and not lexeme.text:
            message = _("the hyphen has no operand and was ignored")
        else:
            message = _("%(operator)s has no operand and was ignored", operator=lexeme.kind.upper())
        self._warn(message, lexeme.position)


def _mostly(units: Sequence[_Unit]) -> Query:
    """All units, the bare words among them as one `Most`, if there are several or an unspaced run, in the place of the
    first."""
    words = tuple(unit for unit, is_bare in units if is_bare and isinstance(unit, Word))
    if len(words) < 2 and not any(is_run(word.text) for word in words):
        return all_of([unit for unit, _ in units])
    first = next(at for at, (_, is_bare) in enumerate(units) if is_bare)
    before = [unit for unit, _ in units[:first]]
    return all_of([*before, Most(words), *(unit for unit, is_bare in units[first:] if not is_bare)])


def all_of(queries: Sequence[Query]) -> Query:
    """The conjunction of the queries, flattened; Everything is left out because it changes nothing."""
    children: list[Query] = []
    for query in queries:
        children.extend(query.children if isinstance(query, And) else () if isinstance(query, Everything) else (query,))
    if not children:
        return Everything()
    return children[0] if len(children) == 1 else And(tuple(children))


def any_of(queries: Sequence[Query]) -> Query:
    """The disjunction of the queries, flattened; Everything absorbs the others."""
    children: list[Query] = []
    for query in queries:
        children.extend(query.children if isinstance(query, Or) else (query,))
    if any(isinstance(child, Everything) for child in children):
        return Everything()
    return children[0] if len(children) == 1 else Or(tuple(children))


def _weighed(query: Query, factor: float) -> Query:
    """The query with the boost of every leaf multiplied, clamped to MIN_BOOST and MAX_BOOST."""
    match query:
        case And(children) | Or(children):
            return type(query)(tuple(_weighed(child, factor) for child in children))
        case Word() | Exact() | Phrase() | Prefix() | Wildcard() | Fuzzy():
            return replace(query, boost=round(min(MAX_BOOST, max(MIN_BOOST, query.boost * factor)), 3))
        case _:
            return query
