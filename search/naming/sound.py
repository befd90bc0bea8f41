"""How a name sounds, whatever its script: in Latin letters, as a skeleton of consonants, and how far two are apart.

The rules are those of no language: they bring together what newspapers write for one sound, so that Gaddafi, Qaddafi
and Kadhafi meet, and leave the rest to the company that the names keep.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, product
from typing import Final

from anyascii import anyascii

MAX_SOUNDS: Final = 24
"""Sounds of a name that are compared; the rest of a longer one is cut off."""

_DIGRAPHS: Final = (
    ("tsch", "C"), ("shch", "S"), ("sch", "S"), ("tch", "C"), ("dzh", "J"), ("dsch", "J"), ("kh", "x"), ("gh", "g"),
    ("sh", "S"), ("ch", "C"), ("zh", "J"), ("dj", "J"), ("dh", "d"), ("th", "t"), ("ph", "f"), ("ts", "c"),
    ("tz", "c"), ("ck", "k"), ("ou", "u"), ("oo", "u"), ("w", "v"),
)  # fmt: skip
_DIGRAPH: Final = re.compile("|".join(letters for letters, _ in _DIGRAPHS))
_SOUNDS: Final = dict(_DIGRAPHS)
_HARD_C: Final = re.compile("c(?=[aou]|[^aeiouy])")
"""A c before a dark vowel or a consonant; at the end of a word it may be either."""
_TWICE: Final = re.compile(r"(.)\1+")
_CLASSES: Final = {
    **dict.fromkeys("kgqx", "K"),
    **dict.fromkeys("szcSCJj", "S"),
    **dict.fromkeys("td", "T"),
    **dict.fromkeys("bp", "P"),
    **dict.fromkeys("fv", "F"),
    **{letter: letter.upper() for letter in "lmnr"},
}
_VOWELS: Final = frozenset("aeiouyj")
_SAME_CLASS: Final = 0.25
_VOWEL: Final = 0.3
_SILENT: Final = 0.5
"""What it costs to leave out a vowel, or an h; a consonant costs 1."""
_ARTICLE: Final = re.compile("^(?:ال|وال)(?=.{3})")


@lru_cache(maxsize=200_000)
def sound_of(surface: str) -> str:
    """A folded word as sounds, a character each: šč and the like are capitals, and no sound stands twice in a row."""
    latin = anyascii(_ARTICLE.sub("", surface)).lower() if not surface.isascii() else surface
    letters = "".join(filter(str.isalpha, latin))
    letters = _TWICE.sub(r"\1", _DIGRAPH.sub(lambda found: _SOUNDS[found[0]], letters))
    return _TWICE.sub(r"\1", _HARD_C.sub("k", letters))[:MAX_SOUNDS]


@lru_cache(maxsize=200_000)
def skeletons(sound: str) -> tuple[str, ...]:
    """The classes of the consonants in order, no class twice in a row: in two or four ways where ch may be a k (German)
    or j no consonant."""
    ways = product(*(way for way in (("SK" if "C" in sound else "S"), (("S", "") if "j" in sound else ("",)))))
    found: dict[str, None] = {}
    for ch, j in ways:
        classes = {**_CLASSES, "C": ch, "j": j}
        found[_TWICE.sub(r"\1", "".join(classes.get(letter, "") for letter in sound))] = None
    return tuple(found)


def is_vowel_script(surface: str) -> bool:
    """Whether the script writes short vowels: Arabic and Hebrew letters stand for consonants alone."""
    return not any("\u0590" <= letter <= "\u08ff" for letter in surface)


def likeness(first: str, second: str) -> float:
    """How alike two folded words sound, from 0 to 1; vowels do not count where one has none."""
    left, right = sound_of(first), sound_of(second)
    if not (is_vowel_script(first) and is_vowel_script(second)):
        left, right = _consonants(left), _consonants(right)
    length = max(len(left), len(right))
    return max(0.0, 1.0 - _distance(left, right) / length) if length else 0.0


def _consonants(sound: str) -> str:
    return _TWICE.sub(r"\1", "".join(letter for letter in sound if letter not in "aeiouyhj"))


def _distance(left: str, right: str) -> float:
    """The least cost of the edits that make one of the other."""
    drops = _drops(right)
    row = list(accumulate(drops, initial=0.0))
    for own, drop in zip(left, _drops(left), strict=True):
        above, last = row, row[0] + drop
        row = [last]
        for at, other in enumerate(right):
            change = 0.0 if own == other else _changed(own, other)
            last = min(above[at] + change, above[at + 1] + drop, last + drops[at])
            row.append(last)
    return row[-1]


def _drops(sound: str) -> list[float]:
    """What it costs to leave out each sound; the consonant at the beginning is seldom left out."""
    costs = [_dropped(letter) for letter in sound]
    return [2.0, *costs[1:]] if costs and costs[0] == 1.0 else costs


def _dropped(letter: str) -> float:
    return _SILENT if letter in _VOWELS or letter == "h" else 1.0


@lru_cache(maxsize=4096)
def _changed(own: str, other: str) -> float:
    if own in _VOWELS and other in _VOWELS:
        return _VOWEL
    own_class, other_class = _CLASSES.get(own), _CLASSES.get(other)
    if own_class is not None and own_class == other_class:
        return _SAME_CLASS
    return _SAME_CLASS if {own, other} in ({"x", "h"}, {"C", "k"}, {"C", "x"}) else 1.0
