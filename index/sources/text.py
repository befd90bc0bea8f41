"""Text files: captures of pages, with the menus, share bars and walls that were saved with the article, or prose.

A capture has no markup, so the reader relies on what every news page has: a line that says who wrote it and when, the
title above that line, running text below it, and a wall of other articles after the text. A file without any of this
is plain prose, and all of it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from index.article import Article
from index.extraction.body import Body, BodyBuilder, title_from
from index.extraction.boilerplate import TAG_LINE, is_bar, is_foot, is_notice, is_wall
from index.extraction.dateline import Dateline, dates_in, find_dateline, is_byline, is_dateline, is_name, lines_of
from index.extraction.plain_text import is_heading, is_prose, read_text, split_paragraphs
from index.normalize import one_line, plain, section_path, unique
from index.sources.encoding import decode
from index.sources.reading import Reading
from search.errors import SourceError

TITLE_CHARACTERS: Final = 200
TRAIL_CHARACTERS: Final = 400

_CRUMBS = re.compile(r"\s+[>»›/→]\s+|\s*[»›→]\s*")
_HOME = frozenset((
    "home", "start", "startseite", "accueil", "inicio", "início", "главная", "ana səhifə", "anasayfa", "首页", "ホーム",
))  # fmt: skip
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)]*$")


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture says about its article."""

    title: str
    body: Body
    summary: str = ""
    section: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: date | None = None
    modified: date | None = None


def read_text_page(data: bytes, origin: str, _: Reading) -> Article:
    """The article in a text file. Raises SourceError if it holds no text."""
    found = read_capture(decode(data))
    title = plain(found.title) or title_from(found.body)
    if not title:
        raise SourceError(origin, "the file holds no text")
    return Article(
        origin=origin,
        title=title,
        body=found.body.text,
        headings=found.body.headings,
        summary=plain(found.summary),
        sections=unique([section_path(found.section)]),
        authors=unique(found.authors),
        tags=unique(found.tags),
        published=found.published,
        modified=found.modified,
    )


def read_capture(text: str) -> Captured:
    """The article in a text file, captured from a page or written as plain prose."""
    paragraphs = split_paragraphs(text)
    return _read_page(paragraphs) or _read_page(_with_dateline_apart(paragraphs)) or _read_prose(text, paragraphs)


def _with_dateline_apart(paragraphs: list[str]) -> list[str]:
    """The paragraphs, with a byline and a date right below the title as a paragraph of their own."""
    if not paragraphs:
        return []
    lines = lines_of(paragraphs[0])
    start = next((number for number, line in enumerate(lines[:3]) if number and is_dateline(line)), None)
    if start is None or (is_name(lines[start - 1]) and not any(map(is_byline, lines[start : start + 2]))):
        return []
    end = next((number for number in range(start, len(lines)) if not is_dateline(lines[number])), len(lines))
    parts = ("\n".join(part) for part in (lines[:start], lines[start:end], lines[end:]) if part)
    return [*parts, *paragraphs[1:]]


def _read_prose(text: str, paragraphs: list[str]) -> Captured:
    first = paragraphs[0] if paragraphs else ""
    line, _, rest = first.partition("\n")
    if is_prose(line) or len(line) > TITLE_CHARACTERS or (not rest and len(paragraphs) == 1):
        return Captured("", read_text(text))
    return Captured(one_line(line), read_text(text.lstrip().partition("\n")[2]))


def _read_page(paragraphs: list[str]) -> Captured | None:
    dateline = find_dateline(paragraphs)
    trail = _find_trail(paragraphs, dateline)
    position = _find_title(paragraphs, dateline, trail)
    if position is None:
        return None
    title = one_line(lines_of(paragraphs[position])[-1])
    start = dateline.last + 1 if dateline and dateline.first > position else position + 1
    if _loses_prose(paragraphs[:position]):
        return None
    end = dateline.first if dateline and dateline.first > position else start
    body, tags = _body_of([*(dateline.rest if dateline else ()), *paragraphs[start:]])
    return Captured(
        title=title,
        body=body,
        summary=" ".join(one_line(text) for text in paragraphs[position + 1 : end] if _is_standfirst(text)),
        section=_section(trail, title) or _kicker(paragraphs, position),
        authors=dateline.authors if dateline else (),
        tags=tags,
        published=dateline.published if dateline else None,
        modified=dateline.modified if dateline else None,
    )


# --- title and section


def _find_trail(paragraphs: list[str], dateline: Dateline | None) -> tuple[str, ...]:
    """The parts of a breadcrumb line above the dateline ("Site > Section > Title"), the last one found."""
    above = paragraphs[: dateline.first] if dateline else paragraphs[: max(3, len(paragraphs) // 3)]
    for paragraph in reversed(above):
        for line in reversed([line for line in lines_of(paragraph) if len(line) <= TRAIL_CHARACTERS]):
            parts = tuple(part.strip() for part in _CRUMBS.split(line) if part.strip())
            if 2 <= len(parts) <= 6 and all(len(part) <= 40 for part in parts[:-1]) and not _SENTENCE.search(parts[0]):
                return parts
    return ()


def _find_title(paragraphs: list[str], dateline: Dateline | None, trail: tuple[str, ...]) -> int | None:
    """The paragraph that is the title: the breadcrumb's last part, else the nearest above the dateline that fits."""
    limit = dateline.first if dateline else len(paragraphs)
    if trail:
        for position in range(limit - 1, -1, -1):
            if _same_title(paragraphs[position], trail[-1]) and len(trail[-1].split()) > 1:
                return position
    if not dateline:
        return None
    above = [position for position in range(max(0, limit - 6), limit) if _fits_title(paragraphs[position])]
    if not above:
        return None
    repeated = [position for position in above if _is_repeated(paragraphs[position], paragraphs[:position])]
    worded = [position for position in above if len(paragraphs[position].split()) >= 3]
    return (repeated or worded or above)[-1]


def _same_title(paragraph: str, crumb: str) -> bool:
    text, crumb = one_line(paragraph).casefold(), one_line(crumb).casefold()
    return text == crumb or (crumb.endswith("…") and len(crumb) > 15 and text.startswith(crumb[:-1].rstrip()))


def _fits_title(paragraph: str) -> bool:
    lines = lines_of(paragraph)
    text = lines[-1]
    fits = len(lines) <= 2 and len(text) <= TITLE_CHARACTERS and not text.endswith((".", ":", ","))
    return fits and not (
        is_bar(text) or is_wall(text) or text.startswith(("•", "*", "- ", "©")) or _CRUMBS.search(text)
    )


def _is_repeated(paragraph: str, before: list[str]) -> bool:
    """Many captures begin with the title of the page, which is the title of the article and the name of the site."""
    title = one_line(paragraph)
    return len(title.split()) >= 3 and any(title in one_line(text) for text in before)


def _section(trail: tuple[str, ...], title: str) -> tuple[str, ...]:
    parts = list(trail)
    if parts and (_same_title(title, parts[-1]) or len(parts[-1]) > 40):
        parts.pop()
    if len(parts) > 1 or (parts and (parts[0].casefold() in _HOME or "." in parts[0])):
        parts.pop(0)
    return tuple(parts)


def _kicker(paragraphs: list[str], position: int) -> tuple[str, ...]:
    """The section, if it is a short line right above the title that is also in the page's menu."""
    lines = lines_of(paragraphs[position])[:-1] or (lines_of(paragraphs[position - 1])[-1:] if position else [])
    if not lines or len(lines[-1]) > 30:
        return ()
    menu = {
        line.lstrip("•*- ").casefold() for text in paragraphs[:position] for line in lines_of(text) if line[:1] in "•*-"
    }
    return (lines[-1],) if lines[-1].casefold() in menu else ()


def _is_standfirst(paragraph: str) -> bool:
    return len(paragraph) >= 30 and not is_bar(paragraph) and (is_prose(paragraph) or bool(_SENTENCE.search(paragraph)))


def _loses_prose(above: list[str]) -> bool:
    """Whether there is running text above the title; then this is not a captured page, and nothing may be cut."""
    return any(is_prose(text) and not is_notice(text) and not text.lstrip().startswith("•") for text in above)


# --- the running text


def _body_of(paragraphs: list[str]) -> tuple[Body, tuple[str, ...]]:
    kept = _without_edges(_until_wall(paragraphs))
    tags = tuple(
        tag.strip(" #") for text in kept if (match := TAG_LINE.match(text)) for tag in re.split("[,;|]", match[1])
    )
    kept = [text for text in kept if not TAG_LINE.match(text)]
    builder = BodyBuilder()
    for position, text in enumerate(kept):
        following = kept[position + 1] if position + 1 < len(kept) else ""
        if is_heading(text, following):
            builder.heading(text, 2)
        else:
            builder.block(text)
    return builder.build(), tuple(filter(None, tags))


def _until_wall(paragraphs: list[str]) -> list[str]:
    """The paragraphs before the first wall; a wall in the middle of the text is dropped up to where prose continues."""
    kept: list[str] = []
    behind_wall = False
    for position, text in enumerate(paragraphs):
        lines = lines_of(text)
        if any(is_wall(line) for line in lines[:1]):
            behind_wall = True
        elif behind_wall and _goes_on(paragraphs[position : position + 2]):
            behind_wall = False
        if not behind_wall:
            kept.append(text)
    return kept


def _goes_on(paragraphs: list[str]) -> bool:
    """Whether prose continues, with two full paragraphs in a row; teasers have headlines or dates between them."""
    return len(paragraphs) == 2 and all(len(text) >= 160 and _is_running(text) for text in paragraphs)


def _is_running(text: str) -> bool:
    dated = any(dates_in(line) for line in lines_of(text))
    return is_prose(text) and bool(_SENTENCE.search(text)) and not dated and not is_notice(text)


def _without_edges(paragraphs: list[str]) -> list[str]:
    """Drops share bars, names of pictures and copyright lines above the first prose and below the last."""
    prose = [position for position, text in enumerate(paragraphs) if is_prose(text)]
    if not prose:
        return [text for text in paragraphs if not all(map(is_bar, lines_of(text)))]
    first, last = prose[0], prose[-1]
    return [
        text
        for position, text in enumerate(paragraphs)
        if first <= position <= last or not all(is_bar(line) or is_foot(line) for line in lines_of(text))
    ]
