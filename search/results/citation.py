"""What a bibliography needs to know of an article, whatever the format that it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from search.results.response import Hit
from search.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Source:
    """Where citations come from: the `publication` that the articles appeared in, the day `accessed`, and the address
    `site` that paths of article pages are appended to ("" if it has none)."""

    publication: str
    site: str
    accessed: date


@dataclass(frozen=True, slots=True)
class Citation:
    """An article as it is cited. Texts are one line each, without control characters.

    `url` is the article's own address, else that of its page in the archive, "" if neither is known.
    `published` is None if it has no date.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    publication: str
    published: date | None
    url: str
    language: str
    summary: str
    tags: tuple[str, ...]
    section: str
    accessed: date


def citation_of(hit: Hit, source: Source) -> Citation:
    """The citation of an article as a list of hits has it; `article_url` is to be without a query string."""
    return Citation(
        id=hit.id,
        title=one_line(hit.title) or _("Untitled"),
        authors=_lines(hit.authors),
        publication=one_line(source.publication),
        published=date.fromisoformat(hit.published[:10]) if hit.published else None,
        url=hit.url or (source.site + hit.article_url if source.site else ""),
        language=hit.language,
        summary=one_line(hit.summary),
        tags=_lines(hit.tags),
        section=one_line(hit.sections[0]) if hit.sections else "",
        accessed=source.accessed,
    )


def one_line(text: str) -> str:
    """The text in one line: runs of white space become one space, and control characters are left out.

    A line end inside a field would begin another field in RIS, and half a surrogate pair is no text in UTF-8.
    """
    shown = "".join(character for character in text if character.isspace() or not _is_control(character))
    return " ".join(shown.split())


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for text in texts if (line := one_line(text)))
