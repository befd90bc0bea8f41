"""Did you mean: other spellings of words that the archive does not know.

Candidates come from the index's own vocabulary. A correction is offered only if the corrected query, under the same
filters, finds more than twice as many articles. A word of another language, or a name, is unknown too, but nothing is
near it by more than chance: so the shorter a word is, the less a correction may change, and it keeps the letters that
English has not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from search.analysis import analyze, fold
from search.assist.count_budget import CountBudget
from search.engines.conventions import Deadline
from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.query.match import MatchTerm, Term
from search.query.patterns import edit_distance
from search.query.rewrite import positive_parts, replaced, rewritten
from search.query.tree import Or, Phrase, Query, Word, parts_of
from search.request.request import SearchRequest
from search.results.answer import Alternative

MAX_CORRECTIONS: Final = 3
MAX_WORDS: Final = 6
"""Unknown words of one query that are looked up."""
CANDIDATES: Final = 3
"""Near words tried for each unknown word."""
KNOWN: Final = 3
"""A word that at least this many articles hold is known, and is not corrected."""
PLENTY: Final = 30
"""If all words must match and at least this many articles do, every word is known in one form or another."""
FAR_MORE: Final = 50
"""If a few articles hold the word itself, a near word must be in this many times as many."""
LONG_WORD: Final = 7
"""Words of at least this many letters may be two edits away, shorter ones only one."""
MOST_READ: Final = 50_000
"""Characters of an article that are read for the spelling of a word."""
SHORTEST: Final = 3
"""Letters of the shortest word that is corrected."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word of the query that few articles hold, or none. `start` and `end` are offsets in the text of `part`."""

    part: Word | Phrase
    surface: str
    start: int
    end: int
    articles: int

    @property
    def typed(self) -> str:
        """The word as it was typed."""
        return self.part.text[self.start : self.end]

    def corrected(self, tree: Query, word: str) -> Query:
        """The query with `word` in place of this one."""
        text = self.part.text[: self.start] + word + self.part.text[self.end :]
        return replaced(tree, self.part, replace(self.part, text=text))


def did_you_mean(tree: Query, total: int, request: SearchRequest, budget: CountBudget) -> tuple[Alternative, ...]:
    """At most three other queries that find more, the likeliest first.

    Words of which other spellings are searched for already are left as they are.
    `total` is how many articles have all words of the query, and what it is compared with are articles that have all
    words of the other.
    Of two that differ only in the form of a word (inflation, inflated) only the likelier is offered.
    None is looked for once the time of the budget is up.
    """
    planner = budget.planner
    if "vocabulary" not in planner.capabilities or (total >= PLENTY and _needs_all(tree)):
        return ()
    found = _candidates(tree, total, planner.searcher, planner.variants.words, budget.until)
    candidates = [request.asking(query) for query in dict.fromkeys(found)]
    corrections: list[Alternative] = []
    meanings: set[tuple[str, ...]] = set()
    for candidate, count in zip(candidates, budget.counts(candidates), strict=True):
        stems = tuple(token.stem for token in analyze(candidate.q, planner.language))
        if stems not in meanings and count.all_words > 2 * total:
            meanings.add(stems)
            corrections.append(Alternative(candidate.q, candidate, count.total))
    return tuple(corrections[:MAX_CORRECTIONS])


def _needs_all(tree: Query) -> bool:
    """Whether an article must hold every word of the query."""
    return not any(isinstance(part, Or) for part in parts_of(tree))


def _candidates(
    tree: Query, total: int, searcher: Searcher, covered: Collection[str], until: Deadline
) -> Iterator[Query]:
    if until.passed():
        return
    unknown = [word for word in _unknown_words(tree, searcher) if word.surface not in covered]
    near = {word: _corrections_of(word, searcher, until) for word in unknown}
    correctable = [word for word in unknown if near[word]]
    if len(correctable) > 1:
        yield _all_corrected(tree, ((word, near[word][0]) for word in correctable))
    for word in correctable:
        for candidate in near[word]:
            yield word.corrected(tree, candidate)
    for word in unknown:
        yield from _split(tree, word, searcher)
    if unknown or not total:
        yield from _joined(tree, searcher)


def _corrections_of(word: Unknown, searcher: Searcher, until: Deadline) -> list[str]:
    """The words that may have been meant. None for a name that the archive has; of a word with letters such as `ü`,
    those which the archive writes with these, as it writes them. None when there is no time to look."""
    typed = word.typed
    if until.passed() or (word.articles and typed[:1].isupper() and not typed.isupper()):
        return []
    near = near_words(searcher, word.surface, word.articles)
    own = Counter(letter for letter in typed.lower() if fold(letter) != letter)
    if not own:
        return near
    written = (as_written(searcher, each, until).lower() for each in near)
    return [spelled for spelled in written if own <= Counter(spelled)]


def as_written(searcher: Searcher, surface: str, until: Deadline | None = None) -> str:
    """How an article writes a word; in its text rather than in its title, which may be in capitals. As it is given if
    there is no time to read an article."""
    until = until or Deadline(None)
    if until.passed():
        return surface
    plan = Plan(MatchTerm(("title", "body"), Term(surface, ())), limit=1, bring="text", deadline=until.left())
    texts = (text for hit in searcher.search(plan).hits if hit.head for text in (hit.body or "", hit.head.title))
    for text in texts:
        for token in analyze(text[:MOST_READ], ""):
            if token.surface == surface:
                return text[token.start : token.end]
    return surface


def _all_corrected(tree: Query, replacements: Iterable[tuple[Unknown, str]]) -> Query:
    """Every unknown word replaced, from the last to the first, so that the offsets before it stay valid."""
    texts: dict[Query, str] = {}
    for word, candidate in sorted(replacements, key=lambda pair: -pair[0].start):
        text = texts.get(word.part, word.part.text)
        texts[word.part] = text[: word.start] + candidate + text[word.end :]

    def change(node: Query) -> Query:
        return replace(node, text=texts[node]) if isinstance(node, Word | Phrase) and node in texts else node

    return rewritten(tree, change)


def _unknown_words(tree: Query, searcher: Searcher) -> list[Unknown]:
    found = [
        (part, token)
        for part in dict.fromkeys(positive_parts(tree))
        if isinstance(part, Word | Phrase)
        for token in analyze(part.text, "")
        if not token.compound and is_correctable(token.surface)
    ]
    frequencies = searcher.document_frequencies([token.surface for _, token in found])
    unknown = [
        Unknown(part, token.surface, token.start, token.end, count)
        for (part, token), count in zip(found, frequencies, strict=True)
        if count < KNOWN
    ]
    return unknown[:MAX_WORDS]


def is_correctable(surface: str) -> bool:
    """Whether a word consists of letters and is long enough to have a likely correction.

    Chinese, Japanese and Korean words are left alone: nearly every other word is one edit away.
    """
    return len(surface) >= SHORTEST and surface.isalpha() and max(surface) < "\u1100"


def near_words(searcher: Searcher, surface: str, articles: int) -> list[str]:
    """Words of the archive that may have been meant, the likeliest first; `articles` hold the word itself.

    Those two edits away begin with the same letter, and are looked at only if none is one edit away.
    """
    distance = 2 if len(surface) >= LONG_WORD else 1
    least = max(1, FAR_MORE * articles)
    found: dict[int, list[tuple[int, str]]] = {1: [], 2: []}
    for word, count in searcher.similar_terms(surface, distance, 50, least):
        edits = edit_distance(surface, word, distance)
        if word.isalpha() and (edits == 1 or word[0] == surface[0]):
            found[edits].append((-count, word))
    return [word for _, word in sorted(found[1] or found[2])[:CANDIDATES]]


def _split(tree: Query, word: Unknown, searcher: Searcher) -> Iterator[Query]:
    """`newyork` as the phrase "new york", if the archive knows both words."""
    if not isinstance(word.part, Word) or word.part.text[word.start : word.end] != word.part.text:
        return
    surface = word.surface
    pairs = [(surface[:middle], surface[middle:]) for middle in range(2, len(surface) - 1)]
    counts = searcher.document_frequencies([half for pair in pairs for half in pair])
    ranked = sorted(
        ((min(counts[2 * i], counts[2 * i + 1]), pair) for i, pair in enumerate(pairs)), key=lambda item: -item[0]
    )
    for count, (left, right) in ranked[:2]:
        if count >= KNOWN or (count and not word.articles):
            phrase = Phrase(f"{left} {right}", word.part.field, 0, word.part.boost)
            yield replaced(tree, word.part, phrase)


def _joined(tree: Query, searcher: Searcher) -> Iterator[Query]:
    """`news paper` as `newspaper`, if the archive knows it."""
    parts = parts_of(tree)
    pairs = [
        (left, right)
        for left, right in pairwise(parts)
        if isinstance(left, Word) and isinstance(right, Word) and left.field == right.field
    ][:MAX_WORDS]
    counts = searcher.document_frequencies([fold(left.text + right.text) for left, right in pairs])
    for (left, right), count in zip(pairs, counts, strict=True):
        if count:
            one = replace(left, text=left.text + right.text)
            yield _merged(tree, left, right, one)


def _merged(tree: Query, left: Query, right: Query, one: Query) -> Query:
    """The tree with `one` in place of `left`, and without `right`."""

    def change(node: Query) -> Query | None:
        if node is left:
            return one
        return None if node is right else node

    return rewritten(tree, change)
