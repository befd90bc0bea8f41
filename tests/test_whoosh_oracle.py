"""Our evaluation against stock Whoosh's, on the same index: thousands of queries made at random.

Both read the same files, Whoosh through the codec, and nothing of Whoosh is changed. The same, then, must be: which
articles match words (exact spellings), phrases, prefixes, wildcards, near spellings, sections, and every combination
of them by and, or and not; and for words of one field, the scores to within 1e-4 and with them the order.

Where the two mean different things on purpose, Whoosh is told ours:

- A near spelling: Whoosh's automaton does not count a swap of neighbours as one edit, its own edit distance does, as
  ours. The automaton must find no more than we, and exactly as much where no word is only near by a swap.
- Not: alone, Whoosh's finds deleted articles too; it is put into an and, with all articles where nothing else is there.
  For scores it is a mask, since otherwise what it lets through gets 1 for that. (`AndNot` may miss the first article.)
- BM25: the formula is Whoosh's. Our idf stands in the place Whoosh has for another one; the average length is of the
  articles that have the field and are not deleted, where Whoosh divides by all there ever were in the files; and a
  field's weight w is what K1 / w comes to, times a factor that is the same for all articles.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from handmade import commit_all
from whoosh import query as stock
from whoosh.index import open_dir
from whoosh.reading import IndexReader
from whoosh.scoring import BM25F, BM25FScorer
from whoosh.searching import Searcher as StockSearcher

from search.analysis import analyze
from search.document import Document, Heading
from search.engines.disk.engine import DiskEngine
from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.patterns import edit_distance
from search.ranking import FIELD_B, FIELD_WEIGHTS, K1, inverse_document_frequency, untitled_factor
from search.schema import TEXT_FIELDS

FIELDS = tuple(TEXT_FIELDS)
EVERYTHING = 1_000_000


class NearTerm(stock.FuzzyTerm):  # type: ignore[misc]
    """Whoosh's fuzzy term by Whoosh's own edit distance, which counts a swap as one edit, instead of its automaton."""

    def _btexts(self, reader: Any) -> Any:
        field = reader.schema[self.fieldname]
        words = IndexReader.terms_within(reader, self.fieldname, self.text, self.maxdist, prefix=1)
        return [field.to_bytes(word) for word in words]


@dataclass(frozen=True)
class Opened:
    """One index, opened by both."""

    ours: Searcher
    whoosh: StockSearcher
    ids: dict[int, str]
    words: dict[str, list[str]]
    sections: tuple[str, ...]

    def found(self, query: Match) -> set[str] | None:
        """The ids of what we find, None if a pattern fits so many words that we do not look for all."""
        results = self.ours.search(Plan(query, limit=EVERYTHING))
        assert results.total == len(results.hits)
        return None if results.cut else {hit.id for hit in results.hits}

    def whoosh_finds(self, query: stock.Query) -> set[str]:
        return {self.ids[doc] for doc in self.whoosh.docs_for_query(query)}


def opened(directory: Path) -> Opened:
    DiskEngine(directory).keep_whoosh_toc(True)
    whoosh = open_dir(str(directory)).searcher()
    ids = {doc: fields["id"] for doc, fields in whoosh.iter_docs()}
    words = {field: list(whoosh.field_terms(field)) for field in FIELDS}
    return Opened(DiskEngine(directory).searcher(), whoosh, ids, words, tuple(whoosh.field_terms("section")))


# --- archives ------------------------------------------------------------------------------------------------------

_COMMON = ("the", "of", "to", "in", "and", "a", "bridge", "river", "flood", "war", "peace", "minister", "court")
_OTHERS = (
    "Runs", "running", "runner", "run", "Bridges", "bridged", "brigde", "Brücke", "Brücken", "brucken", "été", "étés",
    "ete", "canción", "cancion", "nación", "U.S.", "us", "post-war", "postwar", "COP29", "COP-29", "state-of-the-art",
    "1,234.5", "東京都", "東京", "Türkiye", "ılık", "Die", "die", "hot", "hto", "oht", "curt", "cuort",
)  # fmt: skip
_LANGUAGES = ("en", "en", "en-GB", "de", "fr", "tr", "es", "zh", "", "xx")
_SECTIONS = ("News", "News > Economy", "News > Economy > Oil", "Opinion", "Sport > Chess")


def made_archive(choice: random.Random) -> list[list[Document | str]]:
    """Up to four commits that add, replace and delete."""
    ids = [f"{number}" for number in range(choice.choice((5, 40, 150)))]
    history: list[list[Document | str]] = []
    for _ in range(choice.randint(1, 4)):
        changed = choice.sample(ids, choice.randint(1, len(ids)))
        history.append([name if choice.random() < 0.15 else _article(name, choice) for name in changed])
    return history


def _article(name: str, choice: random.Random) -> Document:
    def text(most: int) -> str:
        words = choice.choices(_COMMON, k=choice.randint(0, most)) + choice.choices(_OTHERS, k=choice.randint(0, most))
        choice.shuffle(words)
        return choice.choice((" ", ", ")).join(words)

    return Document(
        name,
        text(4),
        text(choice.choice((3, 30, 120))),
        summary=choice.choice(("", text(6))),
        headings=tuple(Heading(text(3), 2, 0) for _ in range(choice.randint(0, 3))),
        sections=tuple(choice.sample(_SECTIONS, choice.randint(0, 2))),
        authors=tuple(choice.sample(("Ann PostingList", "Bob de la Court", "Zoë Brücke"), choice.randint(0, 2))),
        tags=tuple(choice.sample(("war", "peace", "post-war", "東京"), choice.randint(0, 2))),
        language=choice.choice(_LANGUAGES),
    )


def real_archive(shared: Path) -> list[list[Document | str]]:
    """Articles of several languages and manners, in three commits, a few replaced and deleted by the later ones."""
    articles: list[Document] = []
    for name in ("bitcoinops", "ruby-lang-news", "reuters21578"):
        with gzip.open(shared / "corpora" / "articles" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for _, line in zip(range(3000), lines, strict=False)][::16]
        articles += [
            Document(
                f"{name}/{row['id']}",
                row["title"] or "",
                row["body"] or "",
                row.get("summary") or "",
                sections=tuple(filter(None, [row.get("section")])),
                tags=tuple(row.get("tags") or ()),
                language=row.get("lang") or "",
            )
            for row in rows
        ]
    random.Random(5).shuffle(articles)
    third = len(articles) // 3
    again = [Document(article.id, "Corrected", article.title) for article in articles[:20]]
    return [
        list(articles[:third]),
        [*articles[third : 2 * third], *(article.id for article in articles[20:60])],
        [*articles[2 * third :], *again, *(article.id for article in articles[third : third + 30])],
    ]


# --- queries -------------------------------------------------------------------------------------------------------

Both = tuple[Match, stock.Query]


class Queries:
    """Makes queries at random that find something, mostly, each in our words and in Whoosh's."""

    def __init__(self, archive: Opened, choice: random.Random) -> None:
        self._archive = archive
        self._choice = choice
        self._filled = [field for field in FIELDS if archive.words[field]]

    def any(self, depth: int = 2) -> Both:
        """A query of at most so many levels of and, or and not."""
        if depth == 0 or self._choice.random() < 0.4:
            return self._choice.choice(self._leaves)()
        parts = [self.any(depth - 1) for _ in range(self._choice.randint(1, 3))]
        ours, theirs = tuple(part[0] for part in parts), [part[1] for part in parts]
        kind = self._choice.choice(("and", "or", "not", "but not"))
        if kind == "and":
            return MatchEvery(ours), stock.And(theirs)
        if kind == "or":
            return MatchAny(ours), stock.Or(theirs)
        if kind == "not":
            return MatchNot(ours[0]), stock.And([stock.Every(), stock.Not(theirs[0])])
        excluded = self.any(depth - 1)
        return MatchEvery((*ours, MatchNot(excluded[0]))), stock.And([*theirs, stock.Not(excluded[1])])

    @property
    def _leaves(self) -> Sequence[Callable[[], Both]]:
        return (self.term, self.term, self.phrase, self.prefix, self.wildcard, self.section, self.everything)

    def term(self) -> Both:
        fields = self._fields()
        word = self._word(fields[0])
        return MatchTerm(fields, Term(word)), self._in(fields, lambda field: stock.Term(field, word))

    def phrase(self) -> Both:
        fields = self._fields()
        words = self._neighbours(fields[0])
        ours = MatchPhrase(fields, tuple(map(Term, words)))
        return ours, self._in(fields, lambda field: stock.Phrase(field, list(words)))

    def prefix(self) -> Both:
        fields = self._fields()
        word = self._word(fields[0])
        start = word[: self._choice.randint(1, len(word))]
        return MatchPrefix(fields, start), self._in(fields, lambda field: stock.Prefix(field, start))

    def wildcard(self) -> Both:
        fields = self._fields()
        characters = list(self._word(fields[0]))
        for _ in range(self._choice.randint(1, 2)):
            characters[self._choice.randrange(len(characters))] = self._choice.choice(("?", "*", "*"))
        pattern = "".join(characters)
        return MatchWildcard(fields, pattern), self._in(fields, lambda field: stock.Wildcard(field, pattern))

    def near(self) -> tuple[MatchFuzzy, stock.Query, stock.Query]:
        """Ours, Whoosh's by its distance, Whoosh's by its automaton."""
        fields = self._fields()
        word, distance = self._misspelt(self._word(fields[0])), self._choice.randint(1, 2)
        return (
            MatchFuzzy(fields, word, distance),
            self._in(fields, lambda field: NearTerm(field, word, maxdist=distance)),
            self._in(fields, lambda field: stock.FuzzyTerm(field, word, maxdist=distance)),
        )

    def section(self) -> Both:
        section = self._choice.choice(self._archive.sections or ("News",))
        return MatchKeyword("section", (section,)), stock.Term("section", section)

    def everything(self) -> Both:
        return MatchAll(), stock.Every()

    def scored(self, field: str) -> tuple[Match, stock.Query, stock.Query | None]:
        """Words of one field, some of them or all, some counting more; and for Whoosh the word that must not be there,
        if there is one."""
        leaves = [self._boosted(field) for _ in range(self._choice.randint(1, 4))]
        ours, theirs = tuple(leaf[0] for leaf in leaves), [leaf[1] for leaf in leaves]
        kind = self._choice.choice(("or", "or", "and", "but not"))
        if kind == "or":
            return MatchAny(ours), stock.Or(theirs), None
        if kind == "and":
            return MatchEvery(ours[:2]), stock.And(theirs[:2]), None
        excluded = self._word(field)
        without = MatchNot(MatchTerm((field,), Term(excluded)))
        return MatchEvery((MatchAny(ours), without)), stock.Or(theirs), stock.Term(field, excluded)

    def _boosted(self, field: str) -> Both:
        word, boost = self._word(field), self._choice.choice((1.0, 1.0, 2.0, 0.5))
        return MatchTerm((field,), Term(word), boost), stock.Term(field, word, boost=boost)

    def _fields(self) -> tuple[str, ...]:
        return tuple(self._choice.sample(self._filled, self._choice.choice((1, 1, min(2, len(self._filled))))))

    def _in(self, fields: tuple[str, ...], query: Callable[[str], stock.Query]) -> stock.Query:
        return query(fields[0]) if len(fields) == 1 else stock.Or([query(field) for field in fields])

    def _word(self, field: str) -> str:
        return self._choice.choice(self._archive.words[field]) if self._choice.random() < 0.95 else "nowhere"

    def _neighbours(self, field: str) -> list[str]:
        """Words that stand side by side in some article, most of the time."""
        fields = self._archive.whoosh.stored_fields(self._choice.choice(list(self._archive.ids)))
        text = fields.get(field, "")
        tokens = [token.surface for token in analyze(text if isinstance(text, str) else " ".join(text), "")]
        if len(tokens) < 2 or self._choice.random() < 0.1:
            return [self._word(field) for _ in range(2)]
        start = self._choice.randrange(len(tokens) - 1)
        return tokens[start : start + self._choice.randint(2, 4)]

    def _misspelt(self, word: str) -> str:
        at = self._choice.randint(1, max(1, len(word) - 1))
        return self._choice.choice(
            (
                word[:at] + word[at + 1 :] or word,
                word[:at] + "e" + word[at:],
                word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
                word,
            )
        )


# --- scores --------------------------------------------------------------------------------------------------------


class OurIdf(BM25F):  # type: ignore[misc]
    """Whoosh's BM25F with our constants and our statistics, for one field."""

    def __init__(self, field: str, archive: Opened) -> None:
        self._k1 = K1 / FIELD_WEIGHTS[field]
        super().__init__(B=FIELD_B[field], K1=self._k1)
        lengths = [archive.whoosh.doc_field_length(doc, field) for doc in archive.ids]
        self._average = sum(lengths) / max(1, sum(length > 0 for length in lengths)) or 1.0

    def idf(self, searcher: Any, field: str, text: Any) -> float:
        parent = searcher.get_parent()
        articles = sum(1 for _ in parent.reader().postings(field, text).all_ids())
        return inverse_document_frequency(articles, parent.doc_count()) * (K1 + 1) / (self._k1 + 1)

    def scorer(self, searcher: Any, field: str, text: Any, qf: int = 1) -> Any:
        return LiveScorer(self._average, searcher, field, text, self.B, self.K1, qf=qf)


class LiveScorer(BM25FScorer):  # type: ignore[misc]
    """Whoosh's scorer with the average length of the articles that are left, and with our factor for articles without a
    title."""

    def __init__(self, average: float, *arguments: Any, **options: Any) -> None:
        self._average = average
        super().__init__(*arguments, **options)

    def setup(self, searcher: Any, field: str, text: Any) -> Any:
        self.avgfl = self._average
        self._title_length = lambda doc: float(searcher.doc_field_length(doc, "title"))
        self._factor = lambda title: float(untitled_factor(field, title, self._average))
        made = super().setup(searcher, field, text)
        info = searcher.term_info(field, text)
        self._maxquality = self._score(info.max_weight() * self._factor(0.0), info.min_length())
        return made

    def score(self, matcher: Any) -> float:
        factor = self._factor(self._title_length(matcher.id()))
        return float(self._score(matcher.weight() * factor, self.dfl(matcher.id())))

    def block_quality(self, matcher: Any) -> float:
        return float(self._score(matcher.block_max_weight() * self._factor(0.0), matcher.block_min_length()))


def scores_agree(archive: Opened, field: str, query: Match, theirs: stock.Query, mask: stock.Query | None) -> int:
    """Compares the scores of all hits, and the first ten as Whoosh finds them when it skips what cannot be among them;
    gives how many hits there were."""
    hits = archive.ours.search(Plan(query, limit=EVERYTHING)).hits
    searcher = StockSearcher(archive.whoosh.reader(), weighting=OurIdf(field, archive), closereader=False)
    everything = searcher.search(theirs, limit=None, mask=mask)
    expected = {archive.ids[doc]: score for score, doc in everything.top_n}
    assert {hit.id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-4), query
    assert [hit.score for hit in hits] == pytest.approx([score for score, _ in everything.top_n], abs=1e-4), query
    first = [score for score, _ in searcher.search(theirs, limit=10, mask=mask).top_n]
    assert first == pytest.approx([hit.score for hit in hits[:10]], abs=1e-4), query
    return len(hits)


# --- the comparison ------------------------------------------------------------------------------------------------


def compare(archive: Opened, choice: random.Random, matching: int, near: int, scored: int) -> tuple[int, int]:
    """Asks so many queries of each kind; gives how many were asked and how many of them found anything."""
    queries = Queries(archive, choice)
    asked = found = 0
    for _ in range(matching):
        ours, theirs = queries.any()
        if (answer := archive.found(ours)) is None:
            continue
        assert answer == archive.whoosh_finds(theirs), (ours, theirs)
        asked, found = asked + 1, found + bool(answer)
    for _ in range(near):
        found += near_spellings_agree(archive, *queries.near())
        asked += 1
    for _ in range(scored):
        field = choice.choice([field for field in FIELDS if archive.words[field]])
        found += bool(scores_agree(archive, field, *queries.scored(field)))
        asked += 1
    return asked, found


def near_spellings_agree(archive: Opened, ours: MatchFuzzy, near: stock.Query, automaton: stock.Query) -> bool:
    expected = archive.whoosh_finds(near)
    assert archive.found(ours) == expected, ours
    by_automaton = archive.whoosh_finds(automaton)
    assert by_automaton <= expected, ours
    if not any(_near_by_a_swap(ours, word) for field in ours.fields for word in archive.words[field]):
        assert by_automaton == expected, ours
    return bool(expected)


def _near_by_a_swap(query: MatchFuzzy, word: str) -> bool:
    """Whether a word is as near as asked for only because a swap counts once."""
    if word[0] != query.word[0] or edit_distance(query.word, word, query.distance) > query.distance:
        return False
    return _without_swaps(query.word, word) > query.distance


def _without_swaps(a: str, b: str) -> int:
    """Insertions, deletions and substitutions from one word to another."""
    row = list(range(len(b) + 1))
    for above, x in enumerate(a):
        left, row[0] = row[0], above + 1
        for at, y in enumerate(b, 1):
            left, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, left + (x != y))
    return row[-1]


@pytest.mark.parametrize("seed", range(14))
def test_whoosh_agrees_on_archives_made_at_random(tmp_path: Path, seed: int) -> None:
    choice = random.Random(seed)
    commit_all(tmp_path / "archive", made_archive(choice))
    archive = opened(tmp_path / "archive")
    asked, found = compare(archive, choice, matching=90, near=20, scored=40)
    assert asked == 150
    assert found > asked // 3


@pytest.mark.shared
def test_whoosh_agrees_on_real_articles(tmp_path: Path, shared: Path) -> None:
    manifest = commit_all(tmp_path / "archive", real_archive(shared))
    assert len(manifest.segments) == 3
    assert manifest.articles < sum(entry.articles for entry in manifest.segments)
    archive = opened(tmp_path / "archive")
    asked, found = compare(archive, random.Random(1), matching=200, near=20, scored=100)
    assert asked > 250
    assert found > asked // 2
