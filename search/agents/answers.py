"""The answers of the tools. The output schemas are made from these types.

`results` with `id`, `title` and `url`, and `id`, `title`, `text`, `url` and `metadata`, are what connectors look for:
https://platform.openai.com/docs/mcp
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article that matches, with the heading above it. `url` leads to it where that is possible."""

    text: str
    heading: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """An article that was found. `id` is what `fetch` and `related` take; `url` is where people read it, null if that
    is not known. `published` follows RFC 3339, without a time if it is unknown."""

    id: str
    title: str
    url: str | None
    published: str | None
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    language: str
    snippets: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The articles that were found, of `total`. `next_page` is null on the last page that may be asked for.
    `did_you_mean` are queries that find more, `warnings` what was repaired or left out. `complete` is false if time ran
    out."""

    notice: str
    results: tuple[Piece, ...]
    total: int
    page: int
    next_page: int | None
    did_you_mean: tuple[str, ...]
    warnings: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What is known of an article, and which part of its text this is: the characters from `offset` to `end`, of
    `characters`. `next_offset` is that of the next part, null in the last one. `boundary` is the name of the marks
    that `text` stands between."""

    notice: str
    boundary: str
    published: str | None
    modified: str | None
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    language: str
    type: str
    summary: str
    offset: int
    end: int
    characters: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article, or a part of a long one. `text` is quoted between marks of the name `metadata.boundary`."""

    id: str
    title: str
    text: str
    url: str | None
    metadata: ArticleFacts


@dataclass(frozen=True, slots=True)
class RelatedPiece:
    """A related article. `reasons`: names and subjects that both are about. `days`: from the day of the article or
    draft to that of this one, negative if this one is older; null if one has no date. `likeness` is from 0 to 1."""

    id: str
    title: str
    url: str | None
    published: str | None
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    language: str
    reasons: tuple[str, ...]
    days: int | None
    likeness: float


@dataclass(frozen=True, slots=True)
class RelatedAnswer:
    """Articles related to another or to a draft, the most alike first."""

    notice: str
    results: tuple[RelatedPiece, ...]
    warnings: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class CountedValue:
    """A value with the number of articles that have it. `value` is what the argument of that name takes."""

    value: str
    label: str
    articles: int


@dataclass(frozen=True, slots=True)
class FacetsAnswer:
    """A page of the values of `facet` among `total` articles; `matching` values fit in all, and `missing` articles have
    none. `next_page` is null on the last page that may be asked for."""

    notice: str
    facet: str
    values: tuple[CountedValue, ...]
    total: int
    matching: int
    missing: int
    page: int
    next_page: int | None
    warnings: tuple[str, ...]
    complete: bool
