"""How well fingerprints find near-copies: by the wording of the articles themselves.

The truth is the share of the words of two texts that stand in both in the same order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import process_time
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import LCSseq

from index.fingerprint import MAX_CHARACTERS, MIN_WORDS, words_of
from search.document import Document

NEAR: Final = 0.8
"""Two texts are near-copies if they share at least this much of their wording."""
UNRELATED: Final = 0.4
"""Two texts that share less of their wording than this have no more in common than any two of one kind."""
MOST_BITS: Final = 16
"""Pairs of fingerprints that differ in more bits than this are not looked at: one pair in 40,000 would be."""

_LEAST_OVERLAP: Final = 0.3
"""Pairs of texts are compared by their wording if they share this much of their word pairs; near-copies share more."""
_ROWS: Final = 500

Pair = tuple[int, int]
Signatures = npt.NDArray[np.uint64]
"""A row for each text, of one or more 64-bit numbers."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The different ids of articles with a fingerprint, their bodies, and the words of each; `short` have none."""

    ids: Sequence[str]
    bodies: Sequence[str]
    words: Sequence[Sequence[str]]
    short: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Pairs of texts with equal words, and the shared wording of all pairs that share at least some of it."""

    equal: frozenset[Pair]
    wording: Mapping[Pair, float]

    @property
    def near(self) -> int:
        """The number of pairs of near-copies."""
        return sum(share >= NEAR for share in self.wording.values())


@dataclass(frozen=True, slots=True)
class Found:
    """The pairs within a distance: how many, with equal words, near-copies, and unrelated ones."""

    bits: int
    pairs: int
    equal: int
    near: int
    unrelated: int


def read_texts(documents: Iterable[Document]) -> Texts:
    """The bodies of at least MIN_WORDS words; of articles with one id the first counts."""
    found: dict[str, tuple[str, list[str]]] = {}
    short: set[str] = set()
    for document in documents:
        words = words_of(document.body[:MAX_CHARACTERS])
        if len(words) < MIN_WORDS:
            short.add(document.id)
        else:
            found.setdefault(document.id, (document.body, words))
    bodies, words_each = [body for body, _ in found.values()], [words for _, words in found.values()]
    return Texts(list(found), bodies, words_each, len(short - found.keys()))


def find_truth(texts: Texts, looked_at: Iterable[Pair] = ()) -> Truth:
    """Compares all texts that share some word pairs, and the pairs `looked_at`, by their wording."""
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
    coded = [[numbers[word] for word in words] for words in texts.words]
    pairs = {*_overlapping([{*pairwise(words)} for words in coded]), *looked_at}
    wording = {(one, other): shared_wording(coded[one], coded[other]) for one, other in sorted(pairs)}
    return Truth(frozenset(pair for pair, share in wording.items() if share == 1.0), wording)


def shared_wording(one: Sequence[int], other: Sequence[int]) -> float:
    """Twice the longest common subsequence of words, by the words of both: 0 to 1."""
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))


def _overlapping(features: Sequence[set[Pair]]) -> Iterator[Pair]:
    """The pairs of sets whose Jaccard similarity is at least _LEAST_OVERLAP.

    If it is, they share one of their rarest members, when all but the most common 3 in 10 of each are looked at (prefix
    filtering: Chaudhuri, Ganti, Kaushik, "A primitive operator for similarity joins", ICDE 2006).
    """
    frequency = Counter(feature for own in features for feature in own)
    having: defaultdict[Pair, list[int]] = defaultdict(list)
    for number, own in enumerate(features):
        rarest = sorted(own, key=lambda feature: (frequency[feature], feature))
        prefix = rarest[: len(own) - int(_LEAST_OVERLAP * len(own))]
        seen = {earlier for feature in prefix for earlier in having[feature]}
        for earlier in seen:
            shared = len(own & features[earlier])
            if shared >= _LEAST_OVERLAP * (len(own) + len(features[earlier]) - shared):
                yield earlier, number
        for feature in prefix:
            having[feature].append(number)


def sign(texts: Iterable[str], signature: Callable[[str], Sequence[int]]) -> tuple[Signatures, float]:
    """The signatures of all texts, and the processor time of each in microseconds."""
    started = process_time()
    signed = [signature(text) for text in texts]
    spent = process_time() - started
    return np.array(signed, np.uint64), spent / max(1, len(signed)) * 1e6


def pairs_within(signatures: Signatures, most: int) -> Iterator[tuple[Pair, int]]:
    """The pairs of texts whose signatures differ in at most `most` bits, with that number."""
    for start in range(0, len(signatures), _ROWS):
        bits = differing_bits(signatures[start : start + _ROWS, None, :], signatures[None, :, :])
        for row, column in zip(*np.nonzero(bits <= most), strict=True):
            if start + row < column:
                yield (int(start + row), int(column)), int(bits[row, column])


def differing_bits(one: Signatures, other: Signatures) -> npt.NDArray[np.int64]:
    """In how many bits each signature differs from the other one."""
    bits: npt.NDArray[np.int64] = sum(
        _BIT_COUNTS[(one[..., part] ^ other[..., part]) >> np.uint64(shift) & np.uint64(0xFFFF)]
        for part in range(one.shape[-1])
        for shift in (0, 16, 32, 48)
    )
    return bits


_BIT_COUNTS: Final = np.array([number.bit_count() for number in range(65_536)], np.int64)


def counted(distances: Mapping[Pair, int], truth: Truth, most: int) -> Iterator[Found]:
    """What is found within each distance from 0 to `most` bits."""
    by_bits: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair, bits in distances.items():
        by_bits[bits].append(pair)
    found: list[Pair] = []
    for bits in range(most + 1):
        found += by_bits[bits]
        shares = [truth.wording[pair] for pair in found]
        yield Found(
            bits,
            len(found),
            sum(pair in truth.equal for pair in found),
            sum(share >= NEAR for share in shares),
            sum(share < UNRELATED for share in shares),
        )
