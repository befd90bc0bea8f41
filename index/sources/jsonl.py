"""JSON Lines: one article a line, plain or gzip. The keys are described in docs/reference/formats.md.

A line that cannot be read costs only that line, and the message has its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.article import Article, Record, read_record
from index.extraction.body import Body, title_from
from index.extraction.dates import parse_moment
from index.extraction.frontmatter import as_list, as_text, split_front_matter
from index.extraction.html_tree import read_html
from index.extraction.markdown import read_markdown
from index.extraction.plain_text import read_text
from index.identity import article_url
from index.normalize import plain, section_path, shorten, unique
from index.sources.files import Input, open_input, unpacked_size
from index.sources.reading import Reading
from search.document import Moment, language_tag
from search.errors import SourceError

EXTENSIONS: Final = (".jsonl", ".ndjson")

MAX_LINE = 16 * 2**20
"""Bytes of one line; a longer one is reported and skipped."""

HOPELESS = 100
"""If none of this many first lines is an article, the file is not JSON Lines."""

MAX_UNKNOWN_KEYS: Final = 20
"""Unknown keys of one line that are reported."""


def _as_list(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _as_tags(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else _as_list(value)


def _as_text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]


class ArticleLine(BaseModel):
    """One line. Every key may be absent or null; keys that are not fields here are ignored; numbers pass for text."""

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


FRONT_MATTER: Final = {
    "title": ("title",),
    "published": ("date", "published", "pubdate"),
    "modified": ("lastmod", "updated", "modified"),
    "summary": ("description", "summary", "excerpt"),
    "tags": ("tags", "keywords"),
    "author": ("authors", "author"),
}
"""For each key of a line, the keys of front matter that fill it."""

BAD_URL: Final = "a url that is not an absolute http or https address is left out"

READERS: Final[dict[str, Callable[[str], Body]]] = {"text": read_text, "markdown": read_markdown, "html": read_html}
"""The values of `body_format`, and the reader for each."""

KEYS: Final = frozenset(
    name
    for key, field in ArticleLine.model_fields.items()
    for name in (
        [str(choice) for choice in field.validation_alias.choices]
        if isinstance(field.validation_alias, AliasChoices)
        else [key]
    )
)
"""Every key that is read from a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is one article; see `index.article.Record`."""

    line: bytes
    file: str
    place: str
    number: int
    time_zone: ZoneInfo

    @property
    def origin(self) -> str:
        """The file and the number of the line."""
        return f"{self.file}:{self.number}"

    @property
    def weight(self) -> int:
        """Its bytes."""
        return len(self.line)

    def read(self) -> Article:
        """The article in the line. Raises SourceError."""
        return replace(parse_line(self.line, self.origin, self.time_zone), place=f"{self.place}:{self.number}")


class JsonLines:
    """A file of articles, one JSON object a line; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._reading = reading

    @cached_property
    def size(self) -> int:
        """Bytes after decompression."""
        return unpacked_size(self.name)

    def records(self) -> Iterator[Record | SourceError]:
        """Every line that is not blank, in order.

        Raises SourceError if the file is missing, empty, binary or not JSON Lines, or if it breaks off.
        """
        empty = True
        with open_input(self.name) as source:
            for record in _not_hopeless(self._lines(source), self.name):
                empty = False
                yield record
        if empty:
            raise SourceError(self.name, "the file is empty")

    def _lines(self, source: Input) -> Iterator[Line]:
        place, time_zone = self._reading.place(self.name), self._reading.time_zone
        for number, line in enumerate(_bounded_lines(source), 1):
            if number == 1:
                _check_beginning(line, self.name)
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield Line(line, self.name, place, number, time_zone)


def accepts(location: str, head: bytes) -> bool:
    """A file called JSON Lines, or one whose first line is an article with title and body."""
    if location.lower().removesuffix(".gz").endswith(EXTENSIONS):
        return True
    line, end, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not line.startswith(b"{") or not end:
        return False
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and {"title", "body"} <= value.keys()


def _not_hopeless(lines: Iterator[Line], name: str) -> Iterator[Line | SourceError]:
    """The lines. Those up to the first article are read here already, to recognise a file of another format."""
    for line in lines:
        try:
            read_record(line)
        except SourceError as error:
            if line.number >= HOPELESS:
                raise SourceError(
                    name, f"not JSON Lines: none of its first {line.number} lines is an article"
                ) from error
            yield error
        else:
            yield line
            break
    yield from lines


def parse_line(line: bytes, origin: str, time_zone: ZoneInfo) -> Article:
    """The article in one line. Raises SourceError with the reason if there is none."""
    if len(line) > MAX_LINE:
        raise SourceError(origin, f"the line is longer than {MAX_LINE // 2**20} MiB; it was skipped")
    value = _decode(line, origin)
    fields, warnings = _with_front_matter(_validate(value, origin))
    body = READERS[fields.body_format](fields.body)
    title = plain(fields.title) or title_from(body)
    if not title:
        raise SourceError(origin, "the article has neither a title nor a body")
    published, modified, undated = _dates(fields, time_zone)
    warnings += [*undated, *body.warnings]
    url = article_url(fields.url)
    language = language_tag(fields.lang)
    if fields.lang and not language:
        warnings.append(f"lang is not a language tag: {fields.lang[:40]!r}")
    return Article(
        origin=origin,
        id=plain(fields.id),
        url=url,
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
        source_warnings=(*_unknown_keys(value.keys() - KEYS), *(() if url or not fields.url else (BAD_URL,))),
    )


def _unknown_keys(keys: Iterable[str]) -> Iterator[str]:
    for key in sorted(keys)[:MAX_UNKNOWN_KEYS]:
        near = get_close_matches(key[:100].lower(), KEYS, n=1, cutoff=0.75)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"the key {shorten(key, 60)!r} is not known and is ignored{hint}"


def _with_front_matter(fields: ArticleLine) -> tuple[ArticleLine, list[str]]:
    """A Markdown body may still begin with its front matter, which fills what the line itself leaves out."""
    if fields.body_format != "markdown":
        return fields, []
    found = split_front_matter(fields.body)
    missing: dict[str, object] = {}
    for key, names in FRONT_MATTER.items():
        value = next((found.fields[name] for name in names if name in found.fields), None)
        if value is not None and not getattr(fields, key):
            missing[key] = as_list(value) if key in ("tags", "author") else as_text(value)
    return fields.model_copy(update=missing), [found.warning] if found.warning else []


def _dates(fields: ArticleLine, time_zone: ZoneInfo) -> tuple[Moment | None, Moment | None, list[str]]:
    published, modified = (parse_moment(text, time_zone) for text in (fields.published, fields.modified))
    given = (("published", fields.published, published), ("modified", fields.modified, modified))
    return (
        published,
        modified,
        [f"{key} is not a date: {text[:40]!r}" for key, text, moment in given if text and not moment],
    )


def _decode(line: bytes, origin: str) -> dict[str, Any]:
    try:
        # Ids beyond 64 bits stay text: int() of a long run of digits costs quadratic time and is refused by Python.
        value = json.loads(line.decode("utf-8"), parse_int=lambda digits: int(digits) if len(digits) < 19 else digits)
    except UnicodeDecodeError as error:
        raise SourceError(
            origin, f"not UTF-8 (byte {error.start + 1} of the line); convert the file to UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SourceError(origin, f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})") from error
    except RecursionError as error:
        raise SourceError(origin, "not readable: the JSON is nested too deeply") from error
    if not isinstance(value, dict):
        raise SourceError(origin, f"each line must be a JSON object, this one is a {type(value).__name__}")
    return value


def _validate(value: dict[str, Any], origin: str) -> ArticleLine:
    try:
        return ArticleLine.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = str(first["loc"][0]) if first["loc"] else "line"
        raise SourceError(origin, f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}") from error


def _bounded_lines(source: Input) -> Iterator[bytes]:
    """Lines of at most MAX_LINE + 1 bytes; the rest of a longer line is passed over."""
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
