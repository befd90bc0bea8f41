"""What a run learns for the next one. It is kept once the articles from which it was learned are committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from index.article import Mark
from index.identities import Identities
from index.identity import article_id
from index.marks import Marks
from index.preparing import Prepared
from index.state import WHOLE, State, copy_of, version_of
from search.engines.results import Stamp
from search.spilling import NOTHING, Nothing, SpillingTable


class _Version(NamedTuple):
    """See `index.article.Article.version`."""

    kind: str
    number: int


MOST_REFUSED: Final = 10_000
"""Refused articles of one source that are remembered; a source with more is read in every run."""


@dataclass(slots=True)
class Learning:
    """What one run has learned of its sources, which are known by their keys, and of the names of articles."""

    state: State
    identities: Identities
    _marks: Marks = field(default_factory=Marks)
    _kept_first: Marks = field(default_factory=Marks)
    _articles_in: Counter[str] = field(default_factory=Counter)
    _refused_in: dict[str, dict[str, None]] = field(default_factory=dict)
    _to_refuse_in: set[str] = field(default_factory=set)
    _imperfect: set[str] = field(default_factory=set)
    _failed_at: set[str] = field(default_factory=set)
    _gone: SpillingTable[Nothing] = field(default_factory=lambda: SpillingTable(Nothing))
    _named: tuple[str, str] = ("", "")
    _versions: SpillingTable[_Version] = field(default_factory=lambda: SpillingTable(_Version))

    def count(self, source: str) -> None:
        """The source has given one more article."""
        self._articles_in[source] += 1

    def refuse(self, source: str, id: str) -> None:
        """An article of the source was taken down, so that reading it again brings nothing before that is undone."""
        refused = self._refused_in.setdefault(source, {})
        if len(refused) < MOST_REFUSED:
            refused[id] = None
        else:
            self.look_again(source)

    def refused_from_now_on(self, sources: Iterable[str]) -> None:
        """An article of these sources was taken down in this run: each is read once more, which says that it is refused
        and what lets it in."""
        self._to_refuse_in.update(sources)

    def name(self, origin: str, id: str) -> None:
        """The article that was found there is called that in the index."""
        self._named = origin, id

    def ids_at(self, source: str, origin: str) -> Collection[str]:
        """The ids under which the article may be known that a source has at an address, as it was when it was last
        read: one if the state knows it, else all that the ledger knows, so that no page that fails loses its article.
        """
        known = self.state.get(source, origin)
        own = article_id("", origin, origin)
        if isinstance(known, dict):
            return self.identities.names_of([str(known.get("id") or own)]).values()
        return self.identities.found_at(own)

    def look_again(self, source: str, failed_at: str = "") -> None:
        """The source has to be read in the next run, whether it has changed or not: something in it failed, or may
        become an article with time."""
        self._imperfect.add(source)
        self._failed_at.add(failed_at)

    def forget(self, name: str) -> None:
        """The article is not in the index any more."""
        self._gone.put(name, NOTHING)

    def mark(self, mark: Mark, source: str) -> None:
        """Takes what a source wants to remember."""
        if mark.unless_failed and mark.unless_failed in self._failed_at:
            return
        if mark.with_id and mark.unless_failed == self._named[0]:
            mark = replace(mark, value=mark.value | _called(*self._named))
        if mark.key == WHOLE:
            if mark.value is None:
                self.forget_whole(source)
                return
            refused = self._refused_in.pop(source, ())
            if source in self._imperfect:
                return
            mark = replace(mark, value=[mark.value, self._articles_in[source], *refused])
        self._marks.add(mark)

    def is_copy(self, article: Prepared, source: str, stamp: Stamp) -> bool:
        """Whether the index has the article, by its stamp from another source, and this source has nothing newer to
        say: only an excerpt, or what it said before."""
        key = copy_of(article.id)
        said = self.state.get(source, key)
        self._marks.add(Mark(source, key, article.content_hash))
        self._kept_first.add(Mark(stamp.source, key, stamp.content_hash))
        return article.is_excerpt or said == article.content_hash

    def keep_what_is_held(self) -> None:
        """Keeps what counts only while the index has an article from the source: what that has said of it, and which
        version it has. Call it before a commit: if that is the last thing that happens, nothing else would tell that
        an older text, read again, has been heard already.
        """
        self.state.keep(self._kept_first)
        self._kept_first.clear()

    def forget_whole(self, source: str) -> None:
        """Not all that the source had when it was read to its end is in the index from then on: it is being read again,
        or an article of it is gone, or is that of another source. What comes back there is to be read again. This too
        is kept before the commit."""
        self._kept_first.add(Mark(source, WHOLE, None))

    def is_superseded(self, name: str, version: tuple[str, int], source: str, other: str) -> bool:
        """Whether a later version of an article was read in this run, or by an earlier one from the source `other`."""
        later: Any = self._versions.get(name) or (self.state.get(other, version_of(name)) if other else None)
        if later and later[0] == version[0] and later[1] > version[1]:
            return True
        self._versions.put(name, _Version(*version))
        self._kept_first.add(Mark(source, version_of(name), version))
        return False

    def keep(self, refused: Collection[str | None]) -> None:
        """Keeps all that was learned, now that it is committed. In sources of `refused`, the index refused articles.

        The names come first: what is remembered of a source keeps its articles from being read again, and only what is
        read has its names learned.
        """
        self.identities.keep()
        self.state.keep(mark for mark in self._marks if mark.key != WHOLE or mark.source not in refused)
        self._marks.clear()
        self.state.keep(Mark(source, WHOLE, None) for source in self._to_refuse_in)
        self._to_refuse_in.clear()
        self.state.forget_copies(self._gone)
        self._gone.clear()

    def close(self) -> None:
        """Frees what it takes on the disk, and forgets what was not kept."""
        for table in (self._marks, self._kept_first, self._gone, self._versions):
            table.clear()


def _called(origin: str, id: str) -> dict[str, str]:
    return {"id": id} if id != article_id("", origin, origin) else {}
