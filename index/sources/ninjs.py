"""ninjs, the IPTC's news items in JSON (https://iptc.org/standards/ninjs/), of generations 1, 2 and 3.

The generations differ by where texts stand (`body_html`, or a list of bodies) and by the case of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from index.article import Article, Record, Withdrawal
from index.extraction.body import Body
from index.extraction.html_text import read_html
from index.extraction.plain_text import read_text
from index.normalize import section_path
from index.sources.agency import MAX_LINE, MAX_LISTED, AgencyItem
from index.sources.files import open_input
from index.sources.json_file import split_values
from index.sources.jsonl import MAX_LINE as MAX_ITEM
from index.sources.jsonl import decode_object
from index.sources.reading import Reading
from search.errors import SourceError

_HTML: Final = re.compile(r"</?[a-z][^<>]{0,1000}>", re.IGNORECASE)
_TOP: Final = re.compile(r"(?:.*\D)?\d{2}000000")
"""The code of a subject that is at the top of the IPTC's tree, such as medtop:15000000 (sport)."""

_WITHOUT_TEXT: Final = {
    "picture": "a picture", "graphic": "a graphic", "audio": "a sound", "video": "a film",
    "event": "an event", "planning": "a planning item",
}  # fmt: skip
_CATEGORIES: Final = frozenset({"category", "section"})


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file; see `index.article.Record`. `number` is its place in an array, 0 if it is alone."""

    text: bytes
    file: str
    number: int
    reading: Reading

    @property
    def origin(self) -> str:
        """The file, and the number of the item in it, from 1."""
        return f"{self.file}#{self.number}" if self.number else self.file

    @property
    def weight(self) -> int:
        """Its bytes."""
        return len(self.text)

    def read(self) -> Article | Withdrawal:
        """The item. Raises SourceError."""
        if len(self.text) > MAX_ITEM:
            raise SourceError(self.origin, f"longer than {MAX_ITEM // 2**20} MiB; it was skipped")
        place = self.reading.place(self.file)
        return read_item(
            decode_object(self.text, self.origin),
            self.origin,
            f"{place}#{self.number}" if self.number else place,
            self.reading,
        )


def read_items(name: str, reading: Reading) -> Iterator[Record | SourceError]:
    """The items in order. Raises SourceError if there is none, or if the file breaks off."""
    with open_input(name) as source:
        values = split_values(source, name)
        first = next(values, None)
        if first is None:
            raise SourceError(name, "holds no JSON object")
        second = next(values, None)
        yield Item(first, name, 0 if second is None else 1, reading)
        if second is not None:
            yield Item(second, name, 2, reading)
        for number, text in enumerate(values, 3):
            yield Item(text, name, number, reading)


def read_item(value: dict[str, Any], origin: str, place: str, reading: Reading) -> Article | Withdrawal:
    """The article that an item is, or the notice that there is none. Raises SourceError."""
    value = {key.lower(): given for key, given in value.items()}
    own = _text(value.get("uri")) or _text(value.get("guid"))
    body = _body(value)
    kind = _text(value.get("type")).lower()
    status = _as_stated(value.get("pubstatus"))
    if not body.text and kind in _WITHOUT_TEXT and status.lower() in ("", "usable"):
        return Withdrawal(origin, "gone", _WITHOUT_TEXT[kind], own, own, place)
    subjects = [*_named(value, "subject", "subjects")]
    item = AgencyItem(
        id=own,
        status=status,
        version=_text(value.get("version")),
        headline=_headline(value),
        summary=_written(value, "description", "descriptions", ("summary", "caption")).text,
        body=body,
        authors=tuple(_authors(value)),
        sections=tuple(section_path([one["name"]]) for one in subjects if _is_section(one))
        + tuple(section_path([one["name"]]) for one in _named(value, "service", "services")),
        tags=tuple(one["name"] for one in subjects if not _is_section(one)) + tuple(_texts(value.get("keywords"))),
        genres=tuple(one["name"] for one in _named(value, "genre", "genres")),
        created=_text(value.get("firstcreated")),
        issued=_text(value.get("versioncreated")),
        released=_released(value),
        language=_text(value.get("language")),
    )
    return item.article(origin, place, reading.time_zone)


def _released(value: dict[str, Any]) -> str:
    """The embargo. That there is one says less than until when."""
    embargoed, until = _as_stated(value.get("embargoed")), _as_stated(value.get("embargoeduntil"))
    return until if until and embargoed in ("", "true", "false") else embargoed


def _headline(value: dict[str, Any]) -> str:
    headlines = _rows(value.get("headlines"))
    main = [one for one in headlines if _text(one.get("role")).lower() in ("main", "headline", "")] or headlines
    stated = _text(value.get("headline")) or next((_text(one.get("value")) for one in main), "")
    stated = stated or _text(value.get("title"))
    return read_html(stated).text if _HTML.search(stated) else stated


def _body(value: dict[str, Any]) -> Body:
    return _written(value, "body", "bodies", ("main", "html", "xhtml", "text"))


def _written(value: dict[str, Any], prefix: str, plural: str, first: tuple[str, ...]) -> Body:
    """The text that is marked up, else the plain one; of several the one whose role comes first in `first`."""
    found = [
        (key.removeprefix(f"{prefix}_"), "", given)
        for key, given in value.items()
        if key.startswith(f"{prefix}_") and isinstance(given, str)
    ]
    found += [
        (_text(one.get("role")).lower(), _text(one.get("contenttype")).lower(), _long(one.get("value")))
        for one in _rows(value.get(plural))
    ]
    found = [one for one in found if one[2].strip()]
    if not found:
        return Body()
    marked = [one for one in found if "html" in one[0] or "html" in one[1] or (not one[1] and _HTML.search(one[2]))]
    _, _, text = min(marked or found, key=lambda one: first.index(one[0]) if one[0] in first else len(first))
    return read_html(text) if marked else read_text(text)


def _authors(value: dict[str, Any]) -> Iterator[str]:
    people = [one["name"] for one in _named(value, "person", "people") if one["rel"] in ("author", "creator", "by")]
    people = people or [one["name"] for one in _named(value, "authors", "authors")]
    byline = _text(value.get("byline")) or _text(value.get("by"))
    yield from people or ([byline] if byline else [])


def _is_section(subject: dict[str, str]) -> bool:
    return subject["rel"] in _CATEGORIES or _TOP.fullmatch(subject["code"]) is not None


def _named(value: dict[str, Any], *keys: str) -> Iterator[dict[str, str]]:
    """What has a name in the lists under the keys, with its relation and code."""
    for one in (row for key in dict.fromkeys(keys) for row in _rows(value.get(key))):
        name = _text(one.get("name")) or _text(one.get("literal"))
        if name:
            code = _text(one.get("code")) or _text(one.get("uri"))
            yield {"name": name, "rel": _text(one.get("rel")).lower(), "code": code}


def _rows(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, with their keys in lower case."""
    rows = value[:MAX_LISTED] if isinstance(value, list) else [value]
    return [{str(key).lower(): given for key, given in row.items()} for row in rows if isinstance(row, dict)]


def _texts(value: Any) -> Iterator[str]:
    yield from (_text(one) for one in (value[:MAX_LISTED] if isinstance(value, list) else [value]) if one)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:MAX_LINE]


def _as_stated(value: Any) -> str:
    """The text; what is none gives a word that is no status and no date, so that the item is withheld."""
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if value is None or isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _long(value: Any) -> str:
    return value if isinstance(value, str) else ""
