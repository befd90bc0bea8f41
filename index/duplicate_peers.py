"""Other signatures of texts, of as many bytes or of more, to compare fingerprints with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index.fingerprint import MAX_CHARACTERS, mixed, words_of
from search.errors import ConfigError

Signature = Callable[[str], Sequence[int]]
"""A text's signature, as 64-bit numbers."""


def simhash(text: str) -> Sequence[int]:
    """64 bits, each the majority among the word pairs (Charikar, "Similarity estimation techniques", STOC 2002)."""
    hashes = np.fromiter((crc32(word.encode("utf-8", "replace")) for word in _words(text)), np.uint64)
    features = mixed(np.unique((hashes[:-1] << np.uint64(32)) | hashes[1:]))
    bits = np.unpackbits(features.astype("<u8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    return _packed(bits.sum(axis=0, dtype=np.int64) * 2 > len(features))


def datasketch(hashes: int) -> Signature:
    """One bit of each of `hashes` MinHashes of datasketch."""
    module = _imported("datasketch")
    empty = module.MinHash(num_perm=hashes, seed=1)

    def sign(text: str) -> Sequence[int]:
        own = empty.copy()
        own.update_batch([pair.encode("utf-8", "replace") for pair in _pairs(text)])
        return _packed(own.hashvalues & np.uint64(1))

    return sign


def rensa(hashes: int) -> Signature:
    """One bit of each of `hashes` MinHashes of rensa."""
    module = _imported("rensa")

    def sign(text: str) -> Sequence[int]:
        own = module.RMinHash(num_perm=hashes, seed=1)
        own.update(list(_pairs(text)))
        return _packed(np.array(own.digest(), np.uint64) & np.uint64(1))

    return sign


def _words(text: str) -> list[str]:
    return words_of(text[:MAX_CHARACTERS])


def _pairs(text: str) -> set[str]:
    return {f"{one} {other}" for one, other in pairwise(_words(text))}


def _packed(bits: npt.NDArray[Any]) -> Sequence[int]:
    found: list[int] = np.packbits(bits.astype(np.uint8), bitorder="little").view("<u8").tolist()
    return found


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"{name} is not installed; install backfile[evaluate]") from error


PEERS: Final[dict[str, Callable[[], Signature]]] = {
    "simhash": lambda: simhash,
    "datasketch": lambda: datasketch(64),
    "datasketch-128": lambda: datasketch(128),
    "datasketch-256": lambda: datasketch(256),
    "rensa": lambda: rensa(64),
    "rensa-128": lambda: rensa(128),
    "rensa-256": lambda: rensa(256),
}
"""What can be compared with: by name, with the number of hashes where it is not 64."""
