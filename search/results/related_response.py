"""The answer to a request for related articles, as `search.results.response` has that to a search."""

from __future__ import annotations

from dataclasses import dataclass

from search.results.response import Hit, IndexInfo


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word that two articles share, as the first spells it, and the number of `articles` that hold it."""

    text: str
    articles: int


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """Another version of an article: with `translation` in another `language`, else nearly the same text."""

    id: str
    url: str | None
    article_url: str
    title: str
    language: str
    published: str | None
    translation: bool


@dataclass(frozen=True, slots=True)
class RelatedHit:
    """A related article. `hit.score` says how alike the two are, from 0 to 1.

    `why`: the terms that it shares, the most distinctive first. `also_in`: its translations and near-copies, which have
    no place of their own in the list.
    `meaning`: how similar both are in meaning, a cosine; None if that is not known, or not searched for.
    """

    hit: Hit
    why: tuple[SharedTerm, ...]
    also_in: tuple[OtherVersion, ...]
    meaning: float | None = None


@dataclass(frozen=True, slots=True)
class RelatedResponse:
    """Articles related to an article or draft. `terms` are those that were searched for, the most distinctive first.

    `total` counts every article that shares one of them, within the dates that `mode` allows.
    `also_in`: translations of the article itself, and near-copies within these dates, which are not among the hits.
    `timed_out`: the search ran out of time, so hits and counts may be incomplete; such an answer must not be cached.
    """

    mode: str
    terms: tuple[SharedTerm, ...]
    total: int
    took_ms: float
    hits: tuple[RelatedHit, ...]
    also_in: tuple[OtherVersion, ...]
    timed_out: bool
    warnings: tuple[str, ...]
    index: IndexInfo
