"""Several timelines as one: with the same periods, which are those that suit all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from search.dates import choose_interval
from search.engines.plan import TimelinePlan
from search.engines.results import Timeline
from search.periods import INTERVALS, Interval, first_day, label_of, last_day
from search.results.timeline import span_of


@dataclass(frozen=True, slots=True)
class Frame:
    """The periods that timelines share: their interval, and the first and the last one."""

    interval: Interval
    first: str
    last: str

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return first_day(self.first), last_day(self.last)


def frame_of(timelines: Sequence[Timeline]) -> Frame | None:
    """The periods from the first hit of any of the timelines to the last; None without a dated hit.

    The interval is chosen by that span as for a single timeline, and never finer than that of one of them.
    """
    spans = [span for timeline in timelines if (span := span_of(timeline.counts))]
    if not spans:
        return None
    first = min(first_day(start) for start, _ in spans)
    last = max(last_day(end) for _, end in spans)
    by_span = choose_interval(first.toordinal(), last.toordinal(), TimelinePlan().max_buckets)
    own = [timeline.interval for timeline in timelines if span_of(timeline.counts)]
    interval = max(by_span, *own, key=INTERVALS.index)
    return Frame(interval, label_of(interval, first), label_of(interval, last))


def within(frame: Frame, counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of periods that are as fine as those of the frame or finer, added up by its periods: days make months,
    months make years, and so on."""
    found: Counter[str] = Counter()
    for period, count in counts.items():
        found[label_of(frame.interval, first_day(period))] += count
    return {period: count for period, count in sorted(found.items()) if frame.first <= period <= frame.last}
