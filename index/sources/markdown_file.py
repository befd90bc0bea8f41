"""Markdown files with front matter, as Hugo, Jekyll, Eleventy and their kin keep a site: one file, one article.

What the file itself does not state comes from its name and its folders, by the conventions of these generators.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from index.article import Article, Withdrawal
from index.extraction.frontmatter import FrontMatter, Value, as_list, as_text, split_front_matter
from index.extraction.stated_dates import Unreadable, read_date
from index.sources.encoding import decode
from index.sources.fields import article_of, other_dates, stated_keys
from index.sources.reading import Reading
from search.document import language_tag

# Folders that say what kind of files are in them, not what the articles are about.
_CONTAINERS: Final = frozenset((
    "content", "src", "source", "site", "docs", "posts", "post", "_posts", "_drafts", "articles", "article", "blog",
    "entries",
))  # fmt: skip
_DATED_NAME: Final = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:-|$)")
_PERIOD: Final = re.compile(r"\d{1,4}")
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)

_ADDRESS_KEYS: Final = ("canonical_url", "canonicalurl", "canonical", "permalink", "url")
_SECTION_KEYS: Final = ("categories", "category", "sections", "section")


def read_markdown_file(data: bytes, origin: str, reading: Reading) -> Article | Withdrawal:
    """The article in a Markdown file, or why it is not published. Raises SourceError."""
    text = decode(data)
    place = reading.place(origin)
    path = PurePosixPath(place.removesuffix(".gz"))
    found = split_front_matter(text)
    reason = _unpublished(found, path, reading)
    url = _address(found)
    if reason:
        return Withdrawal(origin, "gone", reason, place=place, url=url)
    name = _DATED_NAME.match(path.name.partition(".")[0])
    value = {"published": name[1] if name else ""} | stated_keys(found)
    value |= {
        "body": found.text,
        "body_format": "markdown",
        "url": url,
        "section": _sections(found, path),
        "lang": _language(found, path),
        "type": as_text(found.first(("type",)) or ""),
    }
    article = article_of(value, origin, place, replace(reading, mapping={}), other_dates(found))
    if found.warning and isinstance(article, Article) and found.warning not in article.warnings:
        return replace(article, warnings=(found.warning, *article.warnings))
    return article


def _unpublished(found: FrontMatter, path: PurePosixPath, reading: Reading) -> str:
    if _is(found, "draft", "true") or _is(found, "published", "false") or "_drafts" in path.parts:
        return "a draft"
    expiry = found.first(("expirydate", "unpublishdate"))
    try:
        expired = expiry is not None and read_date(as_text(expiry), reading.time_zone)
    except Unreadable:
        return ""
    if isinstance(expired, datetime) and expired <= datetime.now(UTC):
        return "expired"
    return ""


def _is(found: FrontMatter, key: str, value: str) -> bool:
    stated = found.fields.get(key)
    return isinstance(stated, str) and stated.lower() == value


def _address(found: FrontMatter) -> str | None:
    stated = (as_text(found.fields[key]) for key in _ADDRESS_KEYS if key in found.fields)
    return next((address for address in stated if _ABSOLUTE.match(address)), None)


def _sections(found: FrontMatter, path: PurePosixPath) -> list[list[str] | str]:
    """The categories that are stated; without them, the folders by the rules of Jekyll and Hugo."""
    stated: Value | None = found.first(_SECTION_KEYS)
    if stated is not None:
        return list(as_list(stated))
    folders = list(path.parts[:-1])
    if "_posts" in folders:
        folders = folders[: folders.index("_posts")]
    named = [part for part in folders if part.lower() not in _CONTAINERS and not _PERIOD.fullmatch(part)]
    # A bundle is a folder of its own for one article, whose text is its index.
    if path.name.startswith("index.") and named and named[-1] == path.parent.name:
        named.pop()
    return [named[0].replace("-", " ").replace("_", " ")] if named else []


def _language(found: FrontMatter, path: PurePosixPath) -> str:
    stated = found.first(("lang", "language", "locale"))
    if stated is not None:
        return as_text(stated)
    suffixes = path.suffixes
    code = suffixes[-2][1:] if len(suffixes) > 1 else ""
    return code if len(code) in (2, 5) and language_tag(code) else ""
