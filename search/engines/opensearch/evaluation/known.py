"""What is known of a commit: it never changes, so what was asked once need not be asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from search.engines.opensearch.format.commits import Commit
from search.engines.opensearch.reading.vocabulary import expansions
from search.engines.opensearch.transport.connection import Connection
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchPhrase, MatchTerm

_MOST_KNOWN: Final = 20_000
"""Leaves that are remembered; past that all are forgotten, and the common ones are soon back."""


@dataclass(slots=True)
class Known:
    """What is known of a commit. Threads may add to it at once: whatever they add is the same.

    `words`: in how many articles the spelling of a word stands, as `Searcher.document_frequencies` counts. Of a search
    that finds little it is asked for right afterwards, so it is counted along with the frequencies of the leaves.
    """

    frequencies: dict[Leaf, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    expansions: dict[Leaf, tuple[str, ...]] = field(default_factory=dict)
    cut: set[Leaf] = field(default_factory=set)
    months: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)

    def copy(self) -> Known:
        """The same, which may be added to alone."""
        return Known(dict(self.frequencies), dict(self.words), dict(self.expansions), set(self.cut), dict(self.months))

    def with_room(self) -> Known:
        """The same; or, if that is too much, one that knows nothing of words."""
        full = len(self.frequencies) > _MOST_KNOWN or len(self.expansions) > MAX_EXPANSIONS
        return Known(months=self.months) if full else self


def expand(connection: Connection, commit: Commit, known: Known, leaves: Iterable[Leaf]) -> None:
    """Looks up the words of the patterns among the leaves: a trip of its own, if some are not known yet."""
    patterns = [leaf for leaf in dict.fromkeys(leaves) if not isinstance(leaf, MatchTerm | MatchPhrase)]
    unknown = [leaf for leaf in patterns if leaf not in known.expansions]
    if not unknown:
        return
    for leaf, found in zip(unknown, expansions(connection, commit, unknown), strict=True):
        known.expansions[leaf] = found.words
        if found.cut:
            known.cut.add(leaf)
