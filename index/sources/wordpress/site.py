"""The posts of a WordPress site, through its REST API: what has changed is fetched, and what is gone is noticed.

A run lists all posts, since what is not listed any more is gone. If the run before has read all of the site, it is
enough to ask for what was modified since, as long as the site's own counts prove that nothing else has come or gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from index.article import Item, Mark, Untouched
from index.identity import digest
from index.sources.reading import Reading
from index.sources.wordpress.api import Api
from index.sources.wordpress.listing import Row
from index.sources.wordpress.names import Directory
from index.sources.wordpress.recent import MOST_AUTHORS, Known, read_known, total
from index.sources.wordpress.visit import Kind, Visit
from index.state import WHOLE

ROOT: Final = "api"
"""The key under which the root of the API is remembered, if a run has read posts from it."""
RUN: Final = "run"
"""The key for the name of the run that was begun last; what an earlier one knew is of no use if it was cut off."""


class Site:
    """The posts of a site; see `index.article.Source`."""

    size = None

    def __init__(self, name: str, reading: Reading, api: Api) -> None:
        self.name = name
        self._reading = reading
        self._api = api

    def records(self) -> Iterator[Item]:
        """Its posts of the wanted types, the newest first; those that have not changed as `Unchanged`.

        Raises SourceError if the list of posts, or the names of categories, tags and authors cannot be had to the end.
        """
        visit = Visit(self.name, self._reading, self._api, Directory(self._api))
        visit.directory.learn_categories()
        kinds = [visit.kind(name) for name in self._reading.types]
        before = self._before(visit, kinds)
        changes = self._changes(visit, kinds, before) if before else None
        now = datetime.now(UTC).isoformat()
        yield Mark(visit.key, ROOT, self._api.root)
        yield Mark(visit.key, RUN, now)
        if before and changes is not None:
            yield from self._changed(visit, before, changes)
            listed = before.listed
        else:
            for kind in kinds:
                yield from visit.all_posts(kind)
            listed = now
        for text in visit.directory.missing():
            self._reading.say(self.name, text)
        yield from self._known(visit, kinds, now, listed)

    # --- what has changed since a run before

    def _before(self, visit: Visit, kinds: list[Kind]) -> Known | None:
        """What the last run knew, if it has read all of the site and nothing else has changed on which posts depend."""
        state = self._reading.state
        known = read_known(state.get(visit.key, WHOLE)) if state else None
        if state is None or known is None or not known.is_fresh or not known.since:
            return None
        if state.get(visit.key, RUN) != known.run or not state.holds([known.first]):
            return None
        visit.directory.authors.learn(known.authors)
        visit.authors.update(known.authors)
        return known if known.told == self._told(visit, kinds) else None

    def _changes(self, visit: Visit, kinds: list[Kind], before: Known) -> list[tuple[Kind, list[Row]]] | None:
        """The posts that have changed, by type; None unless the site's counts prove that these are all."""
        found: list[tuple[Kind, list[Row]]] = []
        for kind in kinds:
            rows = visit.changed_since(before.since, kind)
            if rows is None or kind.name not in before.posts:
                return None
            count = before.posts[kind.name] + visit.new_among(rows, kind)
            if total(self._api, kind.route, kind.query) != count:
                return None
            visit.counts[kind.name] = count
            found.append((kind, rows))
        return found

    def _changed(self, visit: Visit, before: Known, changes: list[tuple[Kind, list[Row]]]) -> Iterator[Item]:
        visit.newest, visit.first = before.newest, before.first
        for kind, rows in changes:
            yield from visit.posts(rows, kind)
        unchanged = max(0, sum(visit.counts.values()) - sum(len(rows) for _, rows in changes))
        kept = self._reading.state.get(visit.key, WHOLE) if self._reading.state else None
        yield Untouched(unchanged, tuple(kept[2:] if kept else ()))

    def _known(self, visit: Visit, kinds: list[Kind], run: str, listed: str) -> Iterator[Mark]:
        """What the next run may build on; it is dropped if anything has failed or was left out."""
        if not visit.first or len(visit.authors) > MOST_AUTHORS:
            return
        counts = {kind.name: visit.counts.get(kind.name, 0) for kind in kinds}
        told = self._told(visit, kinds)
        known = Known(run, listed, visit.newest, counts, sorted(visit.authors), visit.first, told)
        yield Mark(visit.key, WHOLE, known.as_json())

    def _told(self, visit: Visit, kinds: list[Kind]) -> str:
        """All on which the articles depend beside the posts: the names of categories and authors, what is asked for."""
        names = visit.directory.authors.names
        authors = [(number, names.get(number, "")) for number in sorted(visit.authors)]
        asked = [(kind.name, kind.route, sorted(kind.query.items())) for kind in kinds]
        return digest(repr((self._api.root, asked, str(self._reading.time_zone), visit.directory.paths(), authors)))
