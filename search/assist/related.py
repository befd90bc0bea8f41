"""Related articles: those most like an article or a draft, each with the words that it shares, one of a story only.

1. The most distinctive words of the subject are searched for (`distinctive`).
2. The first hits are put in order by how alike they are in all of these words (`similarity`).
3. Near-copies and translations are gathered behind one article (`stories`), and the list is filled with others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from search.assist.article_meaning import ordered_by_meaning
from search.assist.distinctive import MAX_TEXT, DistinctiveTerm, distinctive_terms
from search.assist.similarity import similarities
from search.assist.stories import Story, Version, Versions, add_translations, day_of, gathered, same_days_plan
from search.document import Document, Moment
from search.engines.conventions import Deadline
from search.engines.plan import DateFilter, Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit
from search.errors import NotFound, ParameterError
from search.query.match import MatchAny, MatchNone, MatchTerm
from search.query.terms import query_term
from search.ranking import SCORE_DIGITS
from search.request.planning import Planner
from search.request.reading import without_tracking
from search.request.wording import out_of_range, unknown

Mode = Literal["background", "same-days", "follow-ups"]

MODES: Final[tuple[Mode, ...]] = ("background", "same-days", "follow-ups")
MAX_LIMIT: Final = 50
DEPTHS: Final = (50, 200)
"""Hits that are compared with the subject; more where the first tell too few stories."""
LEAST_SHARED: Final = 2
"""Terms that a related article must share: a single one is chance."""
SAME_DAYS: Final = timedelta(days=3)
"""How far apart articles of the same days may be."""
FIELDS: Final = ("title", "summary", "body", "tags")
"""Headings are in the body too."""

_NOTHING: Final = Plan(MatchNone(), limit=0)


@dataclass(frozen=True, slots=True)
class Subject:
    """What related articles are wanted for: the archive's article with that `id` or `url`, or a draft."""

    id: str | None = None
    url: str | None = None
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Relative:
    """A related article, the terms it shares (the most distinctive first), and its other versions."""

    hit: Hit
    shared: tuple[DistinctiveTerm, ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Relatives:
    """What `related` found, the best first, and the other `versions` of the subject itself.

    `total` counts every article within the mode's dates that shares a term.
    `timed_out`: time ran out, or parts of the index did not answer, so `found` and `total` may be incomplete.
    """

    mode: Mode
    terms: tuple[DistinctiveTerm, ...]
    total: int
    found: tuple[Relative, ...]
    versions: tuple[Version, ...]
    warnings: tuple[str, ...]
    plan: Plan
    timed_out: bool = False


def related(
    planner: Planner,
    subject: Subject,
    *,
    modes: Sequence[Mode] = ("background",),
    limit: int = 10,
    texts: bool = True,
    deadline: float | None = None,
) -> tuple[Relatives, ...]:
    """For each mode the articles related to an article of the archive, or to a draft, which counts as published now.

    Modes: "background" is what was published up to that day, "same-days" within three days of it, and "follow-ups"
    after it. An engine without the capability "vocabulary" finds nothing, and `warnings` say so.
    `texts`: each hit brings its text. `deadline` is in seconds, for all of it.
    Raises NotFound, ParameterError, EngineError.
    """
    for mode in modes:
        if mode not in MODES:
            raise ParameterError("mode", unknown(str(mode), MODES))
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    search = _Search(planner, *_own(planner, subject), limit, Deadline(deadline))
    if "vocabulary" not in planner.capabilities:
        warnings = ("this index cannot count words, which related articles need",)
        return tuple(Relatives(mode, (), 0, (), (), warnings, _NOTHING) for mode in modes)
    found = [search.relatives(mode) for mode in modes]
    return tuple(search.with_texts(each) for each in found) if texts else tuple(found)


class _Search:
    """The search for articles related to one article: what its modes have in common is done once."""

    def __init__(self, planner: Planner, own: Document, stored: bool, limit: int, deadline: Deadline) -> None:
        self._planner = planner
        self._searcher = planner.searcher
        self._status = planner.status
        self._own = own
        self._stored = stored
        self._limit = limit
        self._deadline = deadline
        self._versions = Versions(planner.searcher, own)
        self._terms: tuple[DistinctiveTerm, ...] = ()
        if "vocabulary" in planner.capabilities:
            self._terms = distinctive_terms(planner.searcher, own, self._status.articles, stored=stored)

    def relatives(self, mode: Mode) -> Relatives:
        """The related articles of a mode, without their texts."""
        languages = (self._own.language,) if self._stored and self._own.language else self._status.languages
        plan = _plan(self._own, self._terms, languages, mode)
        stories: list[Story] = []
        others: list[Version] = []
        for depth in DEPTHS:
            plan = replace(plan, limit=max(depth, 2 * self._limit) + self._stored, deadline=self._deadline.left())
            results = self._searcher.search(plan)
            stories, others = gathered(self._ranked(results.hits), self._own, self._limit, self._versions)
            if len(stories) >= self._limit or results.total <= plan.limit or results.timed_out:
                break
        timed_out = results.timed_out | results.partial | self._add_translations(stories, others)
        self_counted = self._stored and bool(self._terms) and _covers(plan, self._own)
        return Relatives(
            mode=mode,
            terms=self._terms,
            total=max(0, results.total - self_counted),  # out of time, the article itself may not have been counted
            found=tuple(Relative(story.hit, self._shared(story.hit), tuple(story.versions)) for story in stories),
            versions=tuple(others),
            warnings=_warnings(self._own, mode, self._terms),
            plan=plan,
            timed_out=timed_out,
        )

    def _ranked(self, found: Sequence[Hit]) -> list[Hit]:
        """The hits that share enough terms, without the article itself, the most alike first."""
        least = min(LEAST_SHARED, len(self._terms))
        hits = [hit for hit in found if len(_leaves(hit)) >= least and not (self._stored and hit.id == self._own.id)]
        scores = similarities(hits, self._terms)
        scored = [
            replace(hit, score=round(score, SCORE_DIGITS), sort_key=None)
            for hit, score in zip(hits, scores, strict=True)
        ]
        alike = sorted(scored, key=lambda hit: -hit.score)
        return ordered_by_meaning(self._planner, self._own, alike, stored=self._stored)

    def _shared(self, hit: Hit) -> tuple[DistinctiveTerm, ...]:
        return tuple(self._terms[leaf] for leaf in _leaves(hit))

    def _add_translations(self, stories: Sequence[Story], others: list[Version]) -> bool:
        """Adds translations that are not among the hits; whether there was no time to find all of them."""
        if len(self._status.languages) < 2:
            return False
        plan = same_days_plan(self._own, stories, self._deadline.left())
        if plan is None:
            return False
        results = self._searcher.search(plan)
        add_translations(results, self._own, stories, others, self._versions)
        return results.timed_out or results.partial

    def with_texts(self, relatives: Relatives) -> Relatives:
        """The same with the text of each hit."""
        found = tuple(replace(row, hit=self._with_text(row.hit)) for row in relatives.found)
        return replace(relatives, found=found)

    def _with_text(self, hit: Hit) -> Hit:
        document = self._searcher.document(hit.id)
        return hit if document is None else replace(hit, body=document.body)


def _leaves(hit: Hit) -> tuple[int, ...]:
    return hit.matched.leaves if hit.matched else ()


def _own(planner: Planner, subject: Subject) -> tuple[Document, bool]:
    """The article or the draft, and whether it is an article of the archive."""
    searcher, name, url = planner.searcher, subject.id, subject.url
    wanted = name if name is not None else _id_of(searcher, url) if url else None
    document = None if wanted is None else searcher.document(wanted)
    if document is not None:
        return document, True
    if name is not None:
        raise NotFound(f"there is no article {name[:200]!r}")
    title, text = subject.title[:MAX_TEXT], subject.text[:MAX_TEXT]
    if not title.strip() and not text.strip():
        if url:
            raise NotFound(f"the archive has no article of the address {url[:200]!r}; send its title and text instead")
        raise ParameterError("text", "send a text, a title or a url")
    return Document("", title, text, language=planner.language, published=planner.now), False


def _id_of(searcher: Searcher, url: str) -> str | None:
    """The article with that address, or with another address of the same page."""
    found = (searcher.id_of_url(address) for address in address_spellings(url))
    return next((name for name in found if name is not None), None)


def address_spellings(url: str) -> list[str]:
    """The ways in which the address of the same page may have been written, that which was sent first."""
    return list(dict.fromkeys(_spellings(url.strip())))


def _spellings(url: str) -> Iterator[str]:
    """The address as it was sent; then without its fragment and tracking parameters, with and without a query,
    `www.` and a slash at the end."""
    yield url
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    host = parts.netloc.removeprefix("www.")
    path = parts.path.rstrip("/")
    untracked = without_tracking(parts.query.encode("utf-8", "replace")).decode("utf-8")
    for query in dict.fromkeys((parts.query, untracked, "")):
        for scheme, netloc, ending in product(("https", "http"), (host, f"www.{host}"), ("", "/")):
            yield urlunsplit((scheme, netloc, path + ending, query, ""))


def _plan(own: Document, terms: Sequence[DistinctiveTerm], languages: Sequence[str], mode: Mode) -> Plan:
    """The search for any of the terms, boosted by their weights; other forms are those of these languages."""
    heaviest = max((term.weight for term in terms), default=1.0)
    match = MatchAny(
        tuple(MatchTerm(FIELDS, query_term(t.typed, languages), round(t.weight / heaviest, 6)) for t in terms)
    )
    dates = _dates(own.published, mode)
    filters = (dates,) if dates else ()
    return Plan(match if terms else MatchNone(), filters, bring="head", matched=True)


def _dates(published: Moment | None, mode: Mode) -> DateFilter | None:
    if published is None:
        return None
    day = day_of(published)
    match mode:
        case "background":
            return DateFilter("published", None, day)
        case "same-days":
            return DateFilter("published", _shifted(day, -SAME_DAYS), _shifted(day, SAME_DAYS))
        case "follow-ups":
            return DateFilter("published", _shifted(day, timedelta(days=1)), None)


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _covers(plan: Plan, own: Document) -> bool:
    """Whether the plan finds the article itself: it shares every term, so only the dates can exclude it."""
    if not plan.filters or own.published is None:
        return not plan.filters
    dates = plan.filters[0]
    return not (isinstance(dates, DateFilter) and dates.start is not None and dates.start > day_of(own.published))


def _warnings(own: Document, mode: Mode, terms: Sequence[DistinctiveTerm]) -> tuple[str, ...]:
    warnings = []
    if own.published is None and mode != "background":
        warnings.append(f"the article is undated, so {mode} ignores dates")
    if not terms:
        warnings.append("no other article has any of its words")
    return tuple(warnings)
