"""Posts as the REST API of WordPress gives them: JSON objects, from the API or saved in a file.

The fields are those of https://developer.wordpress.org/rest-api/reference/posts/, and what common plugins add to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from index.article import Article, Record, Skipped, Withdrawal
from index.identity import article_url
from index.normalize import plain, shorten
from index.sources.files import file_digest, file_size, read_page
from index.sources.reading import Reading
from index.sources.wordpress.left_out import LeftOut, hidden_as, reason_to_leave, withdrawal_kind
from index.sources.wordpress.posts import POST, Post, article_of, changed_at, plain_text
from index.sources.wordpress.shortcodes import without_shortcodes
from search.errors import SourceError

MAX_FILE: Final = 64 * 2**20
"""Bytes of a file of objects; a page of a hundred posts has one or two million."""


NAMELESS: Final = "its categories, tags and authors are only numbers; ask the API for _embed=1 to have their names"

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers in a post stand for."""

    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostObject:
    """An object that is a post; see `index.article.Record`."""

    origin: str
    place: str
    value: Object
    names: Names
    time_zone: ZoneInfo
    source_warnings: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """The characters of its content."""
        return len(markup_of(self.value, "content"))

    def read(self) -> Article:
        """The article in the object. Raises SourceError."""
        return article_of(self._post(), self.time_zone)

    def _post(self) -> Post:
        value, names = self.value, self.names
        return Post(
            origin=self.origin,
            place=self.place,
            title=markup_of(value, "title"),
            content=without_shortcodes(markup_of(value, "content")),
            excerpt=markup_of(value, "excerpt"),
            url=text_of(value, "link"),
            guid=markup_of(value, "guid"),
            type=text_of(value, "type") or POST,
            published_gmt=text_of(value, "date_gmt"),
            published=text_of(value, "date"),
            modified_gmt=text_of(value, "modified_gmt"),
            modified=text_of(value, "modified"),
            is_scheduled=text_of(value, "status") == "future",
            sections=names.sections,
            tags=names.tags,
            authors=stated_authors(value) or names.authors,
            language=_language(value),
            source_warnings=self.source_warnings,
        )


def text_of(value: Object, key: str) -> str:
    """The text under a key; "" if there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def markup_of(value: Object, key: str) -> str:
    """The markup under a key, where the API gives {"rendered": "…"}."""
    found = value.get(key)
    return text_of(found, "rendered") if isinstance(found, dict) else text_of(value, key)


def number_of(value: Object) -> int:
    """The number of a post; 0 if it has none."""
    found = value.get("id")
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def numbers_in(value: Object, key: str) -> list[int]:
    """The numbers under a key, such as those of its categories."""
    return [one for one in _list(value.get(key)) if isinstance(one, int)]


def objects_in(value: object) -> list[Object]:
    """The objects in a list; none if it is no list."""
    return [one for one in _list(value) if isinstance(one, dict)]


def kind_left_out(value: Object, types: tuple[str, ...]) -> str:
    """The kind as which a post is left out, or "" if it is wanted; see `reason_to_leave`."""
    content = value.get("content")
    is_protected = isinstance(content, dict) and content.get("protected") is True
    kind, status = text_of(value, "type") or types[0], text_of(value, "status") or "publish"
    return reason_to_leave(kind, status, has_password=is_protected, types=types)


def stated_authors(value: Object) -> tuple[str, ...]:
    """The names of the authors, where a plugin for several authors states them in the post."""
    for key in ("authors", "coauthors", "newspack_author_info"):
        if names := tuple(filter(None, map(_author_name, objects_in(value.get(key))))):
            return names
    return ()


def embedded_names(value: Object) -> Names:
    """What the numbers in a post stand for, as far as it was asked for with `_embed`."""
    embedded = value.get("_embedded")
    if not isinstance(embedded, dict):
        return Names()
    terms = [term for group in _list(embedded.get("wp:term")) for term in objects_in(group)]
    authors = objects_in(embedded.get("author"))

    def named(taxonomy: str) -> tuple[str, ...]:
        return tuple(plain_text(text_of(term, "name")) for term in terms if term.get("taxonomy") == taxonomy)

    return Names(named("category"), named("post_tag"), tuple(filter(None, map(_author_name, authors))))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _author_name(value: Object) -> str:
    names = (plain_text(text_of(value, key)) for key in ("display_name", "displayName", "name"))
    return next(filter(None, names), "")


def _language(value: Object) -> str:
    """The language, where a plugin for several languages states it (Polylang, WPML)."""
    return next(filter(None, (text_of(value, key) for key in ("lang", "wpml_current_locale", "language"))), "")


# --- files


class ObjectsFile:
    """A file with one post of the REST API, or an array of them; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._reading = reading

    @cached_property
    def size(self) -> int:
        """Bytes on disk."""
        return file_size(self.name)

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return file_digest(self.name, type(self).__name__, *self._reading.told(self.name))

    def records(self) -> Iterator[Record | SourceError]:
        """Its posts in order, and in the end what was left out. Raises SourceError if the file is no JSON."""
        values = parse_json(read_page(self.name, MAX_FILE), self.name)
        left_out = LeftOut()
        for number, value in enumerate(values if isinstance(values, list) else [values], 1):
            origin = f"{self.name}: post {number}" if isinstance(values, list) else self.name
            record = self._record(value, origin, left_out)
            if record:
                yield record
        if left_out:
            yield Skipped(self.name, left_out.sentence(), 0)

    def _record(self, value: object, origin: str, left_out: LeftOut) -> Record | SourceError | None:
        if not isinstance(value, dict):
            return SourceError(origin, f"not a post: {shorten(ascii(value), 60)}")
        place = f"{self._reading.place(self.name)}#{number_of(value)}"
        if kind := kind_left_out(value, self._reading.types):
            left_out.add(kind)
            reason = hidden_as(text_of(value, "type") or self._reading.types[0], kind, self._reading.types)
            return withdrawal_of(value, origin, place, reason) if reason else None
        names = embedded_names(value)
        is_nameless = "_embedded" not in value and bool(numbers_in(value, "categories") or numbers_in(value, "tags"))
        warnings = (NAMELESS,) if is_nameless else ()
        return PostObject(origin, place, without_surplus(value), names, self._reading.time_zone, warnings)


def parse_json(data: bytes, origin: str) -> Any:
    """The value in `data`. Raises SourceError if it is no JSON."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise SourceError(origin, "not readable: the JSON is nested too deeply") from error
    except ValueError as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise SourceError(origin, f"not JSON, or cut off: {what[:1].lower()}{what[1:200]}") from error


def withdrawal_of(value: Object, origin: str, place: str, reason: str) -> Withdrawal:
    """The notice that a post is not to be shown."""
    guid, url = plain(markup_of(value, "guid")), article_url(text_of(value, "link"))
    at = changed_at(text_of(value, "modified_gmt"))
    return Withdrawal(origin, withdrawal_kind(reason), reason, guid=guid, place=place, url=url, at=at, known_only=True)


FIELDS: Final = (
    "id", "title", "content", "excerpt", "link", "guid", "type", "status", "date_gmt", "date", "modified_gmt",
    "modified", "authors", "coauthors", "newspack_author_info", "lang", "wpml_current_locale", "language",
)  # fmt: skip
"""Keys of a post that its article is made from, beside the numbers of its categories, tags and author."""


def without_surplus(value: Object) -> Object:
    """The post with no more than its article is made from."""
    return {key: value[key] for key in FIELDS if key in value}
