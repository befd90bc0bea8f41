"""What is in the file of a segment: the names, types and order of its arrays.

A segment is one file of kind "segment", see `search.engines.disk.format.container`. It is never changed. Articles have
doc ids from 0 in the order they came (`doc`); folded spellings are numbered in the order of their UTF-8 bytes
(`surface`), words in the order of surface, language and stem (`word`).

*Strings* `X` are two sections: `X.bytes` (|u1) and `X.starts` (n + 1 offsets, <u4 or <u8). String i is
`bytes[starts[i]:starts[i + 1]]`, in UTF-8 that may have lone surrogates.

Articles
    numbers["articles"]     N
    id                      strings, N
    id.order                <u4, N       the docs in ascending order of their ids
    id.hashes, id.docs      <u8, <u4, N  `text_hash` of the ids in ascending order, and their docs
    url                     strings, N   "" for none
    url.hashes, url.docs    <u8, <u4     likewise, of the addresses that are not ""
    source                  strings      each source once, in order
    source.ordinals         <u4, N       which of them each article came from
    dates                   <f8, 2 * N   seconds since 1970, all published, then all modified; NaN if undated
    floating                |u1, 2 * N   1 for a bare date
    lengths                 <u4, 6 * N   tokens of each text field in the order of TEXT_FIELDS, without compounds
    fingerprints            <u8, N
    content_hashes          |u1, 16 * N
    article                 strings, N   `search.document` as JSON and texts, deflated, see `stored`
    kw.F.values             strings      for each keyword field F its values in order, each once
    kw.F.starts             <u4, N + 1   article d has the values
    kw.F.ordinals           <u4            ordinals[starts[d]:starts[d + 1]], ascending

TermDictionary
    surface.bytes           |u1          every surface followed by a newline, which none contains
    surface.starts          <u4, S + 1
    surface.articles        <u4, S       how many articles have it in title, headings, summary or body
    surface.characters      |u1, S       its length in characters
    surface.letters         <u4, S       bit `ord(c) % 32` set for each character c
    surface.words           <u4, S + 1   the words of surface s are those from words[s] to words[s + 1]
    word.stem               <u4, W       its stem's number, NO_STEM where the language has no stemmer
    stem                    strings, T   `language`, STEM_MARK, `stem`, in order
    stem.word_starts        <u4, T + 1   the words of stem t are
    stem.words              <u4            words[word_starts[t]:word_starts[t + 1]], ascending

A *word* (Lucene's term) is one spelling with the stem it has in articles of one language: `Die` is one word in English
and another in German. Spellings that fold to the same surface are several words if an accent gave them different stems.

Postings, for each text field F of TEXT_FIELDS
    F.words                 <u4, V       the words that occur in the field at all, ascending
    F.starts                <u8, V + 1   the postings of the word words[v] are those from starts[v] to starts[v + 1]:
    F.docs                  <u4, P         the article, ascending,
    F.counts                |u1 to <u4     how often the word occurs in the field, at least once
    F.position_starts       <u8, V + 1   and all their positions those from position_starts[v] to ...[v + 1]:
    F.positions             <u2 or <u4     of each posting in turn, ascending
    F.joined.words          <u4, J       compounds that have the same position as the first of their parts,
    F.joined.firsts         <u4, J         which is this word; ascending by compound, then first part
    F.joined.starts         <u8, J + 1   the articles with such positions are those from starts[j] to starts[j + 1]:
    F.joined.docs           <u4            the article, ascending,
    F.joined.counts         |u1 to <u4     how many such positions it has

Beside a segment `NAME.segment` there may be files of kind "deletions", `NAME.GENERATION.deleted`, each with the section
`docs` (<u4, ascending): the articles of the segment that a commit no longer counts. There may also be files
`NAME.NUMBER.vectors`, see `search.engines.disk.format.vector_file`.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.container import Container
from search.schema import DATE_FIELDS, TEXT_FIELDS

NO_STEM: Final = 0xFFFFFFFF
STEM_MARK: Final = "\x1f"

FIELD_ORDINALS: Final = {name: ordinal for ordinal, name in enumerate(TEXT_FIELDS)}
DATE_ORDINALS: Final = {name: ordinal for ordinal, name in enumerate(DATE_FIELDS)}


def to_bytes(text: str) -> bytes:
    """UTF-8; lone surrogates, which hostile input may have, survive."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(raw: bytes) -> str:
    """The inverse of `to_bytes`."""
    return raw.decode("utf-8", "surrogatepass")


def text_hash(text: str) -> int:
    """64 bits by which ids and addresses are found. Different texts may have the same, so compare the texts too."""
    return int.from_bytes(hashlib.blake2b(to_bytes(text), digest_size=8).digest(), "little")


def letters(word: str) -> int:
    """32 bits for the letters of a word; each edit of the word changes at most two of them."""
    bits = 0
    for character in word:
        bits |= 1 << (ord(character) & 31)
    return bits


def smallest_type(largest: int) -> np.dtype[Any]:
    """The narrowest unsigned type that holds the number."""
    return np.dtype(np.min_scalar_type(largest)).newbyteorder("<")


def string_arrays(values: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """`bytes` and `starts` of strings."""
    starts = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(np.fromiter(map(len, values), np.uint64, len(values)), out=starts[1:])
    return np.frombuffer(b"".join(values), np.uint8), starts


class Strings:
    """Strings of a segment, read one by one."""

    def __init__(self, raw: NDArray[np.uint8], starts: NDArray[Any]) -> None:
        self._raw = raw
        self._starts = starts

    @classmethod
    def of(cls, container: Container, name: str) -> Self:
        """The strings of this name. Raises DamagedFile if there are none."""
        return cls(container.array(f"{name}.bytes"), container.array(f"{name}.starts"))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def raw(self, number: int) -> bytes:
        """The bytes of one string."""
        return self._raw[self._starts[number] : self._starts[number + 1]].tobytes()

    def __getitem__(self, number: int) -> str:
        return from_bytes(self.raw(number))

    def all(self) -> list[str]:
        """All strings."""
        data, starts = self._raw.tobytes(), self._starts.tolist()
        return [from_bytes(data[a:b]) for a, b in pairwise(starts)]


class DocsByText:
    """Finds articles by what distinguishes them, through sorted hashes; `name` is "id" or "url"."""

    def __init__(self, container: Container, name: str) -> None:
        self._hashes = container.array(f"{name}.hashes")
        self._docs = container.array(f"{name}.docs")
        self._texts = Strings.of(container, name)

    def __getitem__(self, text: str) -> list[int]:
        """The doc ids, ascending, of the articles with this id or address."""
        wanted = np.uint64(text_hash(text))
        first = int(self._hashes.searchsorted(wanted))
        if first == len(self._hashes) or self._hashes[first] != wanted:
            return []
        raw, same = to_bytes(text), slice(first, int(self._hashes.searchsorted(wanted, "right")))
        return sorted(doc for doc in self._docs[same].tolist() if self._texts.raw(doc) == raw)
