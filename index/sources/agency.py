"""What a news agency states of an item, in NITF or ninjs, and the article that it is.

Status and embargo are those of the IPTC: usable, withheld (not to be shown until a later version is usable), canceled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Article, Withdrawal
from index.extraction.body import Body, title_from
from index.extraction.stated_dates import Dates
from index.identity import article_url
from index.normalize import plain, unique
from search.document import Heading, Moment, language_tag
from search.errors import SourceError

GENRES: Final = frozenset({"analysis", "opinion", "review"})
"""Genres that are a type of article."""
MAX_LISTED: Final = 500
"""Subjects, keywords and authors of one item that are looked at."""
MAX_LINE: Final = 2_000
"""Characters of a headline, a name or a date."""

CANCELED: Final = "canceled by the agency"
"""The reason of a kill notice."""

_EMPTY: Final = Body()
_STATUS: Final = {"cancelled": "canceled", "killed": "canceled", "embargoed": "usable", "": "usable"}
_BEGINNING_OF_TEXT: Final = 1_000
_MAX_VERSION: Final = 10**6
_SECONDS: Final = 10**12
"""More than seconds can be: by how much a version counts more than the moment at which it was made."""


@dataclass(frozen=True, slots=True)
class AgencyItem:
    """An item as it stands in a file, "" for what it does not say. `body` is its text without its dateline.

    `created` is when the item first was; `issued` when this version was. `released` is the moment from which on it
    may be shown.
    """

    id: str = ""
    status: str = ""
    version: str = ""
    url: str = ""
    headline: str = ""
    summary: str = ""
    dateline: str = ""
    body: Body = _EMPTY
    authors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    published: str = ""
    created: str = ""
    issued: str = ""
    released: str = ""
    language: str = ""
    warnings: tuple[str, ...] = ()

    def article(self, origin: str, place: str, time_zone: ZoneInfo) -> Article | Withdrawal:
        """The article, or the notice that it is canceled. Raises SourceError if it has neither a title nor a text."""
        status = status_of(self.status)
        own, url = plain(self.id), article_url(self.url)
        if status == "canceled":
            return Withdrawal(origin, "killed", CANCELED, own, own, place, url)
        body = _with_dateline(self.body, plain(self.dateline))
        title = plain(self.headline) or title_from(self.body)
        if not title:
            raise SourceError(origin, "the item has neither a headline nor a text")
        dates = Dates(time_zone)
        published = dates.published(self.published[:MAX_LINE])
        created = _fallback(dates, "created", self.created, is_needed=published is None)
        issued = _fallback(dates, "issued", self.issued, is_needed=published is None and created is None)
        embargo, is_withheld = dates.embargo(self.released[:MAX_LINE])
        appeared = published or created or issued
        # An embargo without a moment lasts until a later version.
        is_early = is_withheld or (embargo is None and self.status.strip().lower() == "embargoed")
        return Article(
            origin=origin,
            id=own,
            guid=own,
            place=place,
            url=url,
            title=title,
            summary=plain(self.summary),
            body=body.text,
            headings=body.headings,
            html=body.html,
            sections=unique(self.sections[:MAX_LISTED]),
            authors=unique(self.authors[:MAX_LISTED]),
            tags=unique(self.tags[:MAX_LISTED]),
            published=appeared,
            modified=issued if issued != appeared else None,
            first_published=created,
            embargo=embargo,
            published_between=dates.published_between,
            status="usable" if status == "usable" and not is_early else "withheld",
            language=language_tag(self.language),
            type=next((genre.lower() for genre in self.genres if genre.lower() in GENRES), "article"),
            version=_version(self.version, issued or published or created),
            warnings=(*self.warnings, *_unknown(status), *dates.warnings, *body.warnings),
        )


def _fallback(dates: Dates, key: str, text: str, *, is_needed: bool) -> Moment | None:
    """A date that is that of the publication if no better one is there."""
    return dates.published(text[:MAX_LINE], key) if is_needed else dates.read(key, text[:MAX_LINE])


def status_of(stated: str) -> str:
    """The status that a word means, in whatever spelling; another word as it is."""
    word = stated.strip().lower()
    return _STATUS.get(word, word)


def _unknown(status: str) -> tuple[str, ...]:
    known = status in ("usable", "withheld")
    return () if known else (f"the status {status[:40]!r} is not known; the item is withheld",)


def _version(stated: str, moment: Moment | None) -> tuple[str, int] | None:
    """What orders the versions of an item: the number of the version, and of equal ones the moment."""
    stated = stated.strip()
    number = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < len(str(_MAX_VERSION)) else None
    seconds = 0
    if moment is not None:
        whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), UTC)
        aware = whole if whole.utcoffset() is not None else whole.replace(tzinfo=UTC)
        seconds = int((aware - _BEGINNING).total_seconds())
    if number is None:
        return ("moment", seconds) if moment is not None else None
    return "version", number * _SECONDS + seconds


_BEGINNING: Final = datetime.combine(date(1, 1, 1), time(), UTC)


def _with_dateline(body: Body, dateline: str) -> Body:
    """The body behind its dateline, unless that stands at its beginning already, with or without a picture before."""
    if not dateline or not body.text or dateline in plain(body.text[:_BEGINNING_OF_TEXT]):
        return body
    start = f"{dateline}\n\n"
    escaped = dateline.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    headings = tuple(Heading(one.text, one.level, one.offset + len(start), one.anchor) for one in body.headings)
    markup = f"<p>{escaped}</p>\n{body.html}" if body.html else ""
    return replace(body, text=start + body.text, headings=headings, html=markup)
