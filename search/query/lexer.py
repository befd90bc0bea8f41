"""Splits a query into lexemes (words, phrases, parentheses, operators), each with its position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from search.query.fields import QUERY_FIELDS, VALID_NAMES, QueryField
from search.translation import gettext as _

QUOTES: Final = '"“”„‟«»「」『』＂'
ADDRESS: Final = "://"
"""A word that contains these three characters is an address: `?`, `*`, `~` and `^` are part of it."""
Warn = Callable[[str, int], None]
"""Takes a message about a repair, and its position."""
Kind = Literal["word", "phrase", "exact", "field", "open", "close", "and", "or", "not", "end"]

_ASCII_QUOTES = '"＂'
_OPERATORS: Final[dict[str, Kind]] = {"AND": "and", "OR": "or", "NOT": "not"}
_SPACE = re.compile(r"\s+")
_FIELD = re.compile(r"([A-Za-z_]+):(?!:|//)")
_WORD = re.compile(rf"(?:\\.|[^\s()\\{QUOTES}]|\\$|(?<=[א-ת])\"(?=[א-ת]))+", re.DOTALL)  # צה"ל is one word
_PHRASE_END = {
    True: re.compile(rf"((?:\\.|[^\\{_ASCII_QUOTES}])*)[{_ASCII_QUOTES}]", re.DOTALL),
    False: re.compile(rf"((?:\\.|[^\\{QUOTES}])*)[{QUOTES}]", re.DOTALL),
}
_SUFFIX = re.compile(r"([~^])([0-9.]*)")
_LAST_SUFFIX = re.compile(r"[~^][0-9.]*\Z")


class Lexeme(NamedTuple):
    """One token of the query's syntax. `text` keeps its backslashes.

    `near` and `boost` are what follows `~` and `^`: "" if nothing does, None without the sign.
    """

    kind: Kind
    position: int
    text: str = ""
    near: str | None = None
    boost: str | None = None
    field: QueryField | None = None


class Symbol(NamedTuple):
    """One character of a word; an escaped one is literal."""

    character: str
    escaped: bool = False


def symbols(text: str) -> list[Symbol]:
    """The characters of a lexeme's text; `\\` makes the character after it literal."""
    found: list[Symbol] = []
    escaped = False
    for character in text:
        if character == "\\" and not escaped:
            escaped = True
            continue
        found.append(Symbol(character, escaped))
        escaped = False
    return [*found, Symbol("\\", True)] if escaped else found


def unescaped(text: str) -> str:
    """The text with its escapes resolved."""
    return "".join(symbol.character for symbol in symbols(text))


def blank_controls(text: str) -> str:
    """The text with control characters replaced by spaces, so that positions stay the same."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)


class Lexer:
    """Reads one query, once, from left to right; calls `warn` for every repair."""

    def __init__(self, text: str, warn: Warn) -> None:
        self.text = blank_controls(text)
        self._warn = warn
        self.position = 0

    def lexemes(self) -> Iterator[Lexeme]:
        """The lexemes in order; the last one has the kind "end"."""
        after_field: QueryField | None = None
        while True:
            self._skip_space(after_field)
            if self.position >= len(self.text):
                break
            lexeme = self._next(after_field)
            if lexeme is not None:
                after_field = lexeme.field if lexeme.kind == "field" else None
                yield lexeme
        yield Lexeme("end", len(self.text))

    def _skip_space(self, after_field: QueryField | None) -> None:
        if match := _SPACE.match(self.text, self.position):
            if after_field and match.end() < len(self.text) and self.text[match.end()] != ")":
                message = _("the space after %(field)s was ignored", field=after_field.query_name + ":")
                self._warn(message, match.start())
            self.position = match.end()

    def _next(self, after_field: QueryField | None) -> Lexeme | None:
        start = self.position
        character = self.text[start]
        if character in "()":
            return self._parenthesis(start, "open" if character == "(" else "close")
        if character in QUOTES:
            return self._phrase(start, "phrase")
        if character == "=" and start + 1 < len(self.text):
            return self._exact(start)
        if after_field is None:
            if character == "-":
                return self._hyphen(start)
            if match := _FIELD.match(self.text, start):
                return self._field(match)
        return self._word(start, operators=after_field is None)

    def _parenthesis(self, start: int, kind: Kind) -> Lexeme:
        self.position = start + 1
        if kind == "open":
            return Lexeme(kind, start)
        near, boost = self._suffixes()
        if near is not None:
            self._warn(_("~ has no meaning after a parenthesis; it was ignored"), start + 1)
        return Lexeme(kind, start, boost=boost)

    def _phrase(self, start: int, kind: Kind) -> Lexeme:
        ends = (
            [_PHRASE_END[False]] if self.text[start] not in _ASCII_QUOTES else [_PHRASE_END[True], _PHRASE_END[False]]
        )
        match = next(filter(None, (end.match(self.text, start + 1) for end in ends)), None)
        if match is None:
            self.position = len(self.text)
            rest = self.text[start + 1 :]
            if rest.strip():
                self._warn(_("the quotation mark is never closed; it was closed at the end"), start)
            return Lexeme(kind, start, rest)
        self.position = match.end()
        near, boost = self._suffixes()
        return Lexeme(kind, start, match[1], near, boost)

    def _exact(self, start: int) -> Lexeme:
        if self.text[start + 1] in QUOTES:
            return self._phrase(start + 1, "exact")._replace(position=start)
        match = _WORD.match(self.text, start + 1)
        if match is None:
            return self._word(start, operators=False)
        self.position = match.end()
        return _suffixed("exact", start, match.group())

    def _hyphen(self, start: int) -> Lexeme | None:
        self.position = start + 1
        following = self.text[start + 1 : start + 2]
        if not following or following.isspace() or following == ")":
            self._warn(_("a lone hyphen was ignored; to exclude a word, write -word"), start)
            return None
        return Lexeme("not", start)

    def _field(self, match: re.Match[str]) -> Lexeme:
        name, start = match[1], match.start()
        field = QUERY_FIELDS.get(name.lower())
        if field is not None:
            self.position = match.end()
            return Lexeme("field", start, name, field=field)
        if match.end() == len(self.text) or self.text[match.end()].isspace():
            return self._word(start, operators=False)
        self.position = match.end()
        message = _(
            "there is no field %(name)s; it was searched as a word; the fields are %(fields)s",
            name=name,
            fields=VALID_NAMES,
        )
        self._warn(message, start)
        return Lexeme("word", start, name)

    def _word(self, start: int, *, operators: bool) -> Lexeme:
        match = _WORD.match(self.text, start)
        if match is None:  # only a lone "=" before a space, a parenthesis or the end does not match
            self.position = start + 1
            return Lexeme("word", start, self.text[start])
        self.position = match.end()
        kind = _OPERATORS.get(match.group(), "word") if operators else "word"
        return _suffixed(kind, start, match.group())

    def _suffixes(self) -> tuple[str | None, str | None]:
        found: dict[str, str] = {}
        while (match := _SUFFIX.match(self.text, self.position)) and match[1] not in found:
            found[match[1]] = match[2]
            self.position = match.end()
        return found.get("~"), found.get("^")


def _suffixed(kind: Kind, position: int, text: str) -> Lexeme:
    """The word without `~1` and `^2` at its end; an address keeps them."""
    if "~" not in text and "^" not in text:
        return Lexeme(kind, position, text)
    found: dict[str, str] = {}
    while ADDRESS not in text and (match := _LAST_SUFFIX.search(text)) and match.start() > 0:
        body, sign = text[: match.start()], match.group()[0]
        escaped = (len(body) - len(body.rstrip("\\"))) % 2
        if escaped or sign in found:
            break
        found[sign] = match.group()[1:]
        text = body
    return Lexeme(kind, position, text, found.get("~"), found.get("^"))
