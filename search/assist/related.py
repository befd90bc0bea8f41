"""Related articles: those that share the most distinctive words of an article or a draft, which say why.

A word is distinctive if it is frequent in the article and rare in the archive. This is measured by tf-idf
(Sparck Jones, "A statistical interpretation of term specificity and its application in retrieval", Journal of
Documentation, 1972).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from heapq import nlargest
from itertools import product
from math import log
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from search.analysis import analyze, fold, is_stop_word
from search.document import Document, Moment
from search.engines.grouping import near_copies
from search.engines.plan import DateFilter, Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit
from search.errors import NotFound, ParameterError
from search.query.match import MatchAny, MatchNone, MatchTerm
from search.query.terms import query_term
from search.ranking import inverse_document_frequency
from search.request.planning import Planner
from search.request.reading import without_tracking
from search.request.wording import out_of_range, unknown

Mode = Literal["background", "same-days", "follow-ups"]

MODES: Final[tuple[Mode, ...]] = ("background", "same-days", "follow-ups")
MAX_TERMS: Final = 20
"""Terms that are searched for."""
MAX_CANDIDATES: Final = 256
"""Words of the article whose document frequency is looked up."""
MAX_TEXT: Final = 12_000
"""Characters of the text that are read: the first two thousand words say what an article is about."""
MAX_LIMIT: Final = 50
LEAST_SHARED: Final = 2
"""Terms that a related article must share: a single one is chance."""
WEIGHTS: Final = {"title": 3.0, "headings": 2.0, "summary": 2.0, "body": 1.0}
"""The weight of an occurrence in each field."""
NAME_WEIGHT: Final = 1.5
"""The factor for a capitalised word within a sentence: names of people and places distinguish articles best."""
SAME_DAYS: Final = timedelta(days=3)
"""How far apart articles of the same days may be."""
FIELDS: Final = ("title", "headings", "summary", "body", "tags")

_NOTHING: Final = Plan(MatchNone(), limit=0)


@dataclass(frozen=True, slots=True)
class DistinctiveTerm:
    """A word of the article: its surface, its spelling there, the number of articles that hold it, and its weight."""

    surface: str
    spelling: str
    articles: int
    weight: float

    @property
    def typed(self) -> str:
        """The word as the stemmer needs it, with its diacritics, unless the spelling is that of several words."""
        return self.spelling if fold(self.spelling) == self.surface else self.surface


@dataclass(frozen=True, slots=True)
class Subject:
    """What related articles are wanted for: the archive's article with that `id` or `url`, or a draft."""

    id: str | None = None
    url: str | None = None
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Relative:
    """A related article, the terms it shares (the most distinctive first), and whether it is a near-copy."""

    hit: Hit
    shared: tuple[DistinctiveTerm, ...]
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Relatives:
    """What `related` found, the best first. `total` counts every article within the mode's dates that shares a term.

    `timed_out`: the search ran out of time, so `found` and `total` may be incomplete.
    """

    mode: Mode
    terms: tuple[DistinctiveTerm, ...]
    total: int
    found: tuple[Relative, ...]
    warnings: tuple[str, ...]
    plan: Plan
    timed_out: bool = False


def related(
    planner: Planner, subject: Subject, *, mode: Mode = "background", limit: int = 10, deadline: float | None = None
) -> Relatives:
    """Articles related to an article of the archive, or to a draft, which counts as published now.

    `mode`: "background" is what was published up to that day, "same-days" within three days of it, and "follow-ups"
    after it. An engine without the capability "vocabulary" finds nothing, and `warnings` say so.
    `deadline` is in seconds. Raises NotFound, ParameterError, EngineError.
    """
    if mode not in MODES:
        raise ParameterError("mode", unknown(str(mode), MODES))
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    own, stored = _own(planner, subject)
    if "vocabulary" not in planner.capabilities:
        return Relatives(mode, (), 0, (), ("this index cannot count words, which related articles need",), _NOTHING)
    terms = distinctive_terms(planner.searcher, own, planner.status.articles, stored=stored)
    languages = (own.language,) if stored and own.language else planner.status.languages
    plan = replace(_plan(own, terms, languages, mode, limit + 1 if stored else limit), deadline=deadline)
    results = planner.searcher.search(plan)
    found = [hit for hit in results.hits if not (stored and hit.id == own.id)][:limit]
    self_counted = stored and bool(terms) and _covers(plan, own)
    return Relatives(
        mode=mode,
        terms=terms,
        total=max(0, results.total - self_counted),  # out of time, the article itself may not have been counted
        found=tuple(_sharing(found, own, terms)),
        warnings=_warnings(own, mode, terms),
        plan=plan,
        timed_out=results.timed_out,
    )


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
    found = (searcher.id_of_url(address) for address in dict.fromkeys(_spellings(url.strip())))
    return next((name for name in found if name is not None), None)


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


def distinctive_terms(searcher: Searcher, own: Document, articles: int, *, stored: bool) -> tuple[DistinctiveTerm, ...]:
    """The most distinctive words that the article shares with any other, the most distinctive first."""
    weights, spellings = _weighed(own)
    words = nlargest(MAX_CANDIDATES, weights, key=lambda word: (weights[word], word))
    counts = searcher.document_frequencies(words)
    terms = [
        DistinctiveTerm(
            word, spellings[word], count, (1.0 + log(weights[word])) * inverse_document_frequency(count, articles)
        )
        for word, count in zip(words, counts, strict=True)
        if count > (1 if stored else 0)
    ]
    terms.sort(key=lambda term: (-term.weight, term.surface))
    return tuple(terms[:MAX_TERMS])


def _weighed(own: Document) -> tuple[Mapping[str, float], Mapping[str, str]]:
    """The weight and the usual spelling of each word. Forms of one word count together, as the most frequent form."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    weights: dict[str, float] = defaultdict(float)
    for stem, surface, spelling, weight in _words(own):
        forms[stem][surface] += 1
        spelled[surface][spelling] += 1
        weights[stem] += weight
    usual = {stem: counted.most_common(1)[0][0] for stem, counted in forms.items()}
    totals: dict[str, float] = defaultdict(float)
    for stem, weight in weights.items():
        totals[usual[stem]] += weight
    return totals, {surface: spelled[surface].most_common(1)[0][0] for surface in usual.values()}


def _words(own: Document) -> Iterator[tuple[str, str, str, float]]:
    """Stem, surface, spelling and weight of each occurrence of a content word."""
    parts = [("title", own.title), ("summary", own.summary), ("body", own.body[:MAX_TEXT])]
    parts += [("headings", heading.text) for heading in own.headings]
    for field, text in parts:
        for token in analyze(text, own.language):
            spelling = text[token.start : token.end]
            if token.compound or not is_content_word(token.surface, own.language):
                continue
            name = spelling[:1].isupper() and _runs_on(text, token.start)
            yield token.stem, token.surface, spelling, WEIGHTS[field] * (NAME_WEIGHT if name else 1.0)


def _runs_on(text: str, start: int) -> bool:
    """Whether the word is within a sentence, where a capital letter marks a name."""
    before = text[max(0, start - 3) : start].rstrip()
    return text[start - 1 : start] == " " and bool(before) and before[-1] not in '.!?…:"“”'


def is_content_word(surface: str, language: str) -> bool:
    """Whether a word carries meaning: it is not a stop word, a number or a single letter."""
    return len(surface) > 1 and any(c.isalpha() for c in surface) and not is_stop_word(surface, language)


def _plan(own: Document, terms: Sequence[DistinctiveTerm], languages: Sequence[str], mode: Mode, limit: int) -> Plan:
    """The search for any of the terms, boosted by their weights; other forms are those of these languages."""
    heaviest = max((term.weight for term in terms), default=1.0)
    match = MatchAny(
        tuple(MatchTerm(FIELDS, query_term(t.typed, languages), round(t.weight / heaviest, 6)) for t in terms)
    )
    dates = _dates(own.published, mode)
    filters = (dates,) if dates else ()
    return Plan(match if terms else MatchNone(), filters, limit=limit, bring="text", matched=True)


def _dates(published: Moment | None, mode: Mode) -> DateFilter | None:
    if published is None:
        return None
    day = _day(published)
    match mode:
        case "background":
            return DateFilter("published", None, day)
        case "same-days":
            return DateFilter("published", _shifted(day, -SAME_DAYS), _shifted(day, SAME_DAYS))
        case "follow-ups":
            return DateFilter("published", _shifted(day, timedelta(days=1)), None)


def _day(moment: Moment) -> date:
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    return moment


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
    return not (isinstance(dates, DateFilter) and dates.start is not None and dates.start > _day(own.published))


def _warnings(own: Document, mode: Mode, terms: Sequence[DistinctiveTerm]) -> tuple[str, ...]:
    warnings = []
    if own.published is None and mode != "background":
        warnings.append(f"the article is undated, so {mode} ignores dates")
    if not terms:
        warnings.append("no other article has any of its words")
    return tuple(warnings)


def _sharing(found: Sequence[Hit], own: Document, terms: Sequence[DistinctiveTerm]) -> Iterator[Relative]:
    """The hits that share enough terms, each with those terms."""
    least = min(LEAST_SHARED, len(terms))
    for hit in found:
        shared = tuple(terms[leaf] for leaf in hit.matched)
        if len(shared) >= least:
            fingerprint = hit.head.fingerprint if hit.head else 0
            yield Relative(hit, shared, near_copies(own.fingerprint, fingerprint))
