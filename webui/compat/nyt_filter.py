"""The filter query `fq` of the New York Times' dialect: the part of Lucene's syntax that its clients use.

`field:("a" "b")`, `field:word`, AND, OR, NOT, `+`, `-`, `!`, `&&`, `||`, parentheses, phrases, a `*` at the end of a
word, and ranges of dates, `[a TO b]`. Values side by side are alternatives.
What the archive cannot filter by is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from search.document import Moment
from search.errors import ParameterError
from search.query import Query
from search.query.dates import parse_period
from search.query.lexer import blank_controls
from search.query.tree import DateRange, Keyword, Phrase, Prefix, Word
from search.schema import MAX_VALUE_LENGTH
from webui.compat.boolean import Kind, Token, joined
from webui.compat.moments import dated

MAX_LENGTH: Final = 4_000
"""Characters of a filter query."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<sign>[()] | && | \|\| | [+!-](?=[^\s]))
      | (?P<range>[\[{][^\]}]*[\]}])
      | "(?P<phrase>(?:[^"\\]|\\.)*)"
      | (?P<field>[A-Za-z_][\w.]*):
      | (?P<word>(?:[^\s()"\[\]{}:\\]|\\.|:)+)
      | (?P<stray>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS: Final[Mapping[str, Kind]] = {
    "(": "open", ")": "close", "&&": "and", "||": "or", "+": "required", "-": "not", "!": "not",
    "AND": "and", "OR": "or", "NOT": "not",
}  # fmt: skip
_RANGE: Final = re.compile(r"\[\s*(\S+)\s+TO\s+(\S+)\s*\]")
_MIDNIGHT: Final = re.compile(r"T00:00:00(?:\.0+)?Z$")
_YEAR: Final = re.compile(r"[0-9]{4}")
_PREFIX: Final = re.compile(r"(\w{2,})\*")

_TEXTS: Final = {"body": "body", "headline": "title", "byline": "author", "abstract": "summary"}
_KEYWORDS: Final = {
    **dict.fromkeys(
        ("section_name", "section.name", "subsection_name", "subsection.name", "news_desk", "desk"), "section"
    ),
    **dict.fromkeys(("subject", "persons", "organizations", "glocations", "glocation", "creative_works"), "tag"),
    **dict.fromkeys(
        (f"timesTag.{kind}" for kind in ("subject", "person", "organization", "location", "creator")), "tag"
    ),
    **dict.fromkeys(("document_type", "type_of_material"), "type"),
}
_DATES: Final = ("pub_date", "pub_year")
FIELDS: Final = (*_TEXTS, *_KEYWORDS, *_DATES)
"""The fields that can be filtered by."""


def filtered(fq: str) -> Query:
    """The query for a filter query. Raises ParameterError."""
    if len(fq) > MAX_LENGTH:
        raise ParameterError("fq", f"is longer than {MAX_LENGTH:,} characters")
    return joined("fq", list(_tokens(blank_controls(fq))), _leaf)


def _tokens(fq: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(fq.strip()):
        kind, text = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "stray":
            raise ParameterError("fq", f"has a {text} that does not fit at character {match.start(kind) + 1}")
        if text in _SIGNS and kind in ("sign", "word"):
            yield Token(_SIGNS[text])
        elif kind == "range":
            yield Token("range", text)
        elif kind == "field":
            yield Token("field", text)
        elif kind == "phrase":
            yield Token("phrase", _plain(text))
        else:
            yield Token("word", text)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL).split())


def _leaf(token: Token, field: str | None) -> Query:
    if token.kind == "phrase" and not token.text:
        raise ParameterError("fq", "has quotation marks with nothing between them")
    if token.kind == "word" and re.search(r"(?<!\\)[~^]", token.text):
        raise ParameterError("fq", f"has {token.text[:60]!r}: ~ and ^ are not answered by this archive")
    if field is None:
        return _text(token, None)
    name, _, how = field.rpartition(".")
    if field in _DATES:
        return _dates(token, field)
    if field in _KEYWORDS:
        return _value(token, _KEYWORDS[field])
    if field in _TEXTS or (name in _TEXTS and how in ("contains", "search")):
        return _begun(token, _TEXTS[name]) if how == "search" else _text(token, _TEXTS[name or field])
    if _KEYWORDS.get(name) == "tag" and how == "contains":
        return _text(token, "tags")
    raise ParameterError(
        "fq", f"has the field {field[:60]!r}, which this archive cannot filter by; choose from {_LISTED}"
    )


_LISTED: Final = ", ".join(FIELDS)


def _text(token: Token, field: str | None) -> Query:
    if token.kind == "range":
        raise ParameterError("fq", f"has the range {token.text[:60]!r}; only pub_date and pub_year have ranges")
    if token.kind == "phrase":
        return Phrase(token.text, field)
    prefix = _PREFIX.fullmatch(token.text)
    if prefix:
        return Prefix(prefix[1], field)
    return Word(_literal(token), field)


def _begun(token: Token, field: str) -> Query:
    """What the beginning of a word finds."""
    text = token.text.removesuffix("*")
    return Prefix(text, field) if token.kind == "word" and _PREFIX.fullmatch(f"{text}*") else _text(token, field)


def _value(token: Token, field: str) -> Query:
    value = token.text if token.kind == "phrase" else _literal(token)
    if token.kind == "range" or len(value) > MAX_VALUE_LENGTH:
        raise ParameterError("fq", f"has {value[:60]!r}, which is no value of a field")
    return Keyword(field, value)


def _literal(token: Token) -> str:
    if re.search(r"(?<!\\)[*?]", token.text):
        raise ParameterError(
            "fq",
            f"has {token.text[:60]!r}: this archive answers a * only at the end of a word of text, after two letters",
        )
    text = _plain(token.text)
    if not text:
        raise ParameterError("fq", f"has {token.text!r}, which is no word")
    return text


def _dates(token: Token, field: str) -> Query:
    if token.kind != "range":
        first, last = _period(token.text, field)
        return DateRange(first, last)
    found = _RANGE.fullmatch(token.text)
    if not found:
        raise ParameterError("fq", f"has the range {token.text[:60]!r}; write it as in [2020-01-01 TO 2020-12-31]")
    if found.groups() == ("*", "*"):
        return DateRange(date.min, None)  # whatever has a date
    start = None if found[1] == "*" else _period(found[1], field)[0]
    end = None if found[2] == "*" else _period(found[2], field)[1]
    return dated("fq", start, end)


def _period(text: str, field: str) -> tuple[Moment, Moment]:
    plain = _MIDNIGHT.sub("", text.replace("\\", "").strip('"'))
    try:
        if not plain.startswith("now") and (field == "pub_date" or _YEAR.fullmatch(plain)):
            return parse_period(plain)
    except ValueError:
        pass
    example = "2024" if field == "pub_year" else "2024-07-03 or 2024-07-03T09:30:00Z"
    raise ParameterError("fq", f"has {text[:60]!r} in {field}, which is no date here; write it as in {example}")
