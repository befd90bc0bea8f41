"""Whether the arrays of a segment fit together: the lengths, orders and ranges that readers rely on.

Checksums tell that a file is what was written. This tells that what was written is a segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import below, partition, rising, rising_within, row_ranges
from search.engines.disk.format.container import Container, DamagedFile
from search.engines.disk.format.layout import NO_STEM, Strings, from_bytes
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

_SPELLINGS: Final = 1 << 16
_POSITIONS: Final = 1 << 22
"""Spellings and positions that are checked in one step."""
_NEWLINE: Final = ord("\n")


def structure_problems(container: Container, articles: int) -> list[str]:
    """Everything that does not fit, in words. `articles` is how many the segment has according to the commit."""
    try:
        return [
            *_article_problems(container, articles),
            *_keyword_problems(container, articles),
            *_dictionary_problems(container, articles),
            *(problem for name in TEXT_FIELDS for problem in _posting_problems(container, name, articles)),
            *(problem for name in TEXT_FIELDS for problem in _compound_problems(container, name, articles)),
        ]
    except DamagedFile as error:
        return [str(error)]


def _article_problems(container: Container, articles: int) -> Iterator[str]:
    if (found := container.numbers.get("articles")) != articles:
        yield f"the segment holds {found} articles, {articles:,} were committed"
    per_article = {
        "id.order": 1, "id.hashes": 1, "id.docs": 1, "source.ordinals": 1, "dates": len(DATE_FIELDS),
        "floating": len(DATE_FIELDS), "lengths": len(TEXT_FIELDS), "fingerprints": 1, "content_hashes": 16,
    }  # fmt: skip
    for name, each in per_article.items():
        if len(container.array(name)) != each * articles:
            yield f"section {name} has {len(container.array(name)):,} items instead of {each * articles:,}"
    for name in ("id", "url", "article"):
        yield from _string_problems(container, name, articles)
    for name in ("id.order", "id.docs"):
        if len(np.unique(container.array(name))) != articles or not below(container.array(name), articles):
            yield f"section {name} does not name each article once"
    yield from _ordered_problems(container, "id", container.array("id.order"))
    if not below(container.array("floating"), 2):
        yield "section floating has other values than 0 and 1"
    yield from _value_problems(container, "source")
    if not below(container.array("source.ordinals"), len(container.array("source.starts")) - 1):
        yield "an article comes from a source that is not there"
    yield from _hash_problems(container, articles)


def _hash_problems(container: Container, articles: int) -> Iterator[str]:
    for name in ("id", "url"):
        if not rising(container.array(f"{name}.hashes"), strictly=False):
            yield f"the hashes of {name} are not in order"
    addresses = int(np.count_nonzero(np.diff(container.array("url.starts"))))
    if not len(container.array("url.docs")) == len(container.array("url.hashes")) == addresses:
        yield "not each address has its hash"
    if not below(container.array("url.docs"), articles):
        yield "an address belongs to an article that is not there"


def _keyword_problems(container: Container, articles: int) -> Iterator[str]:
    for field in KEYWORD_FIELDS:
        name = f"kw.{field}"
        values = len(container.array(f"{name}.starts")) - 1
        ordinals = container.array(f"{name}.ordinals")
        if values != articles or not partition(container.array(f"{name}.starts"), len(ordinals)):
            yield f"the values of {field} are not divided among the articles"
        elif not rising_within(ordinals, container.array(f"{name}.starts")):
            yield f"the values of {field} of an article are not in order"
        yield from _value_problems(container, f"{name}.values")
        if not below(ordinals, len(container.array(f"{name}.values.starts")) - 1):
            yield f"an article has a value of {field} that is not there"


def _dictionary_problems(container: Container, articles: int) -> Iterator[str]:
    surfaces = len(container.array("surface.starts")) - 1
    words, stems = len(container.array("word.stem")), len(container.array("stem.starts")) - 1
    yield from _string_problems(container, "surface", surfaces)
    for name in ("articles", "characters", "letters"):
        if len(container.array(f"surface.{name}")) != surfaces:
            yield f"section surface.{name} has {len(container.array(f'surface.{name}')):,} items, not {surfaces:,}"
    if not below(container.array("surface.articles"), articles + 1):
        yield "a spelling occurs in more articles than there are"
    yield from _spelling_problems(container)
    if not partition(container.array("surface.words"), words) or not rising(container.array("surface.words")):
        yield "the words are not divided among the spellings"
    own = container.array("word.stem")
    if not below(own[own != NO_STEM], stems):
        yield "a word has a stem that is not there"
    yield from _value_problems(container, "stem")
    starts, listed = container.array("stem.word_starts"), container.array("stem.words")
    if len(starts) != stems + 1 or not partition(starts, len(listed)):
        yield "the words are not divided among the stems"
    elif not below(listed, words):
        yield "a stem has a word that is not there"
    elif len(listed) != np.count_nonzero(own != NO_STEM) or not np.array_equal(
        own[listed], np.repeat(np.arange(stems), np.diff(starts))
    ):
        yield "words and stems do not name each other"
    elif not rising_within(listed, starts):
        yield "the words of a stem are not in order"


def _spelling_problems(container: Container) -> Iterator[str]:
    """Checks that the spellings are in order, and that their lengths and letters are stored as they are."""
    raw, starts = container.array("surface.bytes"), container.array("surface.starts").astype(np.int64)
    before = b""
    for begin in range(0, len(starts) - 1, _SPELLINGS):
        rows = slice(begin, begin + _SPELLINGS)
        own = starts[begin : begin + _SPELLINGS + 1]
        part = raw[own[0] : own[-1]].tobytes()
        *spellings, rest = part.split(b"\n")
        if rest or [len(each) + 1 for each in spellings] != np.diff(own).tolist():
            yield "the spellings are not divided by newlines"
            return
        if any(a >= b for a, b in pairwise((before, *spellings))):
            yield "the spellings are not in order"
        before = spellings[-1]
        sizes, letters = _traits(part)
        if not np.array_equal(sizes, container.array("surface.characters")[rows]):
            yield "the lengths of spellings are not those of the spellings"
        if not np.array_equal(letters, container.array("surface.letters")[rows]):
            yield "the letters of spellings are not those of the spellings"


def _traits(lines: bytes) -> tuple[NDArray[Any], NDArray[Any]]:
    """The number of characters of each line, and its letters as `layout.letters` encodes them."""
    codes = np.frombuffer(from_bytes(lines).encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.flatnonzero(codes == _NEWLINE)
    bits = np.where(codes == _NEWLINE, np.uint32(0), np.uint32(1) << (codes & np.uint32(31)))
    starts = np.append(0, ends[:-1] + 1)
    return ends - starts, np.bitwise_or.reduceat(bits, starts)


def _posting_problems(container: Container, field: str, articles: int) -> Iterator[str]:
    words, starts, docs, counts, position_starts, positions = (
        container.array(f"{field}.{part}")
        for part in ("words", "starts", "docs", "counts", "position_starts", "positions")
    )
    if not rising(words) or not below(words, len(container.array("word.stem"))):
        yield f"the words of {field} are not in order"
    if len(starts) != len(words) + 1 or not partition(starts, len(docs)) or len(counts) != len(docs):
        yield f"the postings of {field} are not divided among its words"
        return
    if len(position_starts) != len(starts) or not partition(position_starts, len(positions)):
        yield f"the positions of {field} are not divided among its words"
        return
    yield from _row_problems(field, starts, docs, counts, articles)
    for begin, end in row_ranges(position_starts, _POSITIONS):
        first, last = int(starts[begin]), int(starts[end])
        bounds = np.append(np.uint64(0), np.cumsum(counts[first:last], dtype=np.uint64))
        begins = position_starts[begin : end + 1]
        if not np.array_equal(bounds[starts[begin : end + 1].astype(np.int64) - first] + begins[0], begins):
            yield f"the frequencies of {field} are not those of its positions"
            return
        if not rising_within(positions[int(begins[0]) : int(begins[-1])], bounds):
            yield f"the positions of a word of {field} in an article are not in order"
            return


def _row_problems(
    name: str, starts: NDArray[Any], docs: NDArray[Any], counts: NDArray[Any], articles: int
) -> Iterator[str]:
    """What is wrong with rows of postings, once it is known that they are rows."""
    if not rising(starts):
        yield f"a word of {name} occurs nowhere"
    if not below(docs, articles):
        yield f"a word of {name} occurs in an article that is not there"
    if not rising_within(docs, starts):
        yield f"the articles of a word of {name} are not in order"
    if len(counts) and not counts.min():
        yield f"a word of {name} occurs in an article zero times"


def _compound_problems(container: Container, field: str, articles: int) -> Iterator[str]:
    name = f"{field}.joined"
    words, firsts, starts, docs, counts = (
        container.array(f"{name}.{part}") for part in ("words", "firsts", "starts", "docs", "counts")
    )
    if len(firsts) != len(words):
        yield f"section {name}.firsts has {len(firsts):,} items, not {len(words):,}"
        return
    if not rising(words.astype(np.uint64) << np.uint64(32) | firsts):
        yield f"the words of {name} are not in order"
    known = container.array(f"{field}.words")
    if not (np.isin(words, known).all() and np.isin(firsts, known).all()):
        yield f"{name} has a word that does not occur in {field}"
    if len(starts) != len(words) + 1 or not partition(starts, len(docs)) or len(counts) != len(docs):
        yield f"the postings of {name} are not divided among its words"
        return
    yield from _row_problems(name, starts, docs, counts, articles)


def _string_problems(container: Container, name: str, count: int) -> Iterator[str]:
    starts = container.array(f"{name}.starts")
    if len(starts) != count + 1 or not partition(starts, len(container.array(f"{name}.bytes"))):
        yield f"the texts of {name} are not divided among {count:,}"


def _value_problems(container: Container, name: str) -> Iterator[str]:
    """What is wrong with strings that should be distinct and in order."""
    starts = container.array(f"{name}.starts")
    found = list(_string_problems(container, name, len(starts) - 1))
    yield from found or _ordered_problems(container, name, range(len(starts) - 1))


def _ordered_problems(container: Container, name: str, order: Iterable[Any]) -> Iterator[str]:
    texts = Strings.of(container, name)
    strictly = isinstance(order, range)
    for before, after in pairwise(map(texts.raw, order)):
        if before > after or (strictly and before == after):
            yield f"the texts of {name} are not in order"
            return
