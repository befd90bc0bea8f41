"""Inputs for the targets: what is valid, changed a little or a lot, and words of the language put together blindly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

_MOST_CHANGES: Final = 8
_MOST_WORDS: Final = 30
_MOST_REPEATS: Final = 1_000
_ODD: Final = (
    *(
        text.encode("utf-8", "surrogatepass")
        for text in (
            "\x00", "\t", "\r\n", "\x1b", "\x7f", "\x85", "\xa0", "\xad", "İ", "́", "\u200b", "\u200f", "\u2028",
            "\u202e", "�", "\ufeff", "\ufffe", "\uffff", "😀", "\U0010ffff", "ß", "ﬁ", "语", "ا", "٣", "１", "-1", "0",
            "1e309", "NaN", "9" * 30, "%", "%00", "%ff", "&", "=", "#", "<", ">", '"', "'", "\\", "/", "../",
        )
    ),
    b"\xff", b"\xc3(", b"\xf0\x9f",
)  # fmt: skip
"""Characters and bytes that programs trip over."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What inputs are made of: whole valid ones, and words to put into them. No input has more than `most` bytes."""

    seeds: Sequence[bytes]
    words: Sequence[bytes]
    most: int = 20_000


def made(grammar: Grammar, seed: int, number: int) -> bytes:
    """The input of that number; the same for the same seed, whatever was made before."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - it has to be the same again
    data = bytearray(random.choice(grammar.seeds))
    if grammar.words and random.random() < 0.2:
        data = bytearray(b"".join(random.choice(grammar.words) for _ in range(random.randint(1, _MOST_WORDS))))
    for _ in range(random.randint(0, _MOST_CHANGES)):
        random.choice(_CHANGES)(data, random, grammar)
    return bytes(data[: grammar.most])


def _flip(data: bytearray, random: Random, _: Grammar) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set_byte(data: bytearray, random: Random, _: Grammar) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, random.randrange(256)))


def _set_number(data: bytearray, random: Random, _: Grammar) -> None:
    """Puts an extreme number in the place of four or eight bytes."""
    size = random.choice((2, 4, 8))
    if len(data) >= size:
        at = random.randrange(len(data) - size + 1)
        number = random.choice((0, 1, (1 << 8 * size) - 1, 1 << (8 * size - 1), random.getrandbits(8 * size)))
        data[at : at + size] = number.to_bytes(size, "little")


def _insert_odd(data: bytearray, random: Random, _: Grammar) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.choice(_ODD)


def _insert_word(data: bytearray, random: Random, grammar: Grammar) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.choice(grammar.words or _ODD)


def _replace_by_word(data: bytearray, random: Random, grammar: Grammar) -> None:
    start, end = _slice(data, random)
    data[start:end] = random.choice(grammar.words or _ODD)


def _delete(data: bytearray, random: Random, _: Grammar) -> None:
    start, end = _slice(data, random)
    del data[start:end]


def _repeat(data: bytearray, random: Random, grammar: Grammar) -> None:
    start, end = _slice(data, random)
    piece = bytes(data[start : min(end, start + 200)])
    times = min(random.choice((2, 3, 10, _MOST_REPEATS)), grammar.most // max(len(piece), 1))
    data[start:start] = piece * times


def _splice(data: bytearray, random: Random, grammar: Grammar) -> None:
    other = random.choice(grammar.seeds)
    start, end = _slice(data, random)
    begin, stop = _slice(other, random)
    data[start:end] = other[begin:stop]


def _truncate(data: bytearray, random: Random, _: Grammar) -> None:
    del data[random.randint(0, len(data)) :]


def _slice(data: Sequence[int], random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 4, 16, 64, len(data))))


_CHANGES: Final[Sequence[Callable[[bytearray, Random, Grammar], None]]] = (
    _flip, _flip, _set_byte, _set_number, _insert_odd, _insert_odd, _insert_word, _insert_word, _replace_by_word,
    _delete, _repeat, _splice, _truncate,
)  # fmt: skip
