"""The expressions of the Guardian's dialect: the words of `q`, and the ids of sections and tags with their signs.

Ids are values of the archive, written so that they stand in a path: `News > Local` is `news/local`, `flood plain` is
`flood-plain`. What is a sign there is percent-encoded, so that every id can be read back without looking it up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote, unquote

from search.document import SECTION_SEPARATOR
from search.errors import ParameterError
from search.query import Query
from search.query.lexer import blank_controls
from search.query.parser import any_of
from search.query.tree import Keyword, Phrase, Word
from search.schema import MAX_VALUE_LENGTH
from webui.compat.boolean import Kind, Token, joined

CONTRIBUTOR: Final = "profile/"
KEYWORD: Final = "keyword/"
TYPE: Final = "type/"
_TAG_FIELDS: Final = ((KEYWORD, "tag"), (TYPE, "type"))
"""How the ids of tags begin, and the fields that hold their values."""

_IN_QUERY: Final = re.compile(r'[()]|"[^"]*"?|[^\s()"]+')
_IN_FILTER: Final = re.compile(r"[()|,]|[^()|,]+")
_OPERATORS: Final[dict[str, Kind]] = {"AND": "and", "OR": "or", "NOT": "not", "(": "open", ")": "close"}
_SIGNS: Final[dict[str, Kind]] = {",": "and", "|": "or", "(": "open", ")": "close"}
_SPECIAL: Final = re.compile(r"[^\w. ]")
"""What is percent-encoded in an id."""


def words(q: str) -> Query:
    """The query in `q`: words and phrases joined by AND, OR and NOT; words side by side are alternatives.

    Raises ParameterError.
    """
    return joined("q", list(_words(blank_controls(q))), _leaf)


def sections(parameter: str, expression: str) -> Query:
    """The sections in a filter. Raises ParameterError, as the next two do."""
    return _filter(parameter, expression, lambda name: _kept(parameter, "section", section_value(name), name))


def tags(parameter: str, expression: str) -> Query:
    """The tags in a filter: subjects, contributors and types."""
    return _filter(parameter, expression, lambda name: _tag(parameter, name))


def values(field: str) -> Callable[[str, str], Query]:
    """Reads a filter on a keyword field whose values are ids already."""
    return lambda parameter, expression: _filter(parameter, expression, lambda name: _kept(parameter, field, name))


def section_id(value: str) -> str:
    """The id of a section."""
    return "/".join(value_id(part) for part in value.split(SECTION_SEPARATOR))


def section_value(id: str) -> str:
    """The section of that id, in small letters as the id has it: the archive finds it in whatever case."""
    return SECTION_SEPARATOR.join(_value(part) for part in id.split("/"))


def value_id(value: str) -> str:
    """The id of a value that is not hierarchical."""
    return _SPECIAL.sub(_encoded, value.lower()).replace(" ", "-")


def _encoded(match: re.Match[str]) -> str:
    return "%2D" if match[0] == "-" else quote(match[0], safe="")


def _value(id: str) -> str:
    return unquote(id.replace("-", " "))


def _words(q: str) -> Iterator[Token]:
    for match in _IN_QUERY.finditer(q):
        text = match.group()
        if text in _OPERATORS:
            yield Token(_OPERATORS[text])
        elif text.startswith('"'):
            phrase = " ".join(text.strip('"').split())
            yield from [Token("phrase", phrase)] if phrase else []
        else:
            yield Token("word", text)


def _leaf(token: Token, _: str | None) -> Query:
    return Phrase(token.text) if token.kind == "phrase" else Word(token.text)


def _filter(parameter: str, expression: str, leaf: Callable[[str], Query]) -> Query:
    return joined(parameter, list(_ids(blank_controls(expression))), lambda token, _: leaf(token.text))


def _ids(expression: str) -> Iterator[Token]:
    for match in _IN_FILTER.finditer(expression):
        text = match.group().strip()
        if text in _SIGNS:
            yield Token(_SIGNS[text])
            continue
        if text.startswith("-"):
            yield Token("not")
        name = " ".join(text.removeprefix("-").split())
        yield from [Token("word", name)] if name else []


def _tag(parameter: str, id: str) -> Query:
    if id.startswith(CONTRIBUTOR):
        # The query language knows authors by the words of their names.
        return Phrase(_fitting(parameter, _value(id.removeprefix(CONTRIBUTOR)))[0], "author")
    for prefix, field in _TAG_FIELDS:
        if id.startswith(prefix):
            own = id.removeprefix(prefix)
            return _kept(parameter, field, _value(own), own)
    return _kept(parameter, "tag", _value(id), id)


def _kept(parameter: str, field: str, *values: str) -> Query:
    """Articles with any of these values, of which there are two if what was sent may be an id or the value itself."""
    return any_of([Keyword(field, value) for value in _fitting(parameter, *values)])


def _fitting(parameter: str, *values: str) -> list[str]:
    """Those of the values that an article may have. Raises ParameterError if none is."""
    spaced = dict.fromkeys(" ".join(blank_controls(value).split()) for value in values)
    fitting = [value for value in spaced if 0 < len(value) <= MAX_VALUE_LENGTH]
    if not fitting:
        raise ParameterError(parameter, f"needs an id of 1 to {MAX_VALUE_LENGTH} characters")
    return fitting
