"""Generates any number of articles from real ones, for sizes beyond the real archive.

Words drawn one by one would be too uniform: real articles repeat their own words and have many common pairs of words.
So each article is made of sentences from a few real articles of one section, which keeps word frequencies, document
frequencies of common words, phrases and lengths close to real ones. New names are mixed in, because the vocabulary of
an archive never stops growing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmark.articles import section_of
from search.document import Document, Heading

CHUNK: Final = 2_000
"""Articles whose random numbers are drawn together."""
SOURCES: Final = 2
"""Real articles that most sentences of a generated one come from."""
FOREIGN: Final = 0.08
"""Share of sentences that come from anywhere in the archive."""
NEW_WORDS: Final = 1.5
"""New words in an article, on average."""
PARAGRAPH: Final = 4
"""Sentences in a paragraph."""
MOST_SENTENCES: Final = 500
DAYS_OFF: Final = 20
"""The largest difference in days from the real date that a date is derived from."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?:;])\s+|\n\s*\n")
_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Real articles split into sentences, ordered by section.

    `first` and `count` give the range of each article's sentences; `section_first` and `section_size` give, for each
    article, the range of the articles of its section. `beginnings` are parts for new words.
    """

    articles: Sequence[Document]
    sentences: Sequence[str]
    first: _Numbers
    count: _Numbers
    section_first: _Numbers
    section_size: _Numbers
    beginnings: Sequence[str]


def pool_of(articles: Sequence[Document]) -> Pool:
    """Splits real articles into a pool to generate from."""
    ordered = sorted((article for article in articles if article.body), key=lambda a: (section_of(a) or "", a.id))
    parts = [_sentences(article.body) for article in ordered]
    count = np.array([len(part) for part in parts], np.int64)
    _, first, inverse, sizes = np.unique(
        [section_of(article) or "" for article in ordered], return_index=True, return_inverse=True, return_counts=True
    )
    beginnings = sorted({word[:4].lower() for article in ordered for word in article.title.split() if _usable(word)})
    return Pool(
        ordered,
        [sentence for part in parts for sentence in part],
        np.cumsum(count) - count,
        count,
        first[inverse].astype(np.int64),
        sizes[inverse].astype(np.int64),
        beginnings or ["made"],
    )


def generate(pool: Pool, articles: int, seed: int) -> Iterator[Document]:
    """Generates that many articles; the first n are the same for every number. Keeps a few thousand in memory."""
    for chunk, start in enumerate(range(0, articles, CHUNK)):
        drawn = _Chunk(pool, np.random.default_rng((seed, chunk)))
        for number in range(min(CHUNK, articles - start)):
            yield drawn.article(start + number, number)


class _Chunk:
    """The random numbers of CHUNK articles, drawn together."""

    def __init__(self, pool: Pool, random: np.random.Generator) -> None:
        self._pool = pool
        known = len(pool.articles)
        self._topics = _topics(pool, random)
        lengths = np.minimum(pool.count[random.integers(0, known, CHUNK)], MOST_SENTENCES)
        self._ends = np.cumsum(lengths)
        self._sentences = _chosen_sentences(pool, self._topics, lengths, random)
        self._other = random.integers(0, known, (CHUNK, 4))
        self._days = random.integers(-DAYS_OFF, DAYS_OFF + 1, CHUNK)
        self._new = random.poisson(NEW_WORDS, CHUNK)
        self._parts = random.integers(0, len(pool.beginnings), (CHUNK, 8, 3))
        self._fingerprints = random.integers(1, 2**63, CHUNK)

    def article(self, id: int, number: int) -> Document:
        known = self._pool.articles
        dated, styled, titled, _ = (known[other] for other in self._other[number].tolist())
        topic = known[int(self._topics[number, 0])]
        body, headings = self._body(number, styled)
        published = dated.published + timedelta(days=int(self._days[number])) if dated.published else None
        return Document(
            f"made/{id:09}",
            _mixed(topic.title, titled.title),
            body,
            styled.summary,
            headings,
            f"https://archive.example/{id:09}",
            topic.sections,
            styled.authors,
            topic.tags,
            published,
            language="en",
            source="benchmark",
            fingerprint=int(self._fingerprints[number]),
        )

    def _body(self, number: int, styled: Document) -> tuple[str, tuple[Heading, ...]]:
        """The paragraphs, with the headings of a real article between them."""
        end = int(self._ends[number])
        start = int(self._ends[number - 1]) if number else 0
        sentences = self._pool.sentences
        chosen = [sentences[place] for place in self._sentences[start:end]]
        for word in range(min(int(self._new[number]), 8)):
            place = word % len(chosen)
            chosen[place] = f"{self._new_word(number, word)} {chosen[place]}"
        paragraphs = [" ".join(chosen[at : at + PARAGRAPH]) for at in range(0, len(chosen), PARAGRAPH)]
        return _with_headings(paragraphs, styled.headings[: len(paragraphs)])

    def _new_word(self, number: int, word: int) -> str:
        return "".join(self._pool.beginnings[part] for part in self._parts[number, word].tolist()).capitalize()


def _topics(pool: Pool, random: np.random.Generator) -> _Numbers:
    """For each article of a chunk, the real articles of one section that most of its sentences come from."""
    topic = random.integers(0, len(pool.articles), CHUNK)
    within = random.random((CHUNK, SOURCES)) * pool.section_size[topic][:, None]
    topics: _Numbers = pool.section_first[topic][:, None] + within.astype(np.int64)
    topics[:, 0] = topic
    return topics


def _chosen_sentences(pool: Pool, topics: _Numbers, lengths: _Numbers, random: np.random.Generator) -> list[int]:
    """The indexes of the sentences of all articles of a chunk, one article after the other."""
    slots = int(lengths.sum())
    article = np.repeat(np.arange(CHUNK), lengths)
    source = topics[article, random.integers(0, SOURCES, slots)]
    foreign = random.random(slots) < FOREIGN
    source[foreign] = random.integers(0, len(pool.articles), int(foreign.sum()))
    places: _Numbers = pool.first[source] + (random.random(slots) * pool.count[source]).astype(np.int64)
    chosen: list[int] = places.tolist()
    return chosen


def _with_headings(paragraphs: list[str], headings: Sequence[Heading]) -> tuple[str, tuple[Heading, ...]]:
    pieces: list[str] = []
    placed: list[Heading] = []
    length = 0
    every = max(1, len(paragraphs) // (len(headings) + 1))
    waiting: Any = iter(headings)
    for number, paragraph in enumerate(paragraphs):
        if number and number % every == 0 and (heading := next(waiting, None)):
            placed.append(Heading(heading.text, heading.level, length, heading.anchor))
            pieces.append(heading.text)
            length += len(heading.text) + 2
        pieces.append(paragraph)
        length += len(paragraph) + 2
    return "\n\n".join(pieces), tuple(placed)


def _mixed(first: str, second: str) -> str:
    """A title from the beginning of one and the end of another."""
    beginning, end = first.split(), second.split()
    return " ".join(beginning[: (len(beginning) + 1) // 2] + end[(len(end) + 1) // 2 :])


def _sentences(body: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(body) if part] or [body]


def _usable(word: str) -> bool:
    return len(word) >= 4 and word[:4].isalpha() and word.isascii()
