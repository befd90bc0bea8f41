"""The document: what is indexed and stored of one article, as a frozen dataclass.

Headings are kept twice on purpose: inside `body`, so that they are read and searched in context,
and in `headings` with their offsets, so that a match in the body can be shown under its heading.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from search.records import record, sent

SECTION_SEPARATOR = " > "

MAX_URL: Final = 2_000

_NOT_IN_URL: Final = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]')
# RFC 5646, section 2.1, without its irregular tags: a language, then subtags of at most eight characters.
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}")

_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

Moment = datetime | date
"""An aware `datetime`, or a bare `date` if the time of day is not known.

A bare date is the same day in every time zone; the day of a datetime depends on the time zone.
"""


class Canonical(NamedTuple):
    """An article as bytes: a JSON object without `source`, `body` and `html`, then `body` and `html` in UTF-8."""

    head: bytes
    body: bytes
    html: bytes


@sent
@record
class Heading:
    """A heading inside an article.

    `offset` is where its text begins in `Document.body`, in characters; `level` is 2 to 6;
    `anchor` is the fragment identifier on the article's original page, if it has one.
    """

    text: str
    level: int
    offset: int
    anchor: str | None = None


@record
class Head:
    """An article without its text: what a list of hits shows. The fields are those of `Document`."""

    id: str
    title: str
    summary: str = ""
    headings: tuple[Heading, ...] = ()
    url: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    modified: Moment | None = None
    language: str = ""
    type: str = "article"
    source: str = ""
    fingerprint: int = 0
    first_published: Moment | None = None


@sent
@dataclass(frozen=True, slots=True)
class Document:
    """One article, normalised and ready to index.

    `body` is plain text, with paragraphs and headings separated by blank lines.
    `html` is the markup of the article, or ""; it is not sanitised, so sanitise it on output.
    `sections` are paths such as "News > Economy". `language` is a BCP 47 tag such as "en" or "zh-TW", or "".
    `source` is the input that the article came from (a path or URL), for pruning and for messages.
    `fingerprint` is a 64-bit similarity hash of the body: near-copies differ in few bits; 0 if the body is too short.
    `first_published` is when it first appeared, if that is not `published`.
    """

    id: str
    title: str
    body: str = ""
    summary: str = ""
    headings: tuple[Heading, ...] = ()
    url: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    modified: Moment | None = None
    language: str = ""
    type: str = "article"
    source: str = ""
    html: str = field(default="", repr=False)
    fingerprint: int = 0
    first_published: Moment | None = None

    def head(self) -> Head:
        """The article without its text."""
        return Head(
            self.id,
            self.title,
            self.summary,
            self.headings,
            self.url,
            self.sections,
            self.authors,
            self.tags,
            self.published,
            self.modified,
            self.language,
            self.type,
            self.source,
            self.fingerprint,
            self.first_published,
        )

    def canonical(self) -> Canonical:
        """Everything except `source`; equal articles give the same bytes in every process."""
        content: dict[str, object] = {
            "id": self.id,
            "title": self.title,
            "summary": self.summary,
            "headings": [(row.text, row.level, row.offset, row.anchor) for row in self.headings],
            "url": self.url,
            "sections": self.sections,
            "authors": self.authors,
            "tags": self.tags,
            "published": None if self.published is None else self.published.isoformat(),
            "modified": None if self.modified is None else self.modified.isoformat(),
            "language": self.language,
            "type": self.type,
            "fingerprint": self.fingerprint,
        }
        if self.first_published is not None:
            content["first_published"] = self.first_published.isoformat()
        head, body, html = (
            text.encode("utf-8", "surrogatepass") for text in (_JSON.encode(content), self.body, self.html)
        )
        return Canonical(head, body, html)

    def content_hash(self) -> str:
        """A hex digest (BLAKE2b, 128 bits) of everything except `source`; the same for equal articles everywhere."""
        return content_digest(self.canonical()).hex()


def moment_of(text: str | None) -> Moment | None:
    """The moment that `isoformat` wrote, as `Document.canonical` has it; None for None. Raises ValueError."""
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def content_digest(canonical: Canonical) -> bytes:
    """`Document.content_hash` as 16 bytes, from the result of `Document.canonical`."""
    head, body, html = canonical
    content = b"%d %b%d %b%d %b" % (len(head), head, len(body), body, len(html), html)
    return hashlib.blake2b(content, digest_size=16).digest()


def is_below(source: str, root: str) -> bool:
    """The source is `root` itself, or a file or an address below it. An empty root holds only itself."""
    if source == root:
        return True
    folder = root.rstrip("/" + os.sep)
    return source.startswith((f"{folder}/", folder + os.sep)) and bool(root)


def section_ancestors(section: str) -> tuple[str, ...]:
    """The section and every section above it: "News > Economy" gives ("News", "News > Economy")."""
    parts = section.split(SECTION_SEPARATOR)
    return tuple(SECTION_SEPARATOR.join(parts[: depth + 1]) for depth in range(len(parts)))


def web_address(url: str | None) -> str | None:
    """The address if a reader may be sent to it, else None.

    It has to be absolute, http or https, with a host, without control characters or spaces, and of at most
    MAX_URL characters.
    """
    if not url or len(url) > MAX_URL or _NOT_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, a bracket without its pair
        return None
    return url if usable else None


def language_tag(text: str | None) -> str:
    """The language tag in its usual case ("zh_tw" is "zh-TW"; RFC 5646, section 2.1.1), or "" if it is not a tag.

    The encoding in the name of a locale ("pt_BR.UTF-8") is dropped.
    """
    tag = (text or "").strip().partition(".")[0].replace("_", "-")
    if not _LANGUAGE_TAG.fullmatch(tag):
        return ""
    first, *rest = tag.split("-")
    cased = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(cased.get(len(part), str.lower)(part) for part in rest)])
