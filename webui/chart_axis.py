"""The labels below the timeline: each in the middle of its own slot, as many as fit side by side.

A page is written before the width of its window is known. So the labels are chosen for several widths, and the
stylesheet shows those that were chosen for the width that the chart has. Lengths are in rem, as those in the
stylesheet: who reads in large letters gets fewer labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Final

from search.periods import INTERVALS, Interval, bounds_of, number_of
from search.translation import decade_in_words, month_day_in_words, month_in_words, remembered_by_language
from webui.wording import escaped

WIDTHS: Final = (10.0, 17.0, 28.0, 44.0)
"""The least width of a chart for each choice of labels; the stylesheet has the same ones."""
_LETTER: Final = 0.45
"""More than a letter of the labels takes on the average, at three quarters of the usual size."""
_APART: Final = 0.75
_STEPS: Final[dict[Interval, tuple[int, ...]]] = {
    "day": (1, 2, 7, 14, 28),
    "month": (1, 2, 3, 6, 12, 24, 36, 60),
    "year": (1, 2, 5, 10, 20, 50, 100, 200),
    "decade": (1, 2, 5, 10, 20, 50, 100),
    "century": (1, 2, 5, 10, 20, 50),
}
"""How many buckets lie between two labels: weeks, quarters, and round numbers of years."""
BASELINE: Final = 87


@remembered_by_language(maxsize=512)
def axis(interval: str, start: str, buckets: int, baseline: int) -> str:
    """The labels of that many buckets as elements of an SVG, from the one that begins on the day `start`.

    `baseline` is where they stand, in pixels from the top.
    """
    if interval not in INTERVALS:
        return ""
    first = number_of(interval, date.fromisoformat(start))
    labels = [tick_label(interval, number) for number in range(first, first + buckets)]
    chosen = [frozenset(labelled(interval, first, labels, width)) for width in WIDTHS]
    return "".join([_tick(place, labels, chosen, baseline) for place in sorted(frozenset().union(*chosen))])


def _tick(place: int, labels: Sequence[str], chosen: Sequence[frozenset[int]], baseline: int) -> str:
    middle = round((place + 0.5) * 100 / len(labels), 3)
    sizes = " ".join([f"at-{size}" for size, places in enumerate(chosen) if place in places])
    return f'<text class="{sizes}" x="{middle}%" y="{baseline}">{escaped(labels[place])}</text>'


def labelled(interval: Interval, first: int, labels: Sequence[str], width: float) -> Sequence[int]:
    """The places of the labels that stand below a chart of that width; `first` is the number of the first period.

    They are round ones, such as each fifth year, unless fewer than two of these fit.
    """
    slot = width / len(labels)
    half = max(map(len, labels)) * _LETTER / 2
    inside = [place for place in range(len(labels)) if half <= (place + 0.5) * slot <= width - half]
    apart = 2 * half + _APART
    phase = 1 if interval == "day" else 0  # the ordinals of Mondays are 1, 8, 15, ...
    for step in _STEPS[interval]:
        if step * slot >= apart:
            round_ones = [place for place in inside if (first + place - phase) % step == 0]
            if len(round_ones) > 1:
                return round_ones
            break
    return list(_evenly(inside, apart / slot))


def _evenly(inside: Sequence[int], apart: float) -> Iterable[int]:
    """Those that are at least `apart` from each other, the first of them included."""
    return islice(inside, None, None, max(1, -int(-apart // 1)))


@remembered_by_language(maxsize=8192)
def tick_label(interval: Interval, number: int) -> str:
    """A period as shortly as the caption above the chart allows: "3 Jul", "Jul 1987", "1987", "1980s"."""
    first, last = bounds_of(interval, number)
    match interval:
        case "day":
            return month_day_in_words(first.month, first.day, short=True)
        case "month":
            return month_in_words(first, short=True)
        case "year":
            return str(first.year)
        case "decade":
            return decade_in_words(number * 10)
        case "century":
            return f"{first.year}–{last.year}"
