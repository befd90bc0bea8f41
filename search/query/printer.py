"""Turns a query tree back into text, for links: `parse(to_text(query, operator), operator).query == query`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime

from search.document import Moment
from search.query.fields import DATE_QUERY_NAMES, TEXT_QUERY_NAMES
from search.query.lexer import ADDRESS, QUOTES
from search.query.parser import Operator
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

_SPECIAL = re.compile(rf"[\s\\()~^{QUOTES}]")
_SPECIAL_IN_ADDRESS = re.compile(rf"[\s\\(){QUOTES}]")
_SPECIAL_OR_WILDCARD = re.compile(rf"[\s\\()~^*?{QUOTES}]")
_LOOKS_FIELDED = re.compile(r"[A-Za-z_]+(?=:(?!:|//))")
_PLAIN_VALUE = re.compile(r"[^\W_][\w-]*")


def to_text(query: Query, operator: Operator = "and") -> str:
    """The query as text, to be parsed with `operator`. For every tree that `parse` returns, whatever its own operator,
    the text parses to the same tree without a warning.

    Only "auto" reads a `Most`; for the other operators all of its words are required.
    """
    if isinstance(query, Everything):
        return ""
    if operator == "and":
        return _text(query)
    if operator == "or":
        return _explicit(query)
    return _automatic(query)


def _automatic(query: Query) -> str:
    """Words that are not to be read as bare ones are joined by AND or, alone or beside those, put in parentheses."""
    if not isinstance(query, And):
        return f"({_text(query)})" if _is_bare_run(query) else _text(query)
    if any(isinstance(child, Most) for child in query.children):
        return " ".join(f"({_text(child)})" if _is_bare(child) else _grouped(child, Or) for child in query.children)
    if sum(map(_is_bare, query.children)) > 1 or any(map(_is_bare_run, query.children)):
        return " AND ".join(_grouped(child, Or) for child in query.children)
    return _text(query)


def _is_bare(query: Query) -> bool:
    return isinstance(query, Word) and query.field is None


def _is_bare_run(query: Query) -> bool:
    return isinstance(query, Word) and query.field is None and is_run(query.text)


def _explicit(query: Query) -> str:
    """The query without any words side by side."""
    match query:
        case And(children) | Most(children):
            return " AND ".join(
                f"({_explicit(child)})" if isinstance(child, Or) else _explicit(child) for child in children
            )
        case Or(children):
            return " OR ".join(
                f"({_explicit(child)})" if isinstance(child, And | Most) else _explicit(child) for child in children
            )
        case Not(child):
            return f"-({_explicit(child)})" if isinstance(child, And | Or | Most) else "-" + _explicit(child)
        case _:
            return _text(query)


def _text(query: Query) -> str:
    match query:
        case Everything():
            return "*"
        case And(children) | Most(children):
            return " ".join(_grouped(child, Or) for child in children)
        case Or(children):
            return " OR ".join(_grouped(child, (And, Most)) for child in children)
        case Not(child):
            return "-" + _grouped(child, (And, Most, Or))
        case Keyword(field, value):
            return f"{field}:{value if _PLAIN_VALUE.fullmatch(value) else _quoted(value)}"
        case DateRange(start, end, field):
            return f"{DATE_QUERY_NAMES[field]}:{_period(start, end)}"
        case _:
            return _word(query)


def _grouped(query: Query, kinds: type[Query] | tuple[type[Query], ...]) -> str:
    return f"({_text(query)})" if isinstance(query, kinds) else _text(query)


def _word(query: Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) -> str:
    prefix = f"{TEXT_QUERY_NAMES[query.field]}:" if query.field else ""
    boost = "" if query.boost == 1.0 else f"^{query.boost:g}"
    spelling = _spelling(query)
    if prefix and spelling.startswith((":", "//")):  # the lexer reads std::vector and https:// without a field
        spelling = "\\" + spelling
    return prefix + spelling + boost


def _spelling(query: Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) -> str:
    match query:
        case Word(text, boost=1.0) if ADDRESS in text:
            return _escaped(text, _SPECIAL_IN_ADDRESS)
        case Word(text):
            return _escaped(text)
        case Exact(text):
            return "=" + _quoted(text)
        case Phrase(text, slop=slop):
            return _quoted(text) + (f"~{slop}" if slop else "")
        case Prefix(text):
            return _escaped(text) + "*"
        case Wildcard(pattern):
            return _escaped(pattern, _SPECIAL)
        case Fuzzy(text, distance):
            return _escaped(text) + ("~" if distance == 2 else f"~{distance}")


def _quoted(text: str) -> str:
    return '"' + re.sub(r'[\\"＂]', r"\\\g<0>", text) + '"'


def _escaped(text: str, special: re.Pattern[str] = _SPECIAL_OR_WILDCARD) -> str:
    text = special.sub(r"\\\g<0>", text)
    if special is not _SPECIAL_IN_ADDRESS:
        text = text.replace(ADDRESS, ":\\//")
    if text in ("AND", "OR", "NOT") or text[:1] in "-=":
        return "\\" + text
    return _LOOKS_FIELDED.sub(r"\g<0>\\", text, count=1) if _LOOKS_FIELDED.match(text) else text


def _period(start: Moment | None, end: Moment | None) -> str:
    if start is None or end is None or isinstance(start, datetime) or isinstance(end, datetime):
        return f"{_first(start)}..{_last(end)}"
    last_of_month = end.day == monthrange(end.year, end.month)[1]
    if (start.year, start.day, last_of_month) == (end.year, 1, True):
        if (start.month, end.month) == (1, 12):
            return f"{start.year:04}"
        if start.month == end.month:
            return start.isoformat()[:7]
    return start.isoformat() if start == end else f"{_first(start)}..{_last(end)}"


def _first(moment: Moment | None) -> str:
    if moment is None:
        return ""
    if isinstance(moment, datetime) or moment.day > 1:
        return moment.isoformat()
    return moment.isoformat()[: 4 if moment.month == 1 else 7]


def _last(moment: Moment | None) -> str:
    if moment is None:
        return ""
    if isinstance(moment, datetime) or moment.day < monthrange(moment.year, moment.month)[1]:
        return moment.isoformat()
    return moment.isoformat()[: 4 if moment.month == 12 else 7]
