"""The answer to a request for related articles, as `search.results.response` has that to a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.results.response import Hit, IndexInfo, OtherVersion


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word that two articles share, as the first spells it, and the number of `articles` that hold it."""

    text: str
    articles: int


@dataclass(frozen=True, slots=True)
class OfferedName:
    """A name in the article or draft, or (`kind` is "term") one of its most distinctive words. The search at `url`
    finds `articles`."""

    text: str
    kind: Literal["name", "term"]
    articles: int
    url: str


@dataclass(frozen=True, slots=True)
class RelatedHit:
    """A related article. `hit.score` says how alike the two are, from 0 to 1.

    `why`: the terms that it shares, the most distinctive first. `also_in`: its translations and near-copies, which have
    no place of their own in the list.
    `reasons`: up to four names and subjects that both are about, in a reader's words.
    `meaning`: how similar both are in meaning, a cosine; None if that is not known, or not searched for.
    `names`: the names that both texts have. `sections`: the sections that both are in. `days`: from the day of the
    article or draft to that of the hit, in UTC, negative if the hit is older; None if one has no date.
    `pinned`: an editor has put it there, whatever the two share.
    """

    hit: Hit
    why: tuple[SharedTerm, ...]
    also_in: tuple[OtherVersion, ...]
    meaning: float | None = None
    reasons: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    days: int | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class RelatedResponse:
    """Articles related to an article or draft. `terms` are those that were searched for, the most distinctive first.

    `names` are those in its text that other articles have too. `half_life` is that of the request, in days.
    `total` counts every article that shares one of the terms, within the dates that `mode` allows.
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
    names: tuple[OfferedName, ...] = ()
    half_life: int | None = None
