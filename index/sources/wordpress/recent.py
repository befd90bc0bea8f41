"""Looks only at what has changed since a run before, if the site's own figures prove that nothing else has.

Posts that were modified or have appeared since then are asked for. If these and the posts that were known before are as
many as the site has now, no other has come or gone, and the list of all posts is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from index.sources.wordpress.api import MOST, Api
from index.sources.wordpress.listing import ROW_FIELDS, Row, read_row
from index.sources.wordpress.objects import objects_in

LISTED_EVERY: Final = timedelta(days=1)
"""How long the list of all posts is done without: counts would not tell a post that was swapped for an older one."""
MARGIN: Final = timedelta(days=1)
"""How far before the newest change is looked: some versions take the time for one of the site's own zone."""
MOST_PAGES: Final = 20
"""Pages of changes; the list of all posts is no more work then."""
MOST_AUTHORS: Final = 1_000
"""Authors whose names are compared; a site with more is listed in each run."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knew in the end, when all posts of the site were in the index or left out for a reason.

    `run` names the run, `listed` is when all posts were listed, `newest` the modification that was the last then, both
    in ISO 8601. `posts` counts the posts by type, `authors` are their numbers, `first` is an id that the index has.
    `told` is a digest of all else on which the articles depend.
    """

    run: str
    listed: str
    newest: str
    posts: Mapping[str, int]
    authors: list[int]
    first: str
    told: str

    def as_json(self) -> dict[str, Any]:
        """All of it as a JSON object, which `read_known` reads."""
        return asdict(self)

    @property
    def is_fresh(self) -> bool:
        """All posts were listed not long ago."""
        try:
            return abs(datetime.now(UTC) - datetime.fromisoformat(self.listed)) < LISTED_EVERY
        except (TypeError, ValueError):
            return False

    @property
    def since(self) -> str:
        """From when on changes are asked for; "" if that is not known."""
        try:
            newest = datetime.fromisoformat(self.newest).replace(tzinfo=UTC)
            return f"{min(newest, datetime.now(UTC)) - MARGIN:%Y-%m-%dT%H:%M:%SZ}"
        except (OverflowError, ValueError):
            return ""


def read_known(value: Any) -> Known | None:
    """What `Known.as_json` gave, as it comes from a state; None if it is something else."""
    kept = value[0] if isinstance(value, list) and value else None
    names = {field.name for field in fields(Known)}
    return Known(**kept) if isinstance(kept, dict) and names == set(kept) else None


def changed_since(
    api: Api, route: str, query: Mapping[str, str], since: str, are_known: Callable[[list[Row]], bool]
) -> list[Row] | None:
    """The posts that were modified or have appeared since then, each once; None if they are too many.

    `are_known` says of rows whether none of them is new or different. Raises ApiError.
    """
    found: dict[int, Row] = {}
    # A scheduled post appears without being modified.
    for key, order in (("modified_after", "modified"), ("after", "date")):
        pages = _pages(api, route, {**query, key: since, "orderby": order, "order": "desc"})
        for count, rows in enumerate(pages, 1):
            found.update((row.number, row) for row in rows if row.number)
            # What has changed comes first, also where the site does not know the parameter and gives all.
            if are_known(rows):
                break
            if count == MOST_PAGES:
                return None
    return list(found.values())


def _pages(api: Api, route: str, query: Mapping[str, str]) -> Iterator[list[Row]]:
    page, pages = 1, 1
    while page <= pages:
        answer = api.get(route, {"per_page": MOST, "page": page, "_fields": ROW_FIELDS, **query})
        yield [read_row(value) for value in objects_in(answer.value)]
        page, pages = page + 1, answer.pages or 1


def total(api: Api, route: str, query: Mapping[str, str]) -> int | None:
    """How many posts there are; None if the site does not say it. Raises ApiError."""
    return api.get(route, {"per_page": 1, "_fields": "id", **query}).total
