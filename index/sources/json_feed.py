"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from index.sources.feed_entry import Category, Entry, Text
from search.errors import SourceError


def json_entries(data: bytes, name: str) -> Iterator[Entry | SourceError]:
    """The entries of a JSON Feed, in order. Raises SourceError if it is not one."""
    feed = _decoded(data, name)
    items = feed.get("items")
    if not isinstance(items, list):
        raise SourceError(name, 'a JSON Feed without a list of "items"')
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield _entry(item, feed)
        else:
            yield SourceError(f"{name}, entry {number}", "not a JSON object")


def _decoded(data: bytes, name: str) -> dict[str, Any]:
    try:
        feed = json.loads(data.decode("utf-8-sig"), parse_int=str)
    except UnicodeDecodeError as error:
        raise SourceError(name, "the JSON Feed is not UTF-8; convert it") from error
    except json.JSONDecodeError as error:
        raise SourceError(name, f"the JSON Feed is broken at line {error.lineno}: {error.msg.lower()}") from error
    except RecursionError as error:
        raise SourceError(name, "the JSON Feed is nested too deeply") from error
    if not isinstance(feed, dict):
        raise SourceError(name, "not a JSON Feed: it must be a JSON object")
    return feed


def _entry(item: dict[str, Any], feed: dict[str, Any]) -> Entry:
    html, text = _text(item.get("content_html")), _text(item.get("content_text"))
    link = _text(item.get("url")) or _text(item.get("external_url"))
    return Entry(
        guid=_text(item.get("id")),
        link=link,
        title=Text(_text(item.get("title")), is_html=False),
        content=Text(html, base=link) if html else Text(text, is_html=False),
        summary=Text(_text(item.get("summary")), is_html=False),
        authors=_authors(item) or _authors(feed),
        categories=tuple(Category(name) for name in map(_text, _list(item.get("tags"))) if name),
        published=_text(item.get("date_published")),
        updated=_text(item.get("date_modified")),
        language=_text(item.get("language")) or _text(feed.get("language")),
    )


def _authors(value: dict[str, Any]) -> tuple[str, ...]:
    """Version 1.1 has a list of authors, version 1.0 one author."""
    given = _list(value.get("authors")) or [value.get("author")]
    return tuple(filter(None, (_text(one.get("name")) for one in given if isinstance(one, dict))))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
