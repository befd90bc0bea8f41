"""What readers asked in the last days: the queries asked most, or those that found nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from search.archive import Archive
from search.dates import zone_named
from search.errors import EngineError
from search.ledger.asked import AskedQuery
from search.ledger.moments import MAX_DAYS
from search.records import record
from search.releasing import now_in_utc
from search.request.request import SearchRequest
from search.request.urls import Addresses


@record
class QueryDay:
    """How often a query was asked on a day, as in `2024-07-03`, and how often it found nothing."""

    day: str
    times: int
    no_hits: int


@record
class CountedQuery:
    """A query with its counts in some days, and on each day on which it was asked often; `url` is the search for it.

    `articles` is what it finds now; null where that was not asked or not counted in time.
    """

    query: str
    times: int
    no_hits: int
    days: tuple[QueryDay, ...]
    articles: int | None
    url: str


@record
class QueryReport:
    """What was asked from the day `start` to the day `end`, at least `least` times on a day. `counting` says whether
    queries are counted now."""

    counting: bool
    least: int
    start: str
    end: str
    queries: tuple[CountedQuery, ...]


def query_report(
    archive: Archive,
    addresses: Addresses,
    *,
    days: int = 30,
    no_hits: bool = False,
    limit: int = 50,
    now: datetime | None = None,
) -> QueryReport:
    """The queries of the last `days` days, today included, those asked most first; with `no_hits`, those that found
    nothing, the most frequent first, each with what it finds now. Raises LedgerError."""
    settings = archive.settings
    end = (now or now_in_utc()).astimezone(zone_named(settings.time_zone)).date()
    start = end - timedelta(days=min(days, MAX_DAYS) - 1)
    least = settings.query_log_least
    rows = archive.ledger.asked.often(start, end, least, no_hits=no_hits, limit=limit)
    requests = [SearchRequest(q=row.query, time_zone=addresses.time_zone) for row in rows]
    found: tuple[int | None, ...] = (None,) * len(rows)
    if no_hits and rows:
        with suppress(EngineError), archive.pinned() as pinned:  # an index that is being made anew
            found = pinned.totals(requests)
    queries = (
        _counted(row, articles, addresses.search(request))
        for row, articles, request in zip(rows, found, requests, strict=True)
    )
    return QueryReport(settings.query_log, least, start.isoformat(), end.isoformat(), tuple(queries))


def _counted(row: AskedQuery, articles: int | None, url: str) -> CountedQuery:
    days = tuple(QueryDay(each.day.isoformat(), each.times, each.no_hits) for each in row.days)
    return CountedQuery(row.query, row.times, row.no_hits, days, articles, url)
