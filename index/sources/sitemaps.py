"""Site maps: the pages that they name are fetched, each is an article."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from index.article import Item, Skipped, Withdrawal
from index.fetching import Fetched
from index.fetching.address import read_address
from index.sources.files import open_data, open_input
from index.sources.reading import Reading
from index.sources.site_visit import MAX_SITE_MAPS, Visit
from index.sources.web_page import look_for
from search.errors import SourceError


class SiteMap:
    """A site map as a source; see `index.article.Source`. `fetched` is what came from it, if it is not a file.

    Pages are fetched from the host of the site map and from `hosts`; a site map on the disk, which somebody has named,
    may list pages of any host. `others` are the addresses of more site maps of the same site. After reading,
    `lists_all` is False if there were only news site maps, which list what is two days old at most.
    """

    size = None

    def __init__(
        self,
        location: str,
        reading: Reading,
        fetched: Fetched | None = None,
        hosts: Collection[str] = (),
        others: Sequence[str] = (),
    ) -> None:
        self.name = location
        self._reading = reading
        self._fetched = fetched
        self._hosts = hosts
        self._others = others
        self.lists_all = True
        self._visit: Visit | None = None

    def records(self) -> Iterator[Item]:
        """The pages, in order, each fetched when it is its turn.

        Raises SourceError if there is no site map to be read or nothing may be fetched, and Skipped for one that was
        found in a folder: whoever names a folder does not ask for its pages on the web.
        """
        if self._reading.root and self._fetched is None:
            raise Skipped(self.name, "a site map, whose pages are not fetched; to have them, name the file itself")
        if self._reading.fetcher is None:
            raise SourceError(self.name, "the pages of a site map have to be fetched, and this run fetches nothing")
        visit = self._visit = Visit(self.name, self._reading.fetcher, self._reading.time_zone, self._reading.state)
        if self._fetched is None:
            with open_input(self.name) as source:
                yield from visit.read(source, self.name, None)
        else:
            visit.hosts = frozenset({*(read_address(url).host for url in (self.name, self._fetched.url)), *self._hosts})
            visit.waiting.extend((read_address(other), 0) for other in self._others[:MAX_SITE_MAPS])
            with open_data(self._fetched.url, self._fetched.body) as source:
                yield from visit.read(source, self._fetched.url, read_address(self._fetched.url))
        yield from visit.read_named()
        self.lists_all = visit.lists_all

    def ask(self, url: str) -> str | Withdrawal | None:
        """See `index.vanished.Asking`; once it has been read. On hosts that may not be asked nothing is asked for."""
        if self._visit is None or not self._visit.may_ask(read_address(url)):
            return None
        return look_for(self._visit.fetcher, url, self._visit.time_zone)
