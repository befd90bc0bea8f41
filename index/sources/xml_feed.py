"""RSS and Atom, read by feedparser, which is given bytes and nothing else: no address, no name of a file."""

from __future__ import annotations

import io
from typing import Any, Final

import feedparser
from feedparser.api import LooseFeedParser, StrictFeedParser

from index.sources.feed_entry import Category, Entry, Text
from search.errors import SourceError

MAX_LISTED: Final = 200
"""Authors and categories of one entry that are looked at."""
MAX_NAME: Final = 500
"""Characters of an author."""


def xml_entries(feed: bytes, address: str, origin: str) -> list[Entry]:
    """The entries of a feed, which need not be well-formed; `address` is where it came from, or "".

    Raises SourceError, in the name of `origin`, if feedparser fails.
    """
    headers = {"content-location": address} if address else {}
    # Markup is sanitised where it is shown.
    try:
        found = feedparser.parse(
            io.BytesIO(feed), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError) as error:
        raise SourceError(origin, f"feedparser cannot read it ({type(error).__name__}: {error})") from error
    # Plain dictionaries, since feedparser's own give one key's value for another.
    feed_itself = dict(found.feed) | {"is_atom": found.get("version", "").startswith("atom")}
    return [_entry(dict(entry), feed_itself) for entry in found.entries]


def _entry(entry: dict[str, Any], feed: dict[str, Any]) -> Entry:
    contents = [_text(one) for one in _dicts(entry.get("content"))]
    content = max((one for one in contents if one.value), key=lambda one: (one.is_html, len(one.value)), default=Text())
    languages = [
        str(one.get("language") or "") for one in (*_dicts(entry.get("content")), entry.get("title_detail", {}))
    ]
    return Entry(
        guid=str(entry.get("id") or ""),
        link=str(entry.get("feedburner_origlink") or entry.get("link") or ""),
        title=_text(entry.get("title_detail", {})),
        content=content,
        summary=_text(entry.get("summary_detail", {})),
        authors=_authors(entry) or (_authors(feed) if feed["is_atom"] else ()),
        categories=tuple(
            Category(str(tag.get("label") or tag.get("term") or ""), str(tag.get("scheme") or ""))
            for tag in _dicts(entry.get("tags"))
        ),
        published=str(entry.get("published") or entry.get("created") or ""),
        updated=str(entry.get("updated") or ""),
        language=next(filter(None, languages), "") or str(feed.get("language") or ""),
    )


def _text(detail: Any) -> Text:
    kind = str(detail.get("type") or "")
    value = str(detail.get("value") or "")
    is_text = not kind.startswith(("image/", "audio/", "video/"))
    return Text(value if is_text else "", kind != "text/plain", str(detail.get("base") or ""))


def _authors(found: Any) -> tuple[str, ...]:
    return tuple(str(one["name"]) for one in _dicts(found.get("authors")) if one.get("name"))


def _dicts(value: object) -> list[Any]:
    return [one for one in value[:MAX_LISTED] if isinstance(one, dict)] if isinstance(value, list) else []


def _bound_authors(parser: Any) -> None:
    """Cuts an author before feedparser looks for an e-mail address in it, which takes 30 s for 100 kB of "a.a.a."."""
    look = parser._sync_author_detail

    def look_at_beginning(self: Any, key: str = "author") -> None:
        context = self._get_context()
        if len(str(context.get(key) or "")) > MAX_NAME:
            context[key] = str(context[key])[:MAX_NAME]
        look(self, key)

    parser._sync_author_detail = look_at_beginning


_bound_authors(StrictFeedParser)
_bound_authors(LooseFeedParser)
