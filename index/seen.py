"""What a run has seen: of each article, where it was read last and what became of it; of each source, how it went.

There may be millions of articles, so what is kept of each does not stay in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from index.report import Outcome
from search.spilling import Nothing, SpillingTable

_NOWHERE: Final = -1


class _Article(NamedTuple):
    """The number of the source in which it was read last, what became of it, and whether it went to the index."""

    source: int
    outcome: Outcome | None
    is_written: int


_UNSEEN: Final = _Article(_NOWHERE, None, 0)


class Seen:
    """What one run has seen. Articles are known by their ids, and sources by their keys.

    `read_from`: the sources that gave articles. `failed_in`: those in which something failed. `untouched`: those that
    were passed over, as they have not changed. `newest_only`: those that list only their newest articles.
    `deleted`: the ids of what was deleted. `is_routine`: the run is one of many over the same sources, and does not say
    again what is always so of them.
    """

    def __init__(self) -> None:
        self._articles = SpillingTable(_Article)
        self._numbers: dict[str, int] = {}
        self._sources: list[str] = []
        self._read = 0
        self._counts: Counter[Outcome | None] = Counter()
        self.deleted = SpillingTable(Nothing)
        self.read_from: set[str] = set()
        self.failed_in: set[str] = set()
        self.untouched: set[str] = set()
        self.newest_only: set[str] = set()
        self.is_routine = False

    # --- where it was read

    def __len__(self) -> int:
        return self._read

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._article(name).source != _NOWHERE

    def source_of(self, name: str) -> str | None:
        """The source in which an article was read last; None if it was not read."""
        number = self._article(name).source
        return None if number == _NOWHERE else self._sources[number]

    def see(self, name: str, source: str) -> str | None:
        """An article was read in a source. Gives the one in which it was read before; None if it was not read."""
        article = self._article(name)
        self._read += article.source == _NOWHERE
        self._articles.put(name, _Article(self._number(source), article.outcome, article.is_written))
        return None if article.source == _NOWHERE else self._sources[article.source]

    def see_first(self, name: str, source: str) -> bool:
        """The same, unless it was read before; returns whether it was not."""
        is_new = name not in self
        if is_new:
            self.see(name, source)
        return is_new

    def unseen(self, names: Iterable[str]) -> Iterator[str]:
        """Those of the articles that were not read."""
        return (name for name in names if name not in self)

    # --- what became of it

    def judge(self, name: str, outcome: Outcome | None, *, is_written: bool | None = None) -> None:
        """An article has an outcome, in place of an earlier one; with None, it has none any more. `is_written`: whether
        it goes to the index; None leaves that as it was."""
        article = self._article(name)
        now = _Article(article.source, outcome, article.is_written if is_written is None else is_written)
        if now != article:
            self._counts[article.outcome] -= 1
            self._counts[outcome] += 1
            self._articles.put(name, now)

    def outcome(self, name: str) -> Outcome | None:
        """What became of an article so far; None if it has no outcome."""
        return self._article(name).outcome

    def is_written(self, name: str) -> bool:
        """Whether an article went to the index."""
        return bool(self._article(name).is_written)

    def take_back(self, name: str) -> bool:
        """An article does not go to the index after all; returns whether it went there before."""
        article = self._article(name)
        if article.is_written:
            self._articles.put(name, _Article(article.source, article.outcome, 0))
        return bool(article.is_written)

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """The id of each article and what became of it, in the order in which they were read."""
        return ((name, article.outcome) for name, article in self._articles.items() if article.outcome)

    def counts(self, without: Iterable[str] = ()) -> Counter[Outcome]:
        """How many articles have each outcome, but for some: then each is looked at, since what was interrupted may
        have been half counted."""
        if others := frozenset(without):
            return Counter(outcome for name, outcome in self.outcomes() if name not in others)
        return Counter({outcome: count for outcome, count in self._counts.items() if outcome})

    def close(self) -> None:
        """Frees what it takes on the disk."""
        self._articles.clear()
        self.deleted.clear()

    def _article(self, name: str) -> _Article:
        return self._articles.get(name) or _UNSEEN

    def _number(self, source: str) -> int:
        number = self._numbers.setdefault(source, len(self._sources))
        if number == len(self._sources):
            self._sources.append(source)
        return number
