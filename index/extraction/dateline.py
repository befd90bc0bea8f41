"""The dateline of a captured page: the lines between title and text that say who wrote it and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from index.extraction.boilerplate import BYLINE, UPDATED, is_bar, is_notice, is_wall, without_dateline_noise
from index.extraction.dates import written_dates
from index.extraction.plain_text import is_prose
from index.normalize import one_line

_PROSE_ABOVE = 3
_CLOSE = 3

_NAME = re.compile(r"[^\W\d_]\S*(?:\s+\S+){0,4}$")
_AND = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\by\b|\bи\b|\bvə\b|\bve\b)\s*")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)]*$")


@dataclass(frozen=True, slots=True)
class Dateline:
    """The first and the last paragraph of the byline and the date, what they say, and their other lines (`rest`)."""

    first: int
    last: int
    authors: tuple[str, ...]
    published: date | None
    modified: date | None
    rest: tuple[str, ...]


def find_dateline(paragraphs: list[str]) -> Dateline | None:
    """The first paragraph above the text that is a byline or a date; one close below it that has both is preferred."""
    candidates = (found for position in range(_above_text(paragraphs)) if (found := _dateline_at(paragraphs, position)))
    first = next(candidates, None)
    if first is None:
        return None
    close = (found for found in [first, *candidates] if found.first <= first.first + _CLOSE)
    return next((found for found in close if found.published and found.authors), first)


def _above_text(paragraphs: list[str]) -> int:
    """The number of paragraphs before the third one of running text: two may be a standfirst and a caption."""
    seen = 0
    for position, text in enumerate(paragraphs):
        seen += is_prose(text) and not is_notice(text) and not text.startswith("•")
        if seen == _PROSE_ABOVE or (seen and is_wall(lines_of(text)[0])):
            return position
    return len(paragraphs)


def _dateline_at(paragraphs: list[str], position: int) -> Dateline | None:
    lines = lines_of(paragraphs[position])
    if len(lines) > 8:
        return None
    authors: tuple[str, ...] = ()
    published = modified = None
    rest: list[str] = []
    for line in lines:
        names, dates = names_in(line), dates_in(line)
        if names is None and dates is None:
            rest.append(line)
            continue
        authors = authors or names or ()
        published, modified = (published or (dates or (None, None))[0]), (modified or (dates or (None, None))[1])
    if not (authors or published or modified):
        return None
    if not authors and rest and is_name(rest[0]):
        authors = _split_names(rest.pop(0))
    last = position
    if not published and position + 1 < len(paragraphs):
        following = lines_of(paragraphs[position + 1])
        dates = dates_in(following[0]) if len(following) <= 2 else None
        if dates:
            (published, modified), last = dates, position + 1
    kept = tuple(line for line in rest if not is_bar(line) and line not in authors)
    return Dateline(position, last, authors, published or modified, modified if published else None, kept)


def names_in(line: str) -> tuple[str, ...] | None:
    """The authors of a byline ("By Jane Doe and John Roe | July 3, 2024"), or None if the line is not a byline."""
    match = BYLINE.match(line)
    if not match or len(line) > 200:
        return None
    rest = line[match.end() :]
    spans = written_dates(rest)
    name = rest[: spans[0][1]] if spans else rest
    name = re.split(
        r"\s+[|·•–—-]\s+|\s{3,}|,?\s+(?:published|posted|updated|last updated|in|on|at|am|le|el)\b",
        name,
        flags=re.IGNORECASE,
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


def dates_in(line: str) -> tuple[date | None, date | None] | None:
    """The published and modified dates of a line that says little else, or None if it is not a dateline."""
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


def is_dateline(line: str) -> bool:
    """The line is a byline, or a date with little else."""
    return is_byline(line) or dates_in(line) is not None


def is_byline(line: str) -> bool:
    """The line names authors after "By" or the same word in other languages."""
    return names_in(line) is not None


def is_name(line: str) -> bool:
    """The line may be the bare name of a person."""
    return _NAME.match(line) is not None and len(line) < 40 and not is_bar(line)


def lines_of(paragraph: str) -> list[str]:
    """The lines of a paragraph that are not blank."""
    return [line.strip() for line in paragraph.split("\n") if line.strip()]
