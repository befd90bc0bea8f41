"""Finds the words of a query in a text with the compiled kernel: what `term_scan` finds without it, many times faster.

The kernel cuts a text into fragments. It leaves out those in which no word can begin with a letter that is looked for,
and those that are known to hold none of the words. What remains is decided here, once for each spelling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from search.analysis.fragments import numbered_fragments_of
from search.analysis.tokens import Token, surface_of
from search.highlight.marking import Mark
from search.highlight.wanted import Groups, Occurrence, Sought, Stretches, Wanted

SAME_FIRST_LETTER: Final = frozenset(
    "ca cs da de en es et eu fi fr hu it nb nn no pt ro ru sv tr".split()  # noqa: SIM905 - reads better
)
"""Languages whose stemmers only take off endings, so that a word and its stem begin with the same letter.

Not Lithuanian, for a single word: the stem of *č* is *t*.
"""

_PLAIN_END: Final = 0x530
"""The letters below are those by which the kernel tells that a word cannot be one that is looked for."""

_DIGITS: Final = frozenset("0123456789")
_PAIR: Final = -2
_BARE: Final = -3
_UNDECIDED: Final = 0
_NONE: Final = 1
_SOME: Final = 2


class NumberedScan:
    """The words that are wanted of texts of one language. Not thread-safe."""

    def __init__(self, language: str, wanted: Wanted) -> None:
        self._wanted = wanted
        self._fragments = numbered_fragments_of(language)
        firsts = _first_letters(wanted, self._fragments.language)
        self._firsts = b"\1" * _PLAIN_END if firsts is None else _table(firsts)
        self._wide = None if firsts is None and wanted.choices else "".join(_wide(firsts, wanted))
        self._states = bytearray()
        self._sought: dict[int, tuple[Sought, ...]] = {}
        self._catch_up()

    def marks(self, texts: list[str], groups: Groups) -> list[list[Mark]]:
        """See `Words.marks`. Raises UnicodeEncodeError for a text with lone surrogates."""
        found: list[list[Mark]] = self._fragments.numbers.marks(texts, self._look(), groups.table, groups.may_repeat)
        return found

    def leading_marks(self, text: str, groups: Groups, stretches: Stretches) -> tuple[int, list[Mark]]:
        """See `Words.leading_marks`. Raises UnicodeEncodeError for a text with lone surrogates."""
        found: tuple[int, list[Mark]] = self._fragments.numbers.leading(
            text, self._look(), groups.table, groups.may_repeat, *stretches
        )
        return found

    def occurrences(self, text: str, reach: int) -> Mapping[int, list[Occurrence]]:
        """See `Words.occurrences`. Raises UnicodeEncodeError for a text with lone surrogates."""
        rows = self._fragments.numbers.scan(text, self._firsts, self._wide, self._states, bool(reach))
        found: dict[int, list[Occurrence]] = defaultdict(list)
        passed = 0  # positions of the fragments that the kernel could not count
        enough = reach  # the position from which on nothing matches together with what was found
        bare: list[str] = []  # those among them that are counted only if that matters
        for number, start, end, position in rows:
            if number == _BARE:
                bare.append(text[start:end])
                continue
            uncounted, here = self._row(number, text, start, end)
            if here:
                passed += self._positions(bare, enough - position - passed)
                bare.clear()
                enough = position + passed + here[-1].ahead + reach
            for words, ahead, first, last, pair in here:
                place = (position + passed + ahead, start + first, start + last, pair)
                for word in words:
                    found[word].append(place)
            passed += uncounted
        return found

    def _row(self, number: int, text: str, start: int, end: int) -> tuple[int, tuple[Sought, ...]]:
        """The positions of a fragment that the kernel could not count, and what is sought in it."""
        if number >= 0:
            return 0, self._decide(number)
        return (0, self._pair(text[start:end])) if number == _PAIR else self._read(text[start:end])

    def _positions(self, texts: Iterable[str], most: int) -> int:
        """How many positions fragments take; counting stops at `most`."""
        count = 0
        for text in texts:
            if count >= most:
                break
            count += self._fragments.add(text)[1].positions
        return count

    def _look(self) -> tuple[object, ...]:
        """What the kernel looks for: made for each call, since this object would be freed late if it held itself."""
        return self._firsts, self._wide, self._states, self._sought, self._asked

    def _catch_up(self) -> None:
        """Leaves undecided, of the fragments that are known already, those that may hold a word."""
        size = len(self._fragments.numbers)
        if self._wanted.choices:
            self._states = bytearray(size)
            return
        self._states = bytearray(b"\1") * size
        holding = self._fragments.holding
        for word in self._wanted.words():
            for number in list(holding.get(word, ())):
                if number < size:
                    self._states[number] = _UNDECIDED

    def _asked(self, number: int, text: str) -> tuple[Sought, ...]:
        """What is sought in a fragment that the kernel cannot decide by itself."""
        if number >= 0:
            return self._decide(number)
        return self._pair(text) if number == _PAIR else self._read(text)[1]

    def _decide(self, number: int) -> tuple[Sought, ...]:
        here = self._sought.get(number)
        if here is None:
            here = self._sought[number] = self._wanted.sought(self._fragments.read[number].tokens)
            if number >= len(self._states):
                self._states.extend(bytes(number + 1 - len(self._states)))
            self._states[number] = _SOME if here else _NONE
        return here

    def _pair(self, text: str) -> tuple[Sought, ...]:
        return self._wanted.sought((Token(text, text, 0, len(text), 0),))

    def _read(self, text: str) -> tuple[int, tuple[Sought, ...]]:
        """The positions of a fragment that the kernel does not know, and what is sought in it."""
        number, fragment = self._fragments.add(text)
        return fragment.positions, self._wanted.sought(fragment.tokens) if number is None else self._decide(number)


def _first_letters(wanted: Wanted, language: str) -> frozenset[str] | None:
    """The letters that words begin with, folded; None if it may be any."""
    if any(not choice.first for choice, _ in wanted.choices):
        return None
    if wanted.stems and language not in SAME_FIRST_LETTER:
        return None
    words: Iterable[str] = (*wanted.words(), *(choice.first for choice, _ in wanted.choices))
    letters = frozenset(word[0] for word in words if word)
    # "3.5mm2" is "3.5mm" and "2": a word of digits may begin within a run of letters, which begins with another digit.
    return letters | _DIGITS if any(map(str.isdigit, letters)) else letters


@lru_cache(maxsize=1)
def _folded_to() -> Mapping[str, tuple[int, ...]]:
    """The codes below _PLAIN_END by the first letter of what they are folded to."""
    found: dict[str, list[int]] = defaultdict(list)
    for code in range(_PLAIN_END):
        found[surface_of(chr(code))[:1]].append(code)
    return {letter: tuple(codes) for letter, codes in found.items()}


def _table(firsts: frozenset[str]) -> bytes:
    codes = _folded_to()
    table = bytearray(_PLAIN_END)
    for letter in firsts:
        for code in codes.get(letter, ()):
            table[code] = 1
    return bytes(table)


def _wide(firsts: frozenset[str] | None, wanted: Wanted) -> set[str]:
    letters = {word[0] for word in wanted.words() if word} if firsts is None else firsts
    return {letter for letter in letters if ord(letter) >= _PLAIN_END}
