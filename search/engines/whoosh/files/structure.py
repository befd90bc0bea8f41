"""Whether the arrays of a segment fit together: lengths, orders and ranges that reading them relies on.

Checksums tell that a file is what was written; this tells that what was written is a segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.whoosh.files.container import Container, DamagedFile
from search.engines.whoosh.files.layout import NO_STEM
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

_SLICE: Final = 1 << 22
"""Items looked at in one go, so that a large segment is not copied into memory."""


def structure_problems(container: Container, articles: int) -> list[str]:
    """What does not fit, in words; `articles` is what the commit says the segment holds."""
    try:
        return [
            *_article_problems(container, articles),
            *_keyword_problems(container, articles),
            *_dictionary_problems(container),
            *(problem for name in TEXT_FIELDS for problem in _posting_problems(container, name, articles)),
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
        if len(np.unique(container.array(name))) != articles or not _below(container.array(name), articles):
            yield f"section {name} does not name each article once"
    if not _below(container.array("url.docs"), articles):
        yield "an address belongs to an article that is not there"
    if not _below(container.array("source.ordinals"), len(container.array("source.starts")) - 1):
        yield "an article comes from a source that is not there"


def _keyword_problems(container: Container, articles: int) -> Iterator[str]:
    for field in KEYWORD_FIELDS:
        name = f"kw.{field}"
        values = len(container.array(f"{name}.starts")) - 1 if f"{name}.starts" in container.sections else -1
        ordinals = container.array(f"{name}.ordinals")
        if values != articles or not _partition(container.array(f"{name}.starts"), len(ordinals)):
            yield f"the values of {field} are not divided among the articles"
        if not _below(ordinals, len(container.array(f"{name}.values.starts")) - 1):
            yield f"an article has a value of {field} that is not there"


def _dictionary_problems(container: Container) -> Iterator[str]:
    surfaces = len(container.array("surface.starts")) - 1
    words, stems = len(container.array("word.stem")), len(container.array("stem.starts")) - 1
    yield from _string_problems(container, "surface", surfaces)
    for name in ("articles", "characters", "letters"):
        if len(container.array(f"surface.{name}")) != surfaces:
            yield f"section surface.{name} has {len(container.array(f'surface.{name}')):,} items, not {surfaces:,}"
    if not _partition(container.array("surface.words"), words):
        yield "the words are not divided among the spellings"
    own = container.array("word.stem")
    if not _below(own[own != NO_STEM], stems):
        yield "a word has a stem that is not there"
    if not _partition(container.array("stem.word_starts"), len(container.array("stem.words"))):
        yield "the words are not divided among the stems"
    if not _below(container.array("stem.words"), words):
        yield "a stem has a word that is not there"


def _posting_problems(container: Container, field: str, articles: int) -> Iterator[str]:
    words, starts, docs, counts, position_starts, positions = (
        container.array(f"{field}.{part}")
        for part in ("words", "starts", "docs", "counts", "position_starts", "positions")
    )
    if not _rising(words) or not _below(words, len(container.array("word.stem"))):
        yield f"the words of {field} are not in order"
    if len(starts) != len(words) + 1 or not _partition(starts, len(docs)) or len(counts) != len(docs):
        yield f"the postings of {field} are not divided among its words"
        return
    if len(position_starts) != len(starts) or not _partition(position_starts, len(positions)):
        yield f"the positions of {field} are not divided among its words"
        return
    if not _below(docs, articles):
        yield f"a word of {field} stands in an article that is not there"
    if not _rising_within(docs, starts):
        yield f"the articles of a word of {field} are not in order"
    if len(words) and not np.array_equal(
        np.add.reduceat(counts, starts[:-1].astype(np.int64), dtype=np.uint64), np.diff(position_starts)
    ):
        yield f"the frequencies of {field} are not those of its positions"


def _string_problems(container: Container, name: str, count: int) -> Iterator[str]:
    starts = container.array(f"{name}.starts")
    if len(starts) != count + 1 or not _partition(starts, len(container.array(f"{name}.bytes"))):
        yield f"the texts of {name} are not divided among {count:,}"


def _partition(starts: NDArray[Any], total: int) -> bool:
    """Whether the starts divide `total` items: they begin with 0, never fall and end with the total."""
    if not len(starts) or starts[0] != 0 or starts[-1] != total:
        return False
    return all(bool((part[1:] >= part[:-1]).all()) for part in _slices(starts))


def _rising(values: NDArray[Any]) -> bool:
    return all(bool((part[1:] > part[:-1]).all()) for part in _slices(values))


def _rising_within(values: NDArray[Any], starts: NDArray[Any]) -> bool:
    """Whether values rise from each start to the next."""
    falls = [np.flatnonzero(part[1:] <= part[:-1]) + 1 + number * _SLICE for number, part in enumerate(_slices(values))]
    return not falls or bool(np.isin(np.concatenate(falls), starts).all())


def _below(values: NDArray[Any], limit: int) -> bool:
    return not len(values) or int(values.max()) < limit


def _slices(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Parts of an array, each with the first item of the next."""
    for start in range(0, len(values), _SLICE):
        yield values[start : start + _SLICE + 1]
