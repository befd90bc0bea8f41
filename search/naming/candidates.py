"""Which names of an archive are alike: those whose consonants differ by one at most, and that sound alike.

A name is compared only with those that share a key with it, so the work grows with the number of names and not with
its square.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import filterfalse
from time import monotonic
from typing import Final

from search.analysis.scripts import is_unspaced
from search.naming.sound import likeness, skeletons, sound_of

MAX_OF_KEY: Final = 80
"""Names of one key that are compared, the most frequent; a key with more says nothing."""
LEAST_ALIKE: Final = 0.72
"""How alike two names sound at least."""
MAX_PAIRS: Final = 20_000


def alike(
    counts: Mapping[str, int],
    same_word: Callable[[str, str], bool],
    language: Mapping[str, str],
    seconds: float,
) -> dict[tuple[str, str], float]:
    """Pairs of names that sound alike, with how much: at most MAX_PAIRS, the most alike. `counts` are articles by name.

    `same_word` says of two names that the index takes them for one already. `language` is that of a name that stands in
    articles of one language only. After so many seconds the rarer names are left out.
    """
    until = monotonic() + seconds
    ranked = sorted(filterfalse(is_unspaced, counts), key=lambda name: (-counts[name], name))
    groups = _by_key(ranked)
    found: dict[tuple[str, str], float] = {}
    for name in ranked:
        for other in {other for key in keys_of(name) for other in groups[key] if other > name}:
            score = 0.0 if _are_forms(name, other, language) else likeness(name, other)
            if score >= LEAST_ALIKE and not same_word(name, other):
                found[name, other] = score
        if len(found) > 2 * MAX_PAIRS:
            found = _most_alike(found, counts)
        if monotonic() > until:
            break
    return _most_alike(found, counts)


def _most_alike(found: Mapping[tuple[str, str], float], counts: Mapping[str, int]) -> dict[tuple[str, str], float]:
    def place(pair: tuple[str, str]) -> tuple[float, int, tuple[str, str]]:
        return -found[pair], -min(counts[name] for name in pair), pair

    return {pair: found[pair] for pair in sorted(found, key=place)[:MAX_PAIRS]}


def _by_key(ranked: Iterable[str]) -> Mapping[str, list[str]]:
    """The first MAX_OF_KEY names of each key."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in ranked:
        for key in keys_of(name):
            if len(groups[key]) < MAX_OF_KEY:
                groups[key].append(name)
    return groups


def keys_of(name: str) -> set[str]:
    """The skeletons of a name, and each with one consonant left out. Of two consonants both are needed."""
    found = set()
    for skeleton in skeletons(sound_of(name)):
        if len(skeleton) > 1:
            found.add(skeleton)
        if len(skeleton) > 2:
            found.update(_without_one(skeleton))
    return found


def _without_one(skeleton: str) -> Iterator[str]:
    for at in range(len(skeleton)):
        yield skeleton[:at] + "·" + skeleton[at + 1 :]
        yield skeleton[:at] + skeleton[at + 1 :]


def _are_forms(first: str, second: str, language: Mapping[str, str]) -> bool:
    """Whether the two are forms of one name, or the names of different people: one is the other with an ending that is
    heard, or both have endings of their own in a language other than English."""
    if sound_of(first) == sound_of(second):
        return False
    own = language.get(first)
    short, long = sorted((first, second), key=len)
    if long.startswith(short) or (short[0] != long[0] and long.endswith(short)):
        return True
    if not own or own == "en" or own != language.get(second):
        return False
    return own in _NOUNS_IN_CAPITALS or short[: len(short) - _ENDING] == long[: len(short) - _ENDING]


_NOUNS_IN_CAPITALS: Final = ("de", "lb")
"""Languages in which a word with a capital need not be a name."""
_ENDING: Final = 3
"""Letters of an ending that a name may have in its place."""
