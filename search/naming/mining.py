"""Suggests variants: reads the articles of an archive twice, first for the names in them, then for their company.

Memory is bounded by the numbers below, whatever the size of the archive; names that are rare among many give way first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Final

from search.analysis.languages import primary_language
from search.engines.protocols import Searcher
from search.naming.candidates import alike
from search.naming.company import Company, companion_key
from search.naming.reading import names_in, surface_of_name
from search.query.terms import query_term
from search.query.variants import Variants, key_of
from search.records import record

MAX_NAMES: Final = 200_000
"""Names that are held while articles are read."""
MAX_FORMS: Final = 400_000
LEAST_ARTICLES: Final = 3
"""Articles that hold a name, for it to be compared."""
LEAST_CAPITALISED: Final = 0.4
"""Of the articles that hold a word, the share in which it stands as a name."""
LEAST_SCORE: Final = 0.48
"""What is suggested. `backfile evaluate names` draws this line on pairs that somebody judged."""
FLOOR: Final = 0.6
"""The likeness of sound that says nothing: names of one skeleton have it by chance."""
COMPANY_WEIGHT: Final = 0.3
APART: Final = 4.0
"""How much it speaks against a pair that both stand in one article."""
MAX_COMPANY: Final = 100
"""Names in an article that are company; one with more is a list, in which anybody stands beside anybody."""
_BATCH: Final = 1_000

Show = Callable[[int, int], None]


@record
class Evidence:
    """Why two names may be one. `likeness` of their sound and of their `company` are from 0 to 1.

    `kind` is "transliteration" (two scripts), "diacritics" or "edit distance". `companions` are names beside both, and
    `together` is the number of articles with both: spellings of one name seldom stand in one article.
    """

    kind: str
    likeness: float
    company: float
    companions: tuple[str, ...]
    together: int


@record
class Suggestion:
    """Two spellings that may be of one name, with the number of articles that hold each; the higher the `score`, the
    likelier."""

    names: tuple[str, str]
    articles: tuple[int, int]
    score: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of an archive: articles by folded name, articles by companion, the spelling most seen, and the language
    of all articles with the name, "" for several."""

    counts: Counter[str]
    companions: Counter[str]
    written: dict[str, str]
    language: dict[str, str]
    articles: int


def suggestions(
    searcher: Searcher,
    known: Variants,
    *,
    articles: int,
    seconds: float,
    least: float = LEAST_SCORE,
    progress: Show | None = None,
) -> list[Suggestion]:
    """What may be variants, the likeliest first, without what `known` leads to already.

    Reads at most so many articles, and takes about so many seconds: a third each for both readings and for comparing
    the names. Raises EngineError.
    """
    total = min(articles, searcher.status().articles)
    read = _Reader(searcher, articles, seconds / 3, progress, 2 * total)
    names = _names(read)
    likely = alike(
        _of_names(searcher, names.counts), _same_word(searcher.status().languages), names.language, seconds / 3
    )
    pairs: dict[str, list[str]] = defaultdict(list)
    for first, second in likely:
        pairs[first].append(second)
        pairs[second].append(first)
    company = Company(pairs)
    for _, found in read.again(total):
        if len(found) <= MAX_COMPANY:
            company.add(found.keys(), pairs)
    scored = (_scored(pair, score, names, company) for pair, score in likely.items() if not _leads(known, *pair))
    return sorted((each for each in scored if each.score >= least), key=lambda each: (-each.score, each.names))


@dataclass(slots=True)
class _Reader:
    """Reads the first articles of an archive, by id, as far as the time goes; the second time the same ones."""

    searcher: Searcher
    articles: int
    seconds: float
    progress: Show | None
    total: int
    read: int = 0

    def __iter__(self) -> Iterator[tuple[str, dict[str, str]]]:
        until = monotonic() + self.seconds
        for number, found in enumerate(self._found(self.articles, 0), 1):
            self.read = number
            yield found
            if monotonic() > until:
                return

    def again(self, done: int) -> Iterator[tuple[str, dict[str, str]]]:
        """The same articles once more."""
        return self._found(self.read, done)

    def _found(self, articles: int, done: int) -> Iterator[tuple[str, dict[str, str]]]:
        """The language of each article, and its names by folded name."""
        for number, document in enumerate(islice(self.searcher.articles(), articles)):
            if self.progress and number % _BATCH == 0:
                self.progress(done + number, self.total)
            yield primary_language(document.language), {surface_of_name(name): name for name in names_in(document)}


def _names(read: _Reader) -> _Names:
    counts: Counter[str] = Counter()
    companions: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    languages: dict[str, str] = {}
    for language, found in read:
        counts.update(found.keys())
        forms.update(found.values())
        companions.update({companion_key(surface) for surface in found})
        for counter, most in ((counts, MAX_NAMES), (companions, MAX_NAMES), (forms, MAX_FORMS)):
            if len(counter) > most:
                _halve(counter, most)
        for surface in found:
            if languages.setdefault(surface, language) != language:
                languages[surface] = ""
        if len(languages) > 2 * MAX_NAMES:
            languages = {surface: languages[surface] for surface in languages if surface in counts}
    written: dict[str, str] = {}
    for form, _ in forms.most_common():
        written.setdefault(surface_of_name(form), form)
    return _Names(counts, companions, written, languages, read.read)


def _halve(counter: Counter[str], most: int) -> None:
    kept = counter.most_common(most // 2)
    counter.clear()
    counter.update(dict(kept))


def _of_names(searcher: Searcher, counts: Counter[str]) -> dict[str, int]:
    """The words that are names more often than not, in enough articles."""
    frequent = [name for name, count in counts.items() if count >= LEAST_ARTICLES]
    if "vocabulary" not in searcher.capabilities:
        return {name: counts[name] for name in frequent}
    found: dict[str, int] = {}
    for start in range(0, len(frequent), _BATCH):
        batch = frequent[start : start + _BATCH]
        for name, held in zip(batch, searcher.document_frequencies(batch), strict=True):
            if counts[name] >= LEAST_CAPITALISED * min(held, counts.total()):
                found[name] = counts[name]
    return found


def _same_word(languages: tuple[str, ...]) -> Callable[[str, str], bool]:
    def same(first: str, second: str) -> bool:
        """Whether a search for one finds the other anyway, in some language of the archive."""
        return not set(query_term(first, languages).stems).isdisjoint(query_term(second, languages).stems)

    return same


def _leads(known: Variants, first: str, second: str) -> bool:
    ways = (first, second), (second, first)
    return any(key_of(other.text) == (to,) for name, to in ways for other in known.others.get((name,), ()))


def _scored(pair: tuple[str, str], score: float, names: _Names, company: Company) -> Suggestion:
    first, second = sorted(pair, key=lambda name: (-names.counts[name], name))
    shared, companions = company.compare(first, second, names.companions, names.articles)
    together = company.together[pair]
    share = together / max(min(names.counts[first], names.counts[second]), 1)
    total = combined(score, shared, share)
    evidence = Evidence(_kind(first, second, names), round(score, 3), round(shared, 3), companions, together)
    shown = names.written.get(first, first), names.written.get(second, second)
    return Suggestion(shown, (names.counts[first], names.counts[second]), round(max(total, 0.0), 3), evidence)


def combined(likeness: float, company: float, together: float) -> float:
    """The score of a pair from the likeness of sound and company, and the share of the rarer name's articles that hold
    both: high if all three speak for one name."""
    sound = max(0.0, (likeness - FLOOR) / (1.0 - FLOOR))
    return float(sound * max(company, 0.0) ** COMPANY_WEIGHT * (1.0 - min(together, 1.0)) ** APART)


def _kind(first: str, second: str, names: _Names) -> str:
    if first.isascii() != second.isascii():
        return "transliteration"
    written = names.written.get(first, first) + names.written.get(second, second)
    return "edit distance" if written.isascii() or not first.isascii() else "diacritics"
