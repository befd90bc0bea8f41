"""The questions: some drawn at random from titles and headings, and hard ones made of the most common words.

A question says what to search for; each engine translates it into its own syntax. Stop words ("the", "of") are never
mixed with other words, because Backfile would leave them out; so every engine matches every word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random
from typing import Final, Literal, TypeVar

from benchmark.articles import instant_of, section_of
from search.analysis.languages import is_stop_word
from search.analysis.stemming import stem
from search.document import Document

_T = TypeVar("_T")

Shape = Literal["all", "any", "phrase", "near", "prefix", "fuzzy", "everything"]
"""`near`: the words within NEAR words of each other, in any order."""

SAMPLE: Final = 4_000
"""Articles in which common words and pairs are counted."""
DRAWN: Final = 10
"""Questions drawn from titles and headings, for each number of words."""
MANY_WORDS: Final = 12
NEAR: Final = 10

_WORD: Final = re.compile(r"[a-z]+")
_TOKEN: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Question:
    """What to search for: `words` are plain lower case; `section`, `start` and `end` (days, included) are filters."""

    kind: str
    shape: Shape
    words: tuple[str, ...] = ()
    section: str | None = None
    start: date | None = None
    end: date | None = None

    def __str__(self) -> str:
        narrowed = [f"section:{self.section}"] if self.section else []
        narrowed += [f"date:{self.start}..{self.end}"] if self.start else []
        return " ".join([self.text({"any": " OR ", "all": " AND "}.get(self.shape, " ")), *narrowed])

    def text(self, joint: str = " ") -> str:
        """What is asked for in Backfile's query language, without section and dates; `joint` stands between words."""
        joined = joint.join(self.words)
        text = {
            "phrase": f'"{joined}"',
            "near": f'"{joined}"~{NEAR}',
            "prefix": f"{joined}*",
            "fuzzy": f"{joined}~1",
            "everything": "*",
        }
        return text.get(self.shape, joined)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The most common stop words, other words and pairs of words of a sample, in descending order."""

    stop_words: tuple[str, ...]
    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def questions(articles: Sequence[Document], seed: int) -> list[Question]:
    """All questions, each once, interleaved so that any number of the first ones has all kinds in proportion."""
    random = Random(seed)  # noqa: S311 - nothing secret
    vocabulary = vocabulary_of(articles[:SAMPLE])
    lists = [
        *(list(drawn(articles, random, kind, count)) for count, kind in _DRAWN_KINDS.items()),
        title_phrases(articles, random),
        *hard(vocabulary, random),
        *filtered(articles, vocabulary, random),
        [Question("everything", "everything")],
    ]
    placed = [((place + 0.5) / len(found), asked) for found in lists for place, asked in enumerate(found)]
    return list(dict.fromkeys(asked for _, asked in sorted(placed, key=itemgetter(0))))


_DRAWN_KINDS: Final = {1: "one word", 2: "two words", 3: "three words", 4: "four words"}


def drawn(articles: Sequence[Document], random: Random, kind: str, count: int) -> Iterator[Question]:
    """Questions for `count` neighbouring words, all required, from titles and headings of random articles."""
    found: set[tuple[str, ...]] = set()
    for line in _lines(articles, random):
        words = telling_words(line)
        if len(words) < count:
            continue
        at = random.randrange(len(words) - count + 1)
        chosen = tuple(words[at : at + count])
        if chosen not in found:
            found.add(chosen)
            yield Question(kind, "all", chosen)
        if len(found) == DRAWN:
            return


def title_phrases(articles: Sequence[Document], random: Random) -> list[Question]:
    """Phrases of two or three plain words from titles and headings."""
    found: dict[Question, None] = {}
    for line in _lines(articles, random):
        words = line.lower().split()
        runs = [words[at : at + 2 + len(found) % 2] for at in range(len(words) - 2)]
        plain = [run for run in runs if all(_WORD.fullmatch(word) and _is_telling(word) for word in run)]
        if plain:
            found[Question("phrase", "phrase", tuple(random.choice(plain)))] = None
        if len(found) == 6:
            break
    return list(found)


def hard(vocabulary: Vocabulary, random: Random) -> Iterator[list[Question]]:
    """Questions that match a large part of the archive, or many of its words."""
    stops, words = vocabulary.stop_words, vocabulary.words
    yield [Question("common word", "all", (word,)) for word in (*stops[:4], *words[:4])]
    all_of = (stops[:2], stops[1:4], stops[4:6], words[:2], words[2:4], words[4:7])
    yield [Question("common words, all", "all", chosen) for chosen in all_of]
    yield [Question("common phrase", "phrase", pair) for pair in vocabulary.pairs[:5]]
    any_of = (stops[:4], stops[4:8], words[:4], words[4:8])
    yield [Question("common words, any", "any", chosen) for chosen in any_of]
    yield [
        Question("many words, any", "any", tuple(random.sample(words[:most], MANY_WORDS)))
        for most in (40, 150, 400, 1000)
        if len(words) >= MANY_WORDS
    ]
    prefixes = zip(_some([word for word in words if len(word) >= 7], random, 5), (3, 4, 4, 5, 6), strict=False)
    yield [Question("prefix", "prefix", (word[:length],)) for word, length in prefixes]
    yield [Question("fuzzy", "fuzzy", (_misspelt(word, random),)) for word in _some(_own_stems(words), random, 4)]


def filtered(articles: Sequence[Document], vocabulary: Vocabulary, random: Random) -> Iterator[list[Question]]:
    """Questions for common words within a range of dates, and within a section."""
    days = sorted(instant.date() for article in articles if (instant := instant_of(article)))
    sections = [name for name, _ in Counter(filter(None, map(section_of, articles))).most_common(4)]
    words = _some(vocabulary.words[:200], random, 8)
    yield [
        Question("date range", "all", (word,), start=day, end=day + timedelta(days=length))
        for word, day, length in zip(words[:4], _some(days, random, 4), (30, 90, 365, 3650), strict=False)
    ]
    yield [
        Question("section", "all", (word,), section=section) for word, section in zip(words[4:], sections, strict=False)
    ]


def vocabulary_of(articles: Sequence[Document]) -> Vocabulary:
    """The vocabulary by the number of articles that contain each word and each pair."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for article in articles:
        tokens = _TOKEN.findall(article.body.lower())
        words.update(dict.fromkeys(tokens, 1))  # not a set, whose order, and so that of ties, differs between processes
        pairs.update(dict.fromkeys(pairwise(tokens), 1))
    plain = [word for word, _ in words.most_common() if _WORD.fullmatch(word) and len(word) > 1]
    return Vocabulary(
        tuple(word for word in plain[:500] if is_stop_word(word, "en")),
        tuple(word for word in plain if _is_telling(word))[:2_000],
        tuple(pair for pair, _ in pairs.most_common(200) if all(_WORD.fullmatch(word) for word in pair)),
    )


def _lines(articles: Sequence[Document], random: Random) -> Iterator[str]:
    for article in random.sample(articles, len(articles)):
        yield random.choice([article.title, *(heading.text for heading in article.headings)])


def telling_words(line: str) -> list[str]:
    """The words of a line that say what it is about, in lower case, each once."""
    return list(dict.fromkeys(word for word in _WORD.findall(line.lower()) if _is_telling(word)))


def _is_telling(word: str) -> bool:
    return len(word) >= 3 and not is_stop_word(word, "en")


def _own_stems(words: Iterable[str]) -> list[str]:
    """Words that equal their stem, so that a misspelling is as far from the stem as from the word."""
    return [word for word in words if len(word) >= 6 and stem(word, "en") == word]


def _misspelt(word: str, random: Random) -> str:
    """The word without one of its letters, which is neither one of the first two nor the last."""
    place = random.randrange(2, len(word) - 1)
    return word[:place] + word[place + 1 :]


def _some(items: Sequence[_T], random: Random, count: int) -> list[_T]:
    return random.sample(items, min(count, len(items)))
