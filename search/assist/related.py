"""Related articles that say why: those that share the most telling words of an article or a draft.

What is telling is measured by tf-idf (Sparck Jones, "A statistical interpretation of term specificity and its
application in retrieval", Journal of Documentation, 1972): often here, seldom in the archive.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from heapq import nlargest
from itertools import product
from math import log
from time import perf_counter
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from search.analysis import analyze, fold, is_stop_word
from search.document import Document, Moment
from search.engines.base import DateFilter, Hit, Plan, Searcher
from search.engines.conventions import leaf_text
from search.errors import NotFound, ParameterError
from search.query.match import MatchAny, MatchNone, MatchTerm
from search.query.terms import query_term
from search.ranking import inverse_document_frequency
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.request.wording import out_of_range, unknown
from search.results.grouping import Row, near_copies
from search.results.hits import Scene, hits
from search.results.overview import index_info
from search.results.response import RelatedHit, RelatedResponse, SharedTerm

Mode = Literal["background", "same-days", "follow-ups"]

MODES: Final[tuple[Mode, ...]] = ("background", "same-days", "follow-ups")
MAX_TERMS: Final = 20
MAX_CANDIDATES: Final = 256
"""Words of the article whose rarity is looked up."""
MAX_TEXT: Final = 12_000
"""Characters of a text that are read for its words: the first two thousand words say what it is about."""
MAX_LIMIT: Final = 50
MAX_WHY: Final = 8
LEAST_SHARED: Final = 2
"""Articles that share a single word are not related by it."""
WEIGHTS: Final = {"title": 3.0, "headings": 2.0, "summary": 2.0, "body": 1.0}
"""What one occurrence counts."""
NAME_WEIGHT: Final = 1.5
"""What a capitalised word within a sentence counts more: who and where tell articles apart best."""
SAME_DAYS: Final = timedelta(days=3)
FIELDS: Final = ("title", "headings", "summary", "body", "tags")


@dataclass(frozen=True, slots=True)
class Telling:
    """A word of the article: folded, as it is spelled there, in how many articles it stands, and what it weighs."""

    surface: str
    spelling: str
    articles: int
    weight: float

    @property
    def typed(self) -> str:
        """The word as the stemmer wants it: with its accents, if it is spelled like one word."""
        return self.spelling if fold(self.spelling) == self.surface else self.surface


def related(
    searcher: Searcher,
    links: Addresses,
    *,
    id: str | None = None,
    text: str = "",
    title: str = "",
    url: str | None = None,
    mode: Mode = "background",
    limit: int = 10,
    language: str = "en",
    now: datetime | None = None,
) -> RelatedResponse:
    """Articles related to the article `id` or `url`, or to a draft's `title` and `text` in `language`.

    `mode`: "background" is what was published up to that day, "same-days" within three days of it, "follow-ups" after
    it; a draft is dated `now`. Raises NotFound, ParameterError, EngineError.
    """
    started = perf_counter()
    if mode not in MODES:
        raise ParameterError("mode", unknown(str(mode), MODES))
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    own, stored = _own(searcher, id, url, title, text, language, now or datetime.now(UTC))
    status = searcher.status()
    terms = telling_terms(searcher, own, status.articles, stored=stored)
    warnings = _warnings(own, mode, terms)
    languages = (own.language,) if stored and own.language else tuple(searcher.values("lang"))
    plan = _plan(own, terms, languages, mode, limit + 1 if stored else limit)
    results = searcher.search(plan)
    found = [hit for hit in results.hits if not (stored and hit.id == own.id)][:limit]
    scene = Scene(SearchRequest(), plan, status.articles, links, linked=False)
    self_counted = stored and bool(terms) and _covers(plan, own)
    return RelatedResponse(
        mode=mode,
        terms=tuple(SharedTerm(term.spelling, term.articles) for term in terms),
        total=results.total - self_counted,
        took_ms=round((perf_counter() - started) * 1000.0, 3),
        hits=tuple(_shown(searcher, found, own, terms, scene)),
        warnings=(*warnings, *results.warnings),
        index=index_info(status),
    )


def _own(
    searcher: Searcher, id: str | None, url: str | None, title: str, text: str, language: str, now: datetime
) -> tuple[Document, bool]:
    """What to find relatives of, and whether it is an article of the archive."""
    wanted = id if id is not None else _id_of(searcher, url) if url else None
    document = None if wanted is None else searcher.document(wanted)
    if document is not None:
        return document, True
    if id is not None:
        raise NotFound(f"there is no article {id[:200]!r}")
    if not title.strip() and not text.strip():
        if url:
            raise NotFound(f"the archive has no article of the address {url[:200]!r}; send its title and text instead")
        raise ParameterError("text", "send an id, a url, a title or a text")
    return Document("", title[:MAX_TEXT], text[:MAX_TEXT], language=language, published=now), False


def _id_of(searcher: Searcher, url: str) -> str | None:
    """The article of that address, as it was sent or as the same page is also written."""
    found = (searcher.id_of_url(address) for address in dict.fromkeys(_spellings(url.strip())))
    return next((name for name in found if name is not None), None)


def _spellings(url: str) -> Iterator[str]:
    """The address, then without what trackers and readers add to it, with and without www and a last slash."""
    yield url
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    host = parts.netloc.removeprefix("www.")
    path = parts.path.rstrip("/")
    for query in dict.fromkeys((parts.query, "")):
        for scheme, netloc, ending in product(("https", "http"), (host, f"www.{host}"), ("", "/")):
            yield urlunsplit((scheme, netloc, path + ending, query, ""))


def telling_terms(searcher: Searcher, own: Document, articles: int, *, stored: bool) -> tuple[Telling, ...]:
    """The words that tell most about the article and that another article holds as well, the most telling first."""
    weights, spellings = _weighed(own)
    words = nlargest(MAX_CANDIDATES, weights, key=lambda word: (weights[word], word))
    counts = searcher.document_frequencies(words)
    terms = [
        Telling(word, spellings[word], count, (1.0 + log(weights[word])) * inverse_document_frequency(count, articles))
        for word, count in zip(words, counts, strict=True)
        if count > (1 if stored else 0)
    ]
    terms.sort(key=lambda term: (-term.weight, term.surface))
    return tuple(terms[:MAX_TERMS])


def _weighed(own: Document) -> tuple[Mapping[str, float], Mapping[str, str]]:
    """How much each word counts, forms of one word together under the most frequent one; and how it is spelled."""
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
    parts = [("title", own.title), ("summary", own.summary), ("body", own.body[:MAX_TEXT])]
    parts += [("headings", heading.text) for heading in own.headings]
    for field, text in parts:
        for token in analyze(text, own.language):
            spelling = text[token.start : token.end]
            if token.compound or not is_telling(token.surface, own.language):
                continue
            name = spelling[:1].isupper() and _runs_on(text, token.start)
            yield token.stem, token.surface, spelling, WEIGHTS[field] * (NAME_WEIGHT if name else 1.0)


def _runs_on(text: str, start: int) -> bool:
    """Whether the word stands within a sentence, so that a capital is its own."""
    before = text[max(0, start - 3) : start].rstrip()
    return text[start - 1 : start] == " " and bool(before) and before[-1] not in '.!?…:"“”'


def is_telling(surface: str, language: str) -> bool:
    """Not a stop word, not a number, not a single letter."""
    return len(surface) > 1 and any(c.isalpha() for c in surface) and not is_stop_word(surface, language)


def _plan(own: Document, terms: Sequence[Telling], languages: Sequence[str], mode: Mode, limit: int) -> Plan:
    """The search for any of the terms, each weighing what it tells; forms of them are those of these languages."""
    heaviest = max((term.weight for term in terms), default=1.0)
    match = MatchAny(
        tuple(MatchTerm(FIELDS, query_term(t.typed, languages), round(t.weight / heaviest, 6)) for t in terms)
    )
    dates = _dates(own.published, mode)
    return Plan(query=match if terms else MatchNone(), filters=(dates,) if dates else (), limit=limit, explain=True)


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
    """Whether the article is among its own relatives as the engine counts them."""
    if not plan.filters or own.published is None:
        return not plan.filters
    dates = plan.filters[0]
    return not (isinstance(dates, DateFilter) and dates.start is not None and dates.start > _day(own.published))


def _warnings(own: Document, mode: Mode, terms: Sequence[Telling]) -> tuple[str, ...]:
    warnings = []
    if own.published is None and mode != "background":
        warnings.append(f"the article is undated, so that {mode} is looked for at any time")
    if not terms:
        warnings.append("no word of it stands in another article")
    return tuple(warnings)


def _shown(
    searcher: Searcher, found: Sequence[Hit], own: Document, terms: Sequence[Telling], scene: Scene
) -> Iterator[RelatedHit]:
    """The hits that share enough, each with the terms it shares."""
    least = min(LEAST_SHARED, len(terms))
    shared = {hit.id: _shared(hit, terms, scene.plan) for hit in found}
    rows = [Row(replace(hit, explanation=None)) for hit in found if len(shared[hit.id]) >= least]
    for row, hit in zip(rows, hits(searcher, rows, scene, None), strict=True):
        why = tuple(SharedTerm(term.spelling, term.articles) for term in shared[hit.id][:MAX_WHY])
        yield RelatedHit(hit, why, near_copies(own.fingerprint, row.hit.fingerprint))


def _shared(hit: Hit, terms: Sequence[Telling], plan: Plan) -> list[Telling]:
    """The terms that made the engine find the article."""
    if hit.explanation is None or not isinstance(plan.query, MatchAny):
        return []
    matching = {leaf.text for leaf in hit.explanation.leaves}
    searched = zip(plan.query.children, terms, strict=True)
    return [term for leaf, term in searched if isinstance(leaf, MatchTerm) and leaf_text(leaf) in matching]
