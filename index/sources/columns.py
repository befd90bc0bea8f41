"""Which column of a table is which part of an article: by a given mapping, by our names, and by the names that others
use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from index.article import Article, Withdrawal
from index.normalize import shorten
from index.sources.fields import KEYS, article_of
from index.sources.reading import Reading
from search.errors import SourceError

OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("headline", "heading", "post_title", "article_title", "name", "subject"),
    "body": ("content", "text", "body_html", "content_html", "body_text", "article", "article_body", "full_text",
             "fulltext", "article_text", "post_content", "story", "html"),
    "published": ("date", "pubdate", "pub_date", "published_at", "publish_date", "date_published", "publication_date",
                  "published_on", "post_date", "datetime", "timestamp", "created_at", "created", "date_created"),
    "modified": ("updated_at", "updated", "modified_at", "last_modified", "date_modified", "post_modified"),
    "embargo": ("embargo_until", "embargoed_until", "embargo_date", "embargoed", "hold_until"),
    "url": ("link", "address", "href", "permalink", "canonical_url", "article_url", "uri"),
    "section": ("category", "categories", "desk", "channel", "topic", "rubric"),
    "author": ("byline", "writer", "author_name", "creator", "reporter"),
    "summary": ("description", "abstract", "standfirst", "lead", "excerpt", "teaser", "subtitle", "deck",
                "post_excerpt"),
    "tags": ("keywords", "tag", "labels"),
    "lang": ("locale",),
    "id": ("article_id", "post_id", "uuid", "guid_id"),
}  # fmt: skip
"""For names of ours the names of columns that mean the same, the likeliest first."""

MAX_SAID: Final = 20
"""Columns that are named in one message."""

_SAME: Final = {"sections": "section", "authors": "author", "language": "lang"}
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_MARKUP: Final = re.compile(r"</(?:p|div|h[1-6]|li|blockquote|a|em|strong)>|<br\s*/?>|<p[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table. `mapping` has for those that are read our names, `guessed` those of them that nobody
    stated; `unread` are the others. `missing` were stated and are not there."""

    mapping: Mapping[str, str]
    guessed: Mapping[str, str]
    unread: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def has(self, *ours: str) -> bool:
        """All of our names are there."""
        return set(ours) <= set(self.mapping.values())

    @property
    def are_of_articles(self) -> bool:
        """There is a title or a body."""
        return self.has("title") or self.has("body")

    def said(self) -> str:
        """What was guessed and what is not read, in a sentence; "" if nothing was."""
        guesses = ", ".join(f"{shorten(theirs, 60)} as {ours}" for theirs, ours in self.guessed.items())
        unread = f"not read: {_listed(self.unread)}" if self.unread else ""
        return "; ".join(part for part in (f"reads {guesses}" if guesses else "", unread) if part)

    def article(self, row: Mapping[str, Any], origin: str, place: str, reading: Reading) -> Article | Withdrawal:
        """The article in a row. A body with markup is HTML, if no column says otherwise. Raises SourceError."""
        value = {ours: row[theirs] for theirs, ours in self.mapping.items() if row.get(theirs) not in (None, "")}
        if not value:
            raise SourceError(origin, "the row is empty")
        body = value.get("body")
        if "body_format" not in value and isinstance(body, str) and _MARKUP.search(body):
            value["body_format"] = "html"
        return article_of(value, origin, place, _without_mapping(reading))


def columns_of(names: Sequence[str], given: Mapping[str, str]) -> Columns:
    """What the columns are. What is `given` comes first, then our own names, then the likeliest of others."""
    mapping = {theirs: ours for theirs, ours in given.items() if theirs in names}
    for name in names:
        ours = _SAME.get(_plain(name), _plain(name))
        if name not in mapping and ours in KEYS and ours not in mapping.values():
            mapping[name] = ours
    guessed: dict[str, str] = {}
    by_name = {_plain(name): name for name in reversed(names) if name not in mapping}
    for ours, others in OTHER_NAMES.items():
        found = next((by_name.pop(other) for other in others if other in by_name), None)
        if found is not None and ours not in mapping.values():
            guessed[found] = ours
    mapping |= guessed
    unread = tuple(name for name in names if name not in mapping)
    return Columns(mapping, guessed, unread, tuple(theirs for theirs in given if theirs not in names))


def no_article(name: str, what: str, names: Sequence[str], missing: Sequence[str] = ()) -> SourceError:
    """Why a table cannot be read: none of its columns is a title or a body. `missing` were said to be."""
    said = f", and no {_listed(missing)}" if missing else ""
    what_is_there = f"{what} has neither a title nor a body, only {_listed(names)}{said}"
    return SourceError(name, f"{what_is_there}; say which is which with --map COLUMN=title")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_SAID:,} others" if len(names) > MAX_SAID else ""
    return ", ".join(shorten(name, 60) or "(no name)" for name in names[:MAX_SAID]) + more


def _plain(name: str) -> str:
    return _SEPARATORS.sub("_", name.strip().lower())[:100]


def _without_mapping(reading: Reading) -> Reading:
    return Reading(reading.time_zone, root=reading.root)
