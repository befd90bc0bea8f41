"""Where a passage begins and ends: with whole sentences where they fit, else between words."""

from __future__ import annotations

from typing import Final, NamedTuple

from search.analysis.scripts import is_unspaced
from search.highlight.marking import Span, block_end
from search.highlight.sentences import sentence_end, sentence_start, stripped

MAX_LENGTH: Final = 240
"""Characters in a passage: two or three lines."""


class Extent(NamedTuple):
    """A piece of a text, and whether it begins or ends inside a sentence."""

    start: int
    end: int
    cut_start: bool = False
    cut_end: bool = False


def opening(text: str, start: int = 0) -> Extent:
    """The first sentences from `start` on, as long as a passage, in one paragraph."""
    while start < len(text) and text[start].isspace():
        start += 1
    ceiling = block_end(text, start)
    right = sentence_end(text, start, ceiling)
    if right is None or right - start > MAX_LENGTH:
        end = _cut_end(text, start + 1, start + MAX_LENGTH)
        return Extent(start, end, cut_end=True)
    return Extent(start, _further(text, start, right, ceiling, ceiling))


def filled(text: str, left: int, right: int, block: Span, room: Span) -> Extent:
    """A sentence with those behind it that fit too; and with the one before, if there is still much room.

    `block` are the ends of its paragraph, `room` those of what no other passage shows there.
    """
    (floor, ceiling), (lowest, highest) = block, room
    right = _further(text, left, right, ceiling, highest)
    if right - left < MAX_LENGTH // 2 and left > lowest:
        before = sentence_start(text, stripped(text, floor, left) - 1, floor)
        if before is not None and before >= lowest and right - before <= MAX_LENGTH:
            left = before
    return Extent(left, right)


def _further(text: str, left: int, right: int, ceiling: int, highest: int) -> int:
    highest = min(highest, left + MAX_LENGTH)
    while right + 1 < ceiling:
        following = sentence_end(text, right + 1, ceiling)
        if following is None or following <= right or following > highest:
            break
        right = following
    return right


def torn(text: str, start: int, end: int, block: Span, room: Span, sentence: tuple[int | None, int | None]) -> Extent:
    """A passage that cannot show whole sentences: from the beginning of one, or up to the end of one, if possible."""
    (floor, ceiling), (lowest, highest), (left, right) = block, room, sentence
    if left is not None and end - left <= MAX_LENGTH:
        last = _cut_end(text, end, min(highest, max(left + MAX_LENGTH, end)))
        return Extent(left, last, False, last < stripped(text, end, ceiling))
    last_end = right if right is not None and right >= end else sentence_end(text, end, ceiling)
    most = min(highest, start + MAX_LENGTH - MAX_LENGTH // 6)
    if last_end is not None and end <= last_end <= most:
        return Extent(_word_start(text, start, max(lowest, last_end - MAX_LENGTH)), last_end, True, False)
    spare = max(0, MAX_LENGTH - (end - start))
    first = _word_start(text, start, max(lowest, start - spare // 3))
    last = _cut_end(text, end, min(highest, max(first + MAX_LENGTH, end)))
    return Extent(first, last, first > floor, last < stripped(text, end, ceiling))


def _word_start(text: str, start: int, earliest: int) -> int:
    """The first place from `earliest` on where a word begins."""
    place = earliest
    while place < start and not (place == 0 or text[place - 1].isspace()):
        place += 1
    if place == start > earliest and is_unspaced(text[earliest:start]):
        place = earliest
    while place < start and text[place].isspace():
        place += 1
    return place


def _cut_end(text: str, end: int, limit: int) -> int:
    """The last place up to `limit` where a word ends."""
    limit = min(limit, len(text))
    place = limit
    while place > end and place < len(text) and not text[place].isspace():
        place -= 1
    return stripped(text, end, place) if place > end else limit
