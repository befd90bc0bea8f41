"""JSON Lines: one article a line, plain or gzip. The keys are described in docs/reference/formats.md.

A line that cannot be read costs that line only, and its number is in the message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.article import Article, Piece, read_pieces
from index.dates import parse_moment
from index.fields import language_tag, plain, section_path, title_from, unique, web_address
from index.frontmatter import split_front_matter
from index.markdown import MAX_MARKDOWN
from index.markup import READERS
from index.sources.files import Input, file_size, open_input
from search.document import Moment
from search.errors import SourceError

MAX_LINE = 16 * 2**20
"""Bytes of one line; a longer one is reported and skipped."""

HOPELESS = 100
"""A file whose first lines, this many, all fail is not JSON Lines."""


def _as_list(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _as_tags(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else _as_list(value)


def _as_text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]


class ArticleLine(BaseModel):
    """One line. Every key may be absent or null; keys not named here are ignored; numbers pass for text."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    id: Text = ""
    url: Text = ""
    title: Text = ""
    section: Annotated[list[str | list[str]], BeforeValidator(_as_list)] = Field(
        default=[], validation_alias=AliasChoices("section", "sections")
    )
    tags: Annotated[list[str], BeforeValidator(_as_tags)] = []
    author: Texts = Field(default=[], validation_alias=AliasChoices("author", "authors"))
    published: Text = ""
    modified: Text = ""
    summary: Text = ""
    body: Text = ""
    body_format: Annotated[Literal["text", "markdown", "html"], BeforeValidator(lambda value: value or "text")] = "text"
    lang: Text = Field(default="", validation_alias=AliasChoices("lang", "language"))
    type: Text = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is one article; see `index.article.Piece`."""

    line: bytes
    file: str
    number: int
    time_zone: ZoneInfo

    @property
    def place(self) -> str:
        return f"{self.file}:{self.number}"

    @property
    def weight(self) -> int:
        return len(self.line)

    def read(self) -> Article:
        return parse_line(self.line, self.place, self.time_zone)


class JsonLines:
    """A file of articles, one JSON object a line. Times without a zone are in `time_zone`."""

    def __init__(self, path: Path, time_zone: ZoneInfo) -> None:
        self.name = str(path)
        self._path = path
        self._time_zone = time_zone
        self._position = 0

    def size(self) -> int:
        """Bytes on disk."""
        return file_size(self._path)

    def position(self) -> int:
        """Bytes read so far."""
        return self._position

    def pieces(self) -> Iterator[Piece | Article | SourceError]:
        """Every line in order, those up to the first article read already.

        Raises SourceError where the file is missing, empty, binary or no JSON Lines."""
        count = 0
        try:
            with open_input(self._path, self.name) as source:
                for item in _not_hopeless(self._lines(source), self.name):
                    count += 1
                    yield item
        except SourceError as error:
            if not count:
                raise
            yield error
            return
        if not count:
            raise SourceError(self.name, "the file is empty")

    def articles(self) -> Iterator[Article | SourceError]:
        """Every article in order. Raises as `pieces` does."""
        return read_pieces(self.pieces())

    def _lines(self, source: Input) -> Iterator[Line]:
        for number, line in enumerate(_bounded_lines(source), 1):
            self._position = source.position
            if number == 1:
                _check_beginning(line, self.name)
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield Line(line, self.name, number, self._time_zone)


def _not_hopeless(lines: Iterator[Line], name: str) -> Iterator[Line | Article | SourceError]:
    for line in lines:
        try:
            article = line.read()
        except SourceError as error:
            if line.number >= HOPELESS:
                raise SourceError(
                    name, f"not JSON Lines: none of its first {line.number} lines is an article"
                ) from error
            yield error
        else:
            yield article
            break
    yield from lines


def parse_line(line: bytes, place: str, time_zone: ZoneInfo) -> Article:
    """The article one line holds. Raises SourceError with the reason where it holds none."""
    if len(line) > MAX_LINE:
        raise SourceError(place, f"the line is longer than {MAX_LINE // 2**20} MiB; it was skipped")
    fields = _with_front_matter(_validate(_decode(line, place), place))
    body = READERS[fields.body_format](fields.body)
    title = plain(fields.title) or title_from(body)
    if not title:
        raise SourceError(place, "the article has neither a title nor a body")
    published, modified, warnings = _dates(fields, time_zone)
    if fields.body_format == "markdown" and len(fields.body) > MAX_MARKDOWN:
        warnings.append("the body is too long for Markdown and was read as plain text")
    language = language_tag(fields.lang)
    if fields.lang and not language:
        warnings.append(f"lang is not a language tag: {fields.lang[:40]!r}")
    return Article(
        place=place,
        id=plain(fields.id),
        url=web_address(fields.url),
        title=title,
        summary=plain(fields.summary),
        body=body.text,
        headings=body.headings,
        html=body.html,
        sections=unique(section_path(part if isinstance(part, list) else [part]) for part in fields.section),
        authors=unique(fields.author),
        tags=unique(fields.tags),
        published=published,
        modified=modified,
        language=language,
        type=plain(fields.type) or "article",
        warnings=tuple(warnings),
    )


def _with_front_matter(fields: ArticleLine) -> ArticleLine:
    """A Markdown body may still carry its front matter: it fills what the line itself leaves out."""
    if fields.body_format != "markdown":
        return fields
    stated, _ = split_front_matter(fields.body)
    keys = {"title": "title", "published": "date", "summary": "description", "tags": "tags", "author": "authors"}
    missing = {key: stated[name] for key, name in keys.items() if stated.get(name) and not getattr(fields, key)}
    for key in ("title", "published", "summary"):
        if isinstance(missing.get(key), list):
            del missing[key]
    for key in ("tags", "author"):
        if isinstance(value := missing.get(key), str):
            missing[key] = [value]
    return fields.model_copy(update=missing)


def _dates(fields: ArticleLine, time_zone: ZoneInfo) -> tuple[Moment | None, Moment | None, list[str]]:
    published, modified = (parse_moment(text, time_zone) for text in (fields.published, fields.modified))
    given = (("published", fields.published, published), ("modified", fields.modified, modified))
    return (
        published,
        modified,
        [f"{key} is not a date: {text[:40]!r}" for key, text, moment in given if text and not moment],
    )


def _decode(line: bytes, place: str) -> object:
    try:
        # Ids beyond 64 bits stay text: int() of a long run of digits costs quadratic time and is refused by Python.
        return json.loads(line.decode("utf-8"), parse_int=lambda digits: int(digits) if len(digits) < 19 else digits)
    except UnicodeDecodeError as error:
        raise SourceError(
            place, f"not UTF-8 (byte {error.start + 1} of the line); convert the file to UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SourceError(place, f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})") from error
    except RecursionError as error:
        raise SourceError(place, "not readable: the JSON is nested too deeply") from error


def _validate(value: object, place: str) -> ArticleLine:
    if not isinstance(value, dict):
        raise SourceError(place, f"each line must be a JSON object, this one is a {type(value).__name__}")
    try:
        return ArticleLine.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = str(first["loc"][0]) if first["loc"] else "line"
        raise SourceError(place, f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}") from error


def _bounded_lines(source: Input) -> Iterator[bytes]:
    """Lines of at most MAX_LINE + 1 bytes; what a longer line holds beyond that is passed over."""
    while line := source.readline(MAX_LINE + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = source.readline(2**20)


def _check_beginning(line: bytes, name: str) -> None:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(name, "the file is UTF-16; convert it to UTF-8")
    if b"\x00" in line[:4096]:
        raise SourceError(name, "a binary file, not JSON Lines")
    if line.strip().startswith(b"[") and line.strip() in (b"[", b"[{"):
        raise SourceError(name, "a JSON array, not JSON Lines; write one object a line")
