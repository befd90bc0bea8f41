"""Searches as people save them, in any number, drawn from the articles of an archive: for `benchmark.alerts`.

An editor follows a name, a reader a subject, a desk its section; some write everything that the query language has.
`KINDS` says how often each is drawn. All words are from articles, so most searches find something in the archive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Final

from benchmark.articles import instant_of
from benchmark.queries import telling_words
from search.document import Document
from search.request.request import Filters, SearchRequest

POPULAR: Final = 0.1
"""The share of searches that somebody has saved already."""

_NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}\b")
_PLAIN: Final = re.compile(r"[a-z]+(?: [a-z]+){1,2}")

Making = Callable[[Document, Random], SearchRequest | None]
"""Makes a search of what is in an article; None if it has nothing of that kind."""


def saved_searches(articles: Sequence[Document], many: int, seed: int) -> Iterator[SearchRequest]:
    """So many searches, the same for the same articles and seed. Raises ValueError without articles."""
    if not articles:
        raise ValueError("there are no articles to draw searches from")
    random = Random(seed)  # noqa: S311 - nothing secret
    makings, weights = list(KINDS), list(KINDS.values())
    made: list[SearchRequest] = []
    while len(made) < many:
        if made and random.random() < POPULAR:
            made.append(random.choice(made))
        elif request := random.choices(makings, weights)[0](random.choice(articles), random):
            made.append(replace(request, time_zone="UTC"))
    yield from made


def _words(article: Document, random: Random, most: int = 3) -> list[str]:
    """Some neighbouring words of its title, or of one of its headings."""
    words = telling_words(random.choice([article.title, *(heading.text for heading in article.headings)]))
    count = random.randint(1, most)
    start = random.randrange(max(1, len(words) - count + 1))
    return words[start : start + count]


def _asking(query: str, **kept: str) -> SearchRequest | None:
    """A search for articles with those values of keyword fields."""
    return (
        SearchRequest(q=query, keywords=tuple((field, Filters((value,))) for field, value in kept.items()))
        if query
        else None
    )


def _some_words(article: Document, random: Random) -> SearchRequest | None:
    return _asking(" ".join(_words(article, random)))


def _name(article: Document, random: Random) -> SearchRequest | None:
    found = _NAME.findall(article.body[:5_000])
    return _asking(f'"{random.choice(found)}"') if found else None


def _phrase(article: Document, random: Random) -> SearchRequest | None:
    start = random.randrange(max(1, min(len(article.body), 5_000) - 200))
    found = _PLAIN.findall(article.body, start, start + 400)
    return _asking(f'"{random.choice(found)}"') if found else None


def _near(article: Document, random: Random) -> SearchRequest | None:
    words = _words(article, random)
    return _asking(f'"{" ".join(words)}"~{random.randint(3, 10)}') if len(words) > 1 else None


def _in_a_field(article: Document, random: Random) -> SearchRequest | None:
    field = random.choice(["title", "title", "heading", "summary"])
    return _asking(" ".join(f"{field}:{word}" for word in _words(article, random, 2)))


def _by_an_author(article: Document, random: Random) -> SearchRequest | None:
    if not article.authors:
        return None
    author = random.choice(article.authors).replace('"', "")
    return _asking(f'author:"{author}"')


def _of_a_section(article: Document, random: Random) -> SearchRequest | None:
    query = " ".join(_words(article, random, 1)) if random.random() < 0.7 else "*"
    return _asking(query, section=article.sections[0]) if article.sections else None


def _with_a_tag(article: Document, random: Random) -> SearchRequest | None:
    return _asking(" ".join(_words(article, random, 1)), tag=article.tags[0]) if article.tags else None


def _either(article: Document, random: Random) -> SearchRequest | None:
    words = _words(article, random)
    return _asking(f"({words[0]} OR {words[1]}) {' '.join(words[2:])}".strip()) if len(words) > 1 else None


def _many_of(article: Document, random: Random) -> SearchRequest | None:
    words = telling_words(article.body[:2_000])
    return _asking(" OR ".join(random.sample(words, min(len(words), 12))))


def _without(article: Document, random: Random) -> SearchRequest | None:
    words = _words(article, random)
    return _asking(f"{' '.join(words[:-1])} -{words[-1]}") if len(words) > 1 else None


def _between(article: Document, random: Random) -> SearchRequest | None:
    moment, words = instant_of(article), _words(article, random, 2)
    if moment is None or not words:
        return None
    start = moment.date() - timedelta(days=random.randrange(400))
    if random.random() < 0.5:
        return _asking(f"{' '.join(words)} date:{start}..{start + timedelta(days=730)}")
    return SearchRequest(q=" ".join(words), start=start)


def _beginning(article: Document, random: Random) -> SearchRequest | None:
    words = [word for word in _words(article, random) if len(word) >= 6]
    return _asking(f"{words[0][: random.randint(4, 6)]}*") if words else None


def _with_gaps(article: Document, random: Random) -> SearchRequest | None:
    words = [word for word in _words(article, random) if len(word) >= 6]
    return _asking(f"{words[0][:3]}?{words[0][4:-1]}*") if words else None


def _misspelt(article: Document, random: Random) -> SearchRequest | None:
    words = [word for word in _words(article, random) if len(word) >= 6]
    return _asking(f"{words[0][:3]}{words[0][4:]}~1") if words else None


def _exactly(article: Document, random: Random) -> SearchRequest | None:
    return _asking(" ".join(f'="{word}"' for word in _words(article, random, 1)))


def _pair(article: Document, random: Random) -> SearchRequest | None:
    """Two words that follow each other, joined by what a careful reader writes."""
    pairs = list(pairwise(_words(article, random)))
    return _asking(f"{pairs[0][0]} AND NOT ({pairs[0][1]} OR opinion)") if pairs else None


KINDS: Final[dict[Making, int]] = {
    _some_words: 25,
    _name: 14,
    _phrase: 9,
    _near: 3,
    _in_a_field: 7,
    _by_an_author: 5,
    _of_a_section: 7,
    _with_a_tag: 4,
    _either: 6,
    _many_of: 2,
    _without: 4,
    _between: 5,
    _beginning: 4,
    _with_gaps: 1,
    _misspelt: 2,
    _exactly: 1,
    _pair: 1,
}
"""How often each kind is drawn, of a hundred."""
