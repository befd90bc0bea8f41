"""One clause of a query: a lexeme, and the field that applies to it, become a leaf of the tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from search.analysis.scripts import is_unspaced
from search.document import Moment
from search.errors import QuerySyntaxError
from search.query.dates import forms, parse_period, shortened
from search.query.fields import QueryField
from search.query.lexer import ADDRESS, Lexeme, Symbol, Warn, symbols, unescaped
from search.query.limits import MAX_BOOST, MAX_CLAUSES, MAX_DISTANCE, MAX_SLOP, MIN_BOOST
from search.query.tree import DateRange, Everything, Exact, Fuzzy, Keyword, Phrase, Prefix, Query, Wildcard, Word
from search.translation import gettext as _

_BOOSTS = {"least": f"{MIN_BOOST:g}", "most": f"{MAX_BOOST:g}"}
_PUNCTUATION = "?!.,;:"
_SPECIAL = re.compile(r"[\\*?]")
"""What escapes, stands for other characters, or may be punctuation."""


class LeafReader:
    """Makes leaves, at most MAX_CLAUSES of them. `warn` takes a message and a position."""

    def __init__(self, warn: Warn, now: datetime | None) -> None:
        self._warn = warn
        self._now = now
        self._count = 0

    def read(self, lexeme: Lexeme, field: QueryField | None) -> Query | None:
        """The leaf for a lexeme; None for an empty phrase, and for one too many. Raises QuerySyntaxError."""
        self._count += 1
        if self._count > MAX_CLAUSES:
            if self._count == MAX_CLAUSES + 1:
                message = _("a query has %(n)s clauses at most; what follows was left out", n=MAX_CLAUSES)
                self._warn(message, lexeme.position)
            return None
        text = " ".join(unescaped(lexeme.text).split()) if lexeme.kind != "word" else ""
        if lexeme.kind != "word" and not text:
            self._warn(_("the quotation marks are empty and were ignored"), lexeme.position)
            return None
        if field is not None and field.kind != "text":
            return self._filter(lexeme, field)
        name = field.name if field else None
        if lexeme.kind == "phrase":
            return Phrase(text, name, self._slop(lexeme), self.boost(lexeme))
        if lexeme.kind == "exact":
            self._drop_near(lexeme, _("~ has no meaning after an exact spelling; it was ignored"))
            return Exact(text, name, self.boost(lexeme))
        return self._word(lexeme, name)

    def boost(self, lexeme: Lexeme) -> float:
        """The weight after `^`, clamped to MIN_BOOST and MAX_BOOST; 1 if there is none."""
        if lexeme.boost is None:
            return 1.0
        value = _number(lexeme.boost)
        if value is None:
            message = _("^ needs a number from %(least)s to %(most)s; it was ignored", **_BOOSTS)
            self._warn(message, lexeme.position)
            return 1.0
        bounded = round(min(MAX_BOOST, max(MIN_BOOST, value)), 3)
        if not MIN_BOOST <= value <= MAX_BOOST:
            message = _(
                "a weight is from %(least)s to %(most)s; %(used)s was used", **_BOOSTS, used=format(bounded, "g")
            )
            self._warn(message, lexeme.position)
        return bounded

    def _slop(self, lexeme: Lexeme) -> int:
        if lexeme.near is None:
            return 0
        if not lexeme.near.isdecimal():
            self._warn(_("~ after a phrase needs a whole number of words; it was ignored"), lexeme.position)
            return 0
        if int(lexeme.near) > MAX_SLOP:
            self._warn(_("words can be %(n)s apart at most; %(n)s was used", n=MAX_SLOP), lexeme.position)
        return min(int(lexeme.near), MAX_SLOP)

    def _drop_near(self, lexeme: Lexeme, message: str) -> None:
        if lexeme.near is not None:
            self._warn(message, lexeme.position)

    def _filter(self, lexeme: Lexeme, field: QueryField) -> Query:
        """A whole value or a period, which take neither `^` nor `~`."""
        self._drop_near(lexeme, _("~ has no meaning after %(field)s; it was ignored", field=field.query_name + ":"))
        if lexeme.boost is not None:
            message = _("%(field)s has no weight; ^ was ignored", field=field.query_name + ":")
            self._warn(message, lexeme.position)
        text = " ".join(unescaped(lexeme.text).split()) or " ".join(lexeme.text.split())  # an escaped space alone
        if field.kind == "keyword":
            return Keyword(field.name, text)
        return self._dates(text, lexeme.position, field)

    def _dates(self, text: str, position: int, field: QueryField) -> DateRange:
        first, dots, last = text.partition("..")
        if dots and not (first or last):
            message = _("a range of dates needs at least one end; write %(forms)s", forms=forms())
            raise QuerySyntaxError(message, position)
        start = self._period(first, position)
        end = self._period(last, position) if dots else start
        if not dots and text.startswith("now-"):
            return DateRange(start[0] if start else None, None, field.name)
        bounds = start[0] if start else None, end[1] if end else None
        if _is_after(*bounds):
            self._warn(_("the range of dates ends before it begins; its ends were swapped"), position)
            bounds = end[0] if end else None, start[1] if start else None
        return DateRange(*bounds, field.name)

    def _period(self, text: str, position: int) -> tuple[Moment, Moment] | None:
        if not text:
            return None
        try:
            return parse_period(text, now=self._now)
        except ValueError as error:
            raise QuerySyntaxError(str(error), position) from None

    def _word(self, lexeme: Lexeme, field: str | None) -> Query:
        if not _SPECIAL.search(lexeme.text):  # as in nearly every word that is typed
            return self._plain(lexeme.text, lexeme, field)
        found = symbols(lexeme.text)
        if ADDRESS not in lexeme.text:
            found = _without_question_mark(found)
        text = "".join(symbol.character for symbol in found) or unescaped(lexeme.text)
        wildcard = next((at for at, symbol in enumerate(found) if _is_wildcard(symbol)), None)
        if wildcard is None or ADDRESS in lexeme.text:
            return self._plain(text, lexeme, field)
        boost = self.boost(lexeme)
        self._drop_near(lexeme, _("~ has no meaning after a wildcard; it was ignored"))
        if field is None and all(symbol == Symbol("*") for symbol in found):
            return Everything()
        if Symbol("*") in found or _begins_a_pattern(found[:wildcard]):
            return self._pattern(found, wildcard, lexeme, field, boost)
        self._warn(_("this question mark was read as punctuation"), lexeme.position + wildcard)
        return Word(text, field, boost)

    def _plain(self, text: str, lexeme: Lexeme, field: str | None) -> Query:
        boost = self.boost(lexeme)
        distance = 0 if lexeme.near is None else self._distance(lexeme)
        return Fuzzy(text, distance, field, boost) if distance else Word(text, field, boost)

    def _pattern(
        self, found: Sequence[Symbol], wildcard: int, lexeme: Lexeme, field: str | None, boost: float
    ) -> Query:
        head = "".join(symbol.character for symbol in found[:wildcard])
        if not _begins_a_pattern(found[:wildcard]):
            place = lexeme.position + wildcard
            message = _('"%(word)s" needs two letters or digits before its first wildcard', word=shortened(lexeme.text))
            raise QuerySyntaxError(message, place)
        pattern = ""
        for symbol in found[wildcard:]:
            literal = symbol.character not in "*?"  # an escaped one is no part of any word
            if literal or (not symbol.escaped and not (symbol.character == pattern[-1:] == "*")):
                pattern += symbol.character
        if pattern == "*":
            return Prefix(head, field, boost)
        return Wildcard("".join(character for character in head if character not in "*?") + pattern, field, boost)

    def _distance(self, lexeme: Lexeme) -> int:
        if not lexeme.near:
            return MAX_DISTANCE
        value = _number(lexeme.near)
        if value == 0:
            self._warn(_("~0 allows no other spelling; the word was searched as written"), lexeme.position)
            return 0
        if value not in (1, MAX_DISTANCE):
            self._warn(_("~ allows 1 or %(most)s edits; %(most)s was used", most=MAX_DISTANCE), lexeme.position)
            return MAX_DISTANCE
        return int(value)


def _begins_a_pattern(found: Sequence[Symbol]) -> bool:
    """Whether these are letters and digits enough to stand before a wildcard."""
    head = "".join(symbol.character for symbol in found)
    return sum(character.isalnum() for character in head) >= (1 if is_unspaced(head) else 2)


def _is_wildcard(symbol: Symbol) -> bool:
    return symbol.character in "*?" and not symbol.escaped


def _without_question_mark(found: list[Symbol]) -> list[Symbol]:
    """The symbols without trailing punctuation, if that includes a question mark."""
    end = len(found)
    while end and found[end - 1].character in _PUNCTUATION and not found[end - 1].escaped:
        end -= 1
    return found[:end] if Symbol("?") in found[end:] else found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_after(start: Moment | None, end: Moment | None) -> bool:
    if start is None or end is None:
        return False
    if isinstance(start, datetime) and isinstance(end, datetime):
        return start > end
    days = [moment.date() if isinstance(moment, datetime) else moment for moment in (start, end)]
    return days[0] > days[1]
