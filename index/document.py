"""Turns the `Article` that a source found into a `Document` that can be indexed: normalised, bounded, with an id.

Whatever is cut or dropped is reported to `warn`, so that nothing an editor wrote disappears in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Article
from index.authors import tidy_authors
from index.fingerprint import fingerprint
from index.identity import article_id, article_url
from index.language import Detector
from index.normalize import is_normal, normalize_line, normalize_markup, normalize_text, normalize_values, shorten
from index.references import without_references
from index.sections import SectionMap
from search.document import Document, Heading, Moment, language_tag
from search.errors import SourceError
from search.schema import MAX_VALUE_LENGTH, MISSING

MAX_TITLE: Final = 1_000
MAX_SUMMARY: Final = 10_000
MAX_BODY: Final = 5_000_000
MAX_HTML: Final = 20_000_000
MAX_HEADINGS: Final = 1_000
MAX_VALUES: Final = 200
"""Sections, authors or tags of one article."""
FIRST_YEAR: Final = 1400
LAST_YEAR: Final = 2200
"""A date outside these years is a mistake, and would stretch every timeline."""

_TITLE_FROM_TEXT: Final = 100
_NO_LANGUAGE: Final = frozenset({"und", "mul", "mis", "zxx"})
_TYPE: Final = re.compile(r"[^\w-]+")
_NO_MAP: Final = SectionMap()

Warn = Callable[[str], None]


def to_document(
    article: Article,
    *,
    language: str,
    time_zone: str,
    source: str = "",
    warn: Warn | None = None,
    detector: Detector | None = None,
    sections: SectionMap = _NO_MAP,
) -> Document:
    """The article, normalised; `language` and `time_zone` are used where it states none.

    With a `detector`, `language` is used only where that is not sure. `sections` says what the sections are called.
    `source` is the input it came from, for pruning. `warn` is called with a sentence for each thing that is left out.
    The body is text with its headings inside, and the offset of each heading points at its text there.
    Raises SourceError if there is neither a title nor a text.
    """
    say = warn or _silent
    body, headings = _bounded_body(*_normalize_body(article.body, article.headings, say), say)
    title = shorten(normalize_line(without_references(article.title)), MAX_TITLE) or _title_from(body)
    if not title:
        raise SourceError(article.origin, "has neither a title nor a text")
    url = article_url(article.url)
    if article.url and not url:
        say(f"left out an address that is not a usable http or https one: {shorten(ascii(article.url), 80)}")
    zone = ZoneInfo(time_zone)
    first = _moment("first_published", article.first_published, zone, say)
    published = _moment("published", article.published, zone, say) or first
    return Document(
        id=article_id(article.id, url, article.place or article.origin),
        title=title,
        body=body,
        summary=shorten(normalize_text(without_references(article.summary)), MAX_SUMMARY),
        headings=headings,
        url=url,
        sections=_values("sections", map(sections.map, map(without_references, article.sections)), say),
        authors=_values("authors", tidy_authors(map(without_references, article.authors)), say),
        tags=_values("tags", map(without_references, article.tags), say),
        published=published,
        modified=_moment("modified", article.modified, zone, say),
        first_published=first if first != published else None,
        language=_language(article.language, say) or _unstated(detector, title, body) or language_tag(language),
        type=_TYPE.sub("-", normalize_line(article.type).lower()).strip("-")[:50] or "article",
        source=source,
        html=_html(article.html, len(article.body) > MAX_BODY, say),
        fingerprint=fingerprint(body),
    )


def _silent(_: str) -> None:
    return


def _normalize_body(body: str, headings: Sequence[Heading], say: Warn) -> tuple[str, tuple[Heading, ...]]:
    """Normalises each heading and the text between them, and keeps track of where each heading begins."""
    if is_normal(body) and _are_blocks(body, headings):
        return body, tuple(
            heading if _anchor(heading.anchor) == heading.anchor else replace(heading, anchor=None)
            for heading in headings
        )
    if len(headings) > MAX_HEADINGS:
        say(f"has {len(headings):,} headings; only the first {MAX_HEADINGS:,} are kept as headings")
    parts: list[str] = []
    placed: list[Heading] = []
    length = cursor = 0

    def put(part: str) -> int:
        nonlocal length
        if parts and part:
            length += 2
        start = length
        if part:
            parts.append(part)
            length += len(part)
        return start

    for heading in headings[:MAX_HEADINGS]:
        text = normalize_line(heading.text)
        found = _find(body, heading, cursor)
        if not text or found is None:
            say(f"left out a heading whose text is not in the body: {shorten(text, 80)!r}")
            continue
        put(normalize_text(body[cursor:found]))
        placed.append(Heading(text, min(max(heading.level, 2), 6), put(text), _anchor(heading.anchor)))
        cursor = found + len(heading.text)
    put(normalize_text(body[cursor:]))
    return "\n\n".join(parts), tuple(placed)


def _are_blocks(body: str, headings: Sequence[Heading]) -> bool:
    """Whether each heading is a block of its own, where it says it is, and there is nothing to change about it."""
    end = -2
    for heading in headings:
        start, end = end, heading.offset + len(heading.text)
        if not (
            heading.offset >= start + 2
            and body.startswith(heading.text, heading.offset)
            and (heading.offset == 0 or body.startswith("\n\n", heading.offset - 2))
            and (end == len(body) or body.startswith("\n\n", end))
            and heading.text
            and "\n" not in heading.text
            and 2 <= heading.level <= 6
        ):
            return False
    return len(headings) <= MAX_HEADINGS


def _find(body: str, heading: Heading, cursor: int) -> int | None:
    """Where the heading begins: at its offset, else at the next line that equals its text."""
    if heading.offset >= cursor and body.startswith(heading.text, heading.offset):
        return heading.offset
    line = re.compile(rf"^[ \t]*({re.escape(heading.text)})[ \t]*$", re.MULTILINE).search(body, cursor)
    return line.start(1) if line else None


def _anchor(anchor: str | None) -> str | None:
    # An HTML id has no white space, and nobody links to one that is longer.
    usable = anchor and len(anchor) <= 200 and anchor.isprintable() and " " not in anchor
    return anchor if usable else None


def _bounded_body(body: str, headings: tuple[Heading, ...], say: Warn) -> tuple[str, tuple[Heading, ...]]:
    if len(body) > MAX_BODY:
        paragraph = body.rfind("\n\n", MAX_BODY // 2, MAX_BODY)
        kept = paragraph if paragraph > 0 else MAX_BODY
        say(f"the text is {len(body):,} characters long; only the first {kept:,} are indexed")
        body = body[:kept].rstrip()
        headings = tuple(heading for heading in headings if heading.offset + len(heading.text) <= len(body))
    return body, headings


def _title_from(body: str) -> str:
    return shorten(normalize_line(body[: 4 * _TITLE_FROM_TEXT].partition("\n")[0]), _TITLE_FROM_TEXT)


def _values(name: str, values: Iterable[str], say: Warn) -> tuple[str, ...]:
    tidy = tuple(value for value in normalize_values(values) if value != MISSING)
    if len(tidy) > MAX_VALUES:
        say(f"has {len(tidy):,} {name}; only the first {MAX_VALUES} are kept")
    if any(len(value) > MAX_VALUE_LENGTH for value in tidy):
        say(f"has {name} longer than {MAX_VALUE_LENGTH} characters; they are shortened")
    return tuple(dict.fromkeys(shorten(value, MAX_VALUE_LENGTH) for value in tidy[:MAX_VALUES]))


def _moment(name: str, moment: Moment | None, zone: ZoneInfo, say: Warn) -> Moment | None:
    if moment is None:
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        say(f"left out the {name} date {moment.isoformat()}: not a year between {FIRST_YEAR} and {LAST_YEAR}")
        return None
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        return moment.replace(tzinfo=zone)
    return moment


def _language(stated: str, say: Warn) -> str:
    tag = language_tag(stated)
    if not tag and stated.strip():
        say(f"states a language that is not a language tag: {shorten(ascii(stated), 40)}; taken as stating none")
    return "" if tag in _NO_LANGUAGE else tag


def _unstated(detector: Detector | None, title: str, body: str) -> str:
    return detector.detect(title, body) if detector else ""


def _html(html: str, cut: bool, say: Warn) -> str:
    # Markup cannot be cut without parsing it; the plain text is shown instead.
    if cut or len(html) > MAX_HTML:
        if html:
            say("left out the markup of a text that is too long; its page shows plain text")
        return ""
    return normalize_markup(html)
