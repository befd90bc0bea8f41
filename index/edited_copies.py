"""Near-copies made on purpose: real articles, edited as desks edit them, by a known share.

What is found among real articles says nothing of near-copies that are not found; here each one is known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

from index.duplicates import Texts


def dropped(blocks: list[str], share: float, draw: random.Random, _: Sequence[str]) -> list[str]:
    """Without a share of the sentences, at least one."""
    gone = {*draw.sample(range(len(blocks)), _number(blocks, share))}
    return [block for number, block in enumerate(blocks) if number not in gone]


def new_lead(blocks: list[str], share: float, _: random.Random, foreign: Sequence[str]) -> list[str]:
    """With a share of the sentences, the first of all, from another article."""
    number = _number(blocks, share)
    return [*foreign[:number], *blocks[number:]]


def appended(blocks: list[str], share: float, _: random.Random, foreign: Sequence[str]) -> list[str]:
    """With sentences of another article at the end, as many as a share of its own."""
    return [*blocks, *foreign[: _number(blocks, share)]]


def reordered(blocks: list[str], share: float, draw: random.Random, _: Sequence[str]) -> list[str]:
    """With a share of the sentences, at least one, in other places."""
    moved = {*draw.sample(range(len(blocks)), _number(blocks, share))}
    kept = [block for number, block in enumerate(blocks) if number not in moved]
    for number in sorted(moved):
        kept.insert(draw.randint(0, len(kept)), blocks[number])
    return kept


def reworded(blocks: list[str], share: float, draw: random.Random, foreign: Sequence[str]) -> list[str]:
    """With a share of the words replaced by words of another article, one by one."""
    words, others = " ".join(blocks).split(), " ".join(foreign).split()
    for number in draw.sample(range(len(words)), _number(words, share)):
        words[number] = draw.choice(others)
    return [" ".join(words)]


def _number(items: Sequence[str], share: float) -> int:
    return min(len(items), max(1, round(share * len(items))))


EDITS: Final = {each.__name__.replace("_", " "): each for each in (dropped, new_lead, appended, reordered, reworded)}
SHARES: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
LEAST_SENTENCES: Final = 10
"""Shorter articles are not edited: a change of one sentence would be a large one whatever share was asked for."""


def edited(texts: Texts, kind: str, share: float, *, size: int, seed: int) -> Iterator[tuple[str, str]]:
    """Up to `size` articles drawn at random, each with its edited version; the same seed draws the same."""
    draw = random.Random(f"{seed} {kind} {share}")  # noqa: S311 - a sample, no secret
    split = [blocks for body in texts.bodies if len(blocks := _sentences(body)) >= LEAST_SENTENCES]
    for number in draw.sample(range(len(split)), min(size, len(split))):
        foreign = split[number - draw.randrange(1, max(2, len(split)))]
        yield " ".join(split[number]), " ".join(EDITS[kind](split[number], share, draw, foreign))


def _sentences(body: str) -> list[str]:
    ends = body.replace("\n", " ").replace(". ", ".\n").replace("。", "。\n")
    return [line for line in (line.strip() for line in ends.split("\n")) if line]
