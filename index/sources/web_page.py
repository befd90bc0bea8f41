"""Pages at addresses: fetched here, read into their articles in any process."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import Message
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Article, Withdrawal
from index.fetching import Disallowed, Fetched, Fetcher, FetchError
from index.fetching.address import read_address
from index.fetching.validators import Validator, validator_of
from index.sources.encoding import is_binary, text_encoding
from index.sources.html import read_html_page
from index.sources.recognition import is_html
from search.document import Moment
from search.errors import SourceError

HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_META_ROBOTS: Final = re.compile(
    rb"""<meta\b(?=[^>]{0,500}\bname\s{0,9}=\s{0,9}["']?\s{0,9}(?:robots|backfile)\b)"""
    rb"""[^>]{0,500}\bcontent\s{0,9}=\s{0,9}(?:["']([^"'>]{0,500})|([^\s"'>]{1,500}))""",
    re.IGNORECASE,
)
_ACCEPTED: Final = "text/html, application/xhtml+xml, */*;q=0.5"
_HEAD: Final = 262_144
"""Bytes of a page in which its statement for robots is looked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """What whoever named a page said of its article; it comes before what the page says itself."""

    guid: str = ""
    title: str = ""
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    language: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that was fetched from `url`, in the end; `origin` was asked for. `moved`: that leads to `url` for good.

    See `index.article.Record`.
    """

    origin: str
    url: str
    data: bytes
    time_zone: ZoneInfo
    known: Known = Known()
    moved: bool = False

    @property
    def weight(self) -> int:
        """Its bytes."""
        return len(self.data)

    def read(self) -> Article:
        """The article on the page. Raises SourceError."""
        if is_binary(self.data):
            raise SourceError(self.origin, "a binary file, not HTML")
        page = read_html_page(self.data, self.origin, self.time_zone)
        known, url = self.known, page.url or self.url
        return replace(
            page,
            url=url,
            found_at=self.origin if url != self.origin else None,
            moved=self.moved,
            guid=known.guid,
            title=known.title or page.title,
            sections=known.sections or page.sections,
            authors=known.authors or page.authors,
            tags=known.tags or page.tags,
            published=known.published or page.published,
            language=page.language or known.language,
            type=known.type or page.type,
        )


def fetch_page(
    fetcher: Fetcher, url: str, time_zone: ZoneInfo, known: Known | None = None, before: Validator | None = None
) -> tuple[WebPage | Withdrawal | None, Validator]:
    """The page at an address, or why it is not to be shown; None if it is still what it was `before`. And by what it is
    known again.

    What is not there is withdrawn (404), for good if the server says so (410). What robots.txt disallows and what is
    no page is left out; a page that does not want to be found (noindex) is withdrawn. Raises FetchError if nothing of
    this can be told.
    """
    try:
        fetched = fetcher.get(url, headers={"accept": _ACCEPTED, **(before.headers() if before else {})})
    except Disallowed:
        return Withdrawal(url, "gone", "disallowed by robots.txt"), Validator()
    if before and fetched.status == 304:
        return None, before
    return page_in(fetched, url, time_zone, known or Known()), validator_of(fetched)


def look_for(fetcher: Fetcher, url: str, time_zone: ZoneInfo) -> str | Withdrawal:
    """Where the page of an article is now: its address, or the one to which it has moved for good; else why the article
    is not to be shown. What may not be asked for is taken to be there. Raises FetchError.
    """
    try:
        fetched = fetcher.get(url, headers={"accept": _ACCEPTED})
    except Disallowed:
        return url
    found = page_in(fetched, url, time_zone)
    if isinstance(found, Withdrawal):
        return found if found.url else url
    return found.url if found.moved else url


def page_in(fetched: Fetched, origin: str, time_zone: ZoneInfo, known: Known = Known()) -> WebPage | Withdrawal:
    """The page in an answer, as `fetch_page` has it. Raises FetchError for an answer without a page, and
    for a 410 from another host than the one that was asked."""
    match fetched.status:
        case 404:
            return Withdrawal(origin, "gone", "404 at the source", url=origin, is_answer=True)
        case 410 if read_address(fetched.url).place == read_address(origin).place:
            return Withdrawal(origin, "killed", "410 at the source", url=origin, is_answer=True)
        case 200 | 203:
            pass
        case other:
            raise FetchError(origin, f"the server answered {other}, without a page", status=other)
    kind, charset = _content_type(fetched.headers)
    if kind not in HTML_TYPES if kind else not is_html("", fetched.body[:8_192]):
        return Withdrawal(origin, "gone", "not an HTML page")
    if _is_not_for_finding(fetched):
        return Withdrawal(origin, "gone", "noindex", url=origin, is_answer=True)
    return WebPage(origin, fetched.url, _as_utf8(fetched.body, charset), time_zone, known, fetched.moved)


def _content_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """The type in lower case and the encoding; "" for what is not stated."""
    message = Message()
    message["content-type"] = headers.get("content-type", "")[:500]
    kind = message.get_content_type() if "/" in headers.get("content-type", "") else ""
    return kind, message.get_content_charset("")


def _is_not_for_finding(fetched: Fetched) -> bool:
    """The page or its headers say noindex to all robots, or to us."""
    stated = [fetched.headers.get("x-robots-tag", "")]
    stated += [(match[1] or match[2] or b"").decode("latin-1") for match in _META_ROBOTS.finditer(fetched.body[:_HEAD])]
    words = (word.strip().lower() for text in stated for word in text.split(","))
    return any(word.removeprefix("backfile:").strip() in ("noindex", "none") for word in words)


def _as_utf8(data: bytes, charset: str) -> bytes:
    """The page in UTF-8 if it is not and the server knows its encoding, which pages often do not state."""
    if not charset or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return data
    encoding = text_encoding(charset)
    return data.decode(encoding, "replace").encode() if encoding else data
