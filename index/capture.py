"""Plain-text captures of pages: the article inside the menus, share bars and walls that were saved with it.

A capture gives no markup, so the reader leans on what every news page has: a line that says who wrote it and when, the
title above it, running text below it, and a wall of other articles after that. Where none of this is found the text is
plain prose and all of it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from index.body import Body, BodyBuilder, one_line
from index.chrome import BYLINE, TAG_LINE, UPDATED, is_bar, is_foot, is_notice, is_wall, without_dateline_noise
from index.dates import written_dates
from index.plaintext import is_heading, is_prose, read_text, split_paragraphs

TITLE_CHARACTERS = 200
_PROSE_ABOVE = 3
_CLOSE = 3

_CRUMBS = re.compile(r"\s+[>»›/→]\s+|\s*[»›→]\s*")
_NAME = re.compile(r"[^\W\d_]\S*(?:\s+\S+){0,4}$")
_AND = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\by\b|\bи\b|\bvə\b|\bve\b)\s*")
_HOME = frozenset(
    (
        "home",
        "start",
        "startseite",
        "accueil",
        "inicio",
        "início",
        "главная",
        "ana səhifə",
        "anasayfa",
        "首页",
        "ホーム",
    )
)
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


@dataclass(frozen=True, slots=True)
class _Dateline:
    """Where the byline and the date stand (the first and last paragraph they take up) and what they say."""

    first: int
    last: int
    authors: tuple[str, ...]
    published: date | None
    modified: date | None
    rest: tuple[str, ...]


def read_capture(text: str) -> Captured:
    """The article in a text file, captured from a page or written as plain prose."""
    paragraphs = split_paragraphs(text)
    found = _read_page(paragraphs)
    return found or _read_prose(text, paragraphs)


def _read_prose(text: str, paragraphs: list[str]) -> Captured:
    first = paragraphs[0] if paragraphs else ""
    line, _, rest = first.partition("\n")
    if is_prose(line) or len(line) > TITLE_CHARACTERS or (not rest and len(paragraphs) == 1):
        return Captured("", read_text(text))
    return Captured(one_line(line), read_text(text.lstrip().partition("\n")[2]))


def _read_page(paragraphs: list[str]) -> Captured | None:
    dateline = _find_dateline(paragraphs)
    trail = _find_trail(paragraphs, dateline)
    place = _find_title(paragraphs, dateline, trail)
    if place is None:
        return None
    title = one_line(_lines(paragraphs[place])[-1])
    start = dateline.last + 1 if dateline and dateline.first > place else place + 1
    if _loses_prose(paragraphs[:place]):
        return None
    end = dateline.first if dateline and dateline.first > place else start
    body, tags = _body_of([*(dateline.rest if dateline else ()), *paragraphs[start:]])
    return Captured(
        title=title,
        body=body,
        summary=" ".join(one_line(text) for text in paragraphs[place + 1 : end] if _is_standfirst(text)),
        section=_section(trail, title) or _kicker(paragraphs, place),
        authors=dateline.authors if dateline else (),
        tags=tags,
        published=dateline.published if dateline else None,
        modified=dateline.modified if dateline else None,
    )


def _lines(paragraph: str) -> list[str]:
    return [line.strip() for line in paragraph.split("\n") if line.strip()]


# --- who and when


def _find_dateline(paragraphs: list[str]) -> _Dateline | None:
    """The first paragraph above the text with a byline or date and little else; one close below with both is better."""
    candidates = (found for position in range(_above_text(paragraphs)) if (found := _dateline_at(paragraphs, position)))
    first = next(candidates, None)
    if first is None:
        return None
    close = (found for found in [first, *candidates] if found.first <= first.first + _CLOSE)
    return next((found for found in close if found.published and found.authors), first)


def _above_text(paragraphs: list[str]) -> int:
    """How many paragraphs stand before running text is under way; a standfirst and a first paragraph may pass."""
    seen = 0
    for position, text in enumerate(paragraphs):
        seen += is_prose(text) and not is_notice(text) and not text.startswith("•")
        if seen == _PROSE_ABOVE or (seen and is_wall(_lines(text)[0])):
            return position
    return len(paragraphs)


def _dateline_at(paragraphs: list[str], position: int) -> _Dateline | None:
    lines = _lines(paragraphs[position])
    if len(lines) > 8:
        return None
    authors: tuple[str, ...] = ()
    published = modified = None
    rest: list[str] = []
    for line in lines:
        names, dates = _names_in(line), _dates_in(line)
        if names is None and dates is None:
            rest.append(line)
            continue
        authors = authors or names or ()
        published, modified = (published or (dates or (None, None))[0]), (modified or (dates or (None, None))[1])
    if not (authors or published or modified):
        return None
    if not authors and rest and _NAME.match(rest[0]) and len(rest[0]) < 40 and not is_bar(rest[0]):
        authors = _split_names(rest.pop(0))
    last = position
    if not published and position + 1 < len(paragraphs):
        following = _lines(paragraphs[position + 1])
        dates = _dates_in(following[0]) if len(following) <= 2 else None
        if dates:
            (published, modified), last = dates, position + 1
    kept = tuple(line for line in rest if not is_bar(line) and line not in authors)
    return _Dateline(position, last, authors, published or modified, modified if published else None, kept)


def _names_in(line: str) -> tuple[str, ...] | None:
    """The authors of a byline ("By Jane Doe and John Roe | July 3, 2024"), None where the line is none."""
    match = BYLINE.match(line)
    if not match or len(line) > 200:
        return None
    rest = line[match.end() :]
    spans = written_dates(rest)
    name = rest[: spans[0][1]] if spans else rest
    name = re.split(
        r"\s+[|·•–—-]\s+|\s{3,}|,?\s+(?:published|posted|updated|last updated|am|le|el)\b", name, flags=re.IGNORECASE
    )[0]
    name = without_dateline_noise(name) if spans else name
    names = _split_names(name)
    return (
        names
        if names and all(_NAME.match(name) and len(name) <= 60 and not _SENTENCE.search(name) for name in names)
        else None
    )


def _split_names(text: str) -> tuple[str, ...]:
    return tuple(name for part in _AND.split(text) if (name := one_line(part).strip(" |·•,–—-")))


def _dates_in(line: str) -> tuple[date | None, date | None] | None:
    """Published and modified dates of a line that says little else, None where it is no dateline."""
    spans = written_dates(line) if len(line) <= 200 else []
    if not spans:
        return None
    published = modified = None
    left, done = [], 0
    for day, start, end in spans:
        before = line[done:start]
        left.append(before)
        if UPDATED.search(before):
            modified = modified or day
        else:
            published = published or day
        done = end
    left.append(line[done:])
    byline = BYLINE.match(line)
    other = re.findall(r"\w+", without_dateline_noise(" ".join(left)))
    return (published, modified) if byline or len(other) <= 3 else None


# --- title and section


def _find_trail(paragraphs: list[str], dateline: _Dateline | None) -> tuple[str, ...]:
    """The parts of a breadcrumb line above the dateline ("Site > Section > Title"), the last one found."""
    above = paragraphs[: dateline.first] if dateline else paragraphs[: max(3, len(paragraphs) // 3)]
    for paragraph in reversed(above):
        for line in reversed(_lines(paragraph)):
            parts = tuple(part.strip() for part in _CRUMBS.split(line) if part.strip())
            if 2 <= len(parts) <= 6 and all(len(part) <= 40 for part in parts[:-1]) and not _SENTENCE.search(parts[0]):
                return parts
    return ()


def _find_title(paragraphs: list[str], dateline: _Dateline | None, trail: tuple[str, ...]) -> int | None:
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
    lines = _lines(paragraph)
    text = lines[-1]
    fits = len(lines) <= 2 and len(text) <= TITLE_CHARACTERS and not text.endswith((".", ":", ","))
    return fits and not (
        is_bar(text) or is_wall(text) or text.startswith(("•", "*", "- ", "©")) or _CRUMBS.search(text)
    )


def _is_repeated(paragraph: str, before: list[str]) -> bool:
    """A page's own title stands on top of many captures, with the name of the site after it."""
    title = one_line(paragraph)
    return len(title.split()) >= 3 and any(title in one_line(text) for text in before)


def _section(trail: tuple[str, ...], title: str) -> tuple[str, ...]:
    parts = list(trail)
    if parts and (_same_title(title, parts[-1]) or len(parts[-1]) > 40):
        parts.pop()
    if len(parts) > 1 or (parts and (parts[0].casefold() in _HOME or "." in parts[0])):
        parts.pop(0)
    return tuple(parts)


def _kicker(paragraphs: list[str], place: int) -> tuple[str, ...]:
    """A short line right above the title is its section if the page's menu has it too."""
    lines = _lines(paragraphs[place])[:-1] or (_lines(paragraphs[place - 1])[-1:] if place else [])
    if not lines or len(lines[-1]) > 30:
        return ()
    menu = {line.lstrip("•*- ").casefold() for text in paragraphs[:place] for line in _lines(text) if line[:1] in "•*-"}
    return (lines[-1],) if lines[-1].casefold() in menu else ()


def _is_standfirst(paragraph: str) -> bool:
    return len(paragraph) >= 30 and not is_bar(paragraph) and (is_prose(paragraph) or bool(_SENTENCE.search(paragraph)))


def _loses_prose(above: list[str]) -> bool:
    """Whether running text stands above the title: then this is no captured page, and nothing may be cut."""
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
    """The paragraphs before the first wall; a wall in mid-text is passed over up to where prose goes on."""
    kept: list[str] = []
    behind_wall = False
    for position, text in enumerate(paragraphs):
        lines = _lines(text)
        if any(is_wall(line) for line in lines[:1]):
            behind_wall = True
        elif behind_wall and _goes_on(paragraphs[position : position + 2]):
            behind_wall = False
        if not behind_wall:
            kept.append(text)
    return kept


def _goes_on(paragraphs: list[str]) -> bool:
    """Two full paragraphs in a row are running text; teasers have a headline, a date or a picture between them."""
    return len(paragraphs) == 2 and all(len(text) >= 160 and _is_running(text) for text in paragraphs)


def _is_running(text: str) -> bool:
    dated = any(_dates_in(line) for line in _lines(text))
    return is_prose(text) and bool(_SENTENCE.search(text)) and not dated and not is_notice(text)


def _without_edges(paragraphs: list[str]) -> list[str]:
    """Without share bars, names of pictures and feet of pages above the first prose and below the last."""
    prose = [position for position, text in enumerate(paragraphs) if is_prose(text)]
    if not prose:
        return [text for text in paragraphs if not all(map(is_bar, _lines(text)))]
    first, last = prose[0], prose[-1]
    return [
        text
        for position, text in enumerate(paragraphs)
        if first <= position <= last or not all(is_bar(line) or is_foot(line) for line in _lines(text))
    ]
