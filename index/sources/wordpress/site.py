"""The posts of a WordPress site, through its REST API: all are listed in each run, and what has changed is fetched.

What was fetched is remembered (see `index.state`) by what the list says of it: when it was modified, where it is, its
categories and its author by name. What is not listed any more is gone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from index.article import Item, Mark, Unchanged, Withdrawal
from index.identity import article_id, article_url, digest, source_key
from index.sources.reading import Reading
from index.sources.wordpress.api import MOST, NOT_THERE, REFUSED, Api, ApiError
from index.sources.wordpress.left_out import HIDDEN
from index.sources.wordpress.listing import Listing, Row
from index.sources.wordpress.names import AUTHOR_FIELD, Directory
from index.sources.wordpress.objects import (
    FIELDS,
    Object,
    PostObject,
    kind_left_out,
    number_of,
    numbers_in,
    objects_in,
    text_of,
    withdrawal_of,
    without_surplus,
)  # fmt: skip
from search.batching import in_batches
from search.errors import SourceError

ROOT: Final = "api"
"""The key under which the root of the API is remembered, if a run has read posts from it."""

_ROUTES: Final = {"post": "wp/v2/posts", "page": "wp/v2/pages"}
_WANTED: Final = ",".join((*FIELDS, "categories", "tags", "author"))
_SMALLER: Final = 10
"""Into how many parts a request is split whose answer cannot be had: one post may break the page on which it is."""


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
        visit = _Visit(self.name, self._reading, self._api, Directory(self._api))
        visit.directory.learn_categories()
        yield Mark(visit.key, ROOT, self._api.root)
        for kind in self._reading.types:
            yield from visit.posts(kind)
        for text in visit.directory.missing():
            self._reading.say(self.name, text)


@dataclass(slots=True)
class _Visit:
    """One reading of a site."""

    name: str
    reading: Reading
    api: Api
    directory: Directory

    @property
    def key(self) -> str:
        """Under which the site is remembered."""
        return source_key(self.name)

    def posts(self, kind: str) -> Iterator[Item]:
        """The posts of one type."""
        route = _ROUTES.get(kind) or self._route(kind)
        statuses = self._statuses(route)
        for rows in Listing(self.api, route, statuses).rows():
            self.directory.authors.learn(row.author for row in rows)
            wanted = yield from self._unchanged(rows, kind)
            for batch in in_batches(wanted, MOST):
                yield from self._fetched(batch, kind, route, statuses)

    def _route(self, kind: str) -> str:
        """Where a type that a plugin has added is."""
        try:
            found = self.api.get(f"wp/v2/types/{quote(kind, safe='')}").value
        except ApiError as error:
            if error.status not in REFUSED | NOT_THERE:
                raise
            reason = f"its API has no post type {kind!r}; a type is in it if it was registered with show_in_rest"
            raise SourceError(self.name, reason) from error
        base, space = text_of(found, "rest_base") or kind, text_of(found, "rest_namespace") or "wp/v2"
        return f"{space.strip('/')}/{base.strip('/')}"

    def _statuses(self, route: str) -> Mapping[str, str]:
        """Scheduled posts are asked for too where a login may see them."""
        statuses = {"status": "publish,future"}
        if not self.api.has_login:
            return {}
        try:
            self.api.get(route, {**statuses, "per_page": 1, "_fields": "id"})
        except ApiError as error:
            if error.status not in REFUSED | {400}:
                raise
            self.reading.say(self.name, "its scheduled posts are not read, since the login may not see them")
            return {}
        return statuses

    # --- what has not changed

    def _unchanged(self, rows: list[Row], kind: str) -> Generator[Item, None, list[Row]]:
        """Those rows that are as a run before has read them; returns the others."""
        kept = self._remembered(rows, kind)
        known = {row.number: kept[row.number] for row in rows if self._is_as(kept.get(row.number), row)}
        held = self._held([row for row in rows if row.number in known], kind)
        wanted: list[Row] = []
        for row in rows:
            hidden = known[row.number][1] if row.number in known else ""
            if hidden:
                yield self._hidden(row, kind, hidden)
            elif row.number in held:
                yield Unchanged(self._id(row, kind))
            else:
                wanted.append(row)
        return wanted

    def _remembered(self, rows: list[Row], kind: str) -> Mapping[int, Any]:
        if self.reading.state is None:
            return {}
        found = self.reading.state.several(self.key, [_mark_key(kind, row.number) for row in rows])
        keys = {_mark_key(kind, row.number): row.number for row in rows}
        return {keys[key]: value for key, value in found.items() if isinstance(value, list) and len(value) == 2}

    def _is_as(self, kept: Any, row: Row) -> bool:
        return kept is not None and kept[0] == self._print(row)

    def _held(self, rows: list[Row], kind: str) -> set[int]:
        """The numbers of those that are in the index."""
        if self.reading.state is None or not rows:
            return set()
        ids = {row.number: self._id(row, kind) for row in rows}
        held = self.reading.state.holds(list(ids.values()))
        return {number for number, name in ids.items() if name in held}

    def _hidden(self, row: Row, kind: str, reason: str) -> Withdrawal:
        place = self._place(row.number, kind)
        return Withdrawal(self._origin(row), "gone", reason, place=place, url=article_url(row.link))

    def _print(self, row: Row) -> str:
        """By what a post is known to be as it was."""
        author = self.directory.authors.names.get(row.author, "")
        told = (row.modified, row.link, row.status, self.directory.sections(row.categories), row.author, author)
        return digest(repr(told))

    def _id(self, row: Row, kind: str) -> str:
        return article_id("", row.link, self._place(row.number, kind))

    def _place(self, number: int, kind: str) -> str:
        return f"{self.name}#{kind}-{number}"

    def _origin(self, row: Row) -> str:
        return row.link or f"{self.name}: post {row.number}"

    # --- what has changed

    def _fetched(self, rows: list[Row], kind: str, route: str, statuses: Mapping[str, str]) -> Iterator[Item]:
        found = self._values_or_failure(rows, route, statuses)
        if not isinstance(found, ApiError):
            self._learn(list(found.values()))
            for row in rows:
                if row.number in found:
                    yield from self._post(found[row.number], row, kind)
        elif len(rows) == 1:
            yield SourceError(self._origin(rows[0]), found.reason)
        else:
            for part in in_batches(rows, max(1, len(rows) // _SMALLER)):
                yield from self._fetched(part, kind, route, statuses)

    def _values_or_failure(
        self, rows: list[Row], route: str, statuses: Mapping[str, str]
    ) -> Mapping[int, Object] | ApiError:
        """The posts by number, or why they cannot be had together. Raises ApiError if none of the site can be had."""
        try:
            return self._values(rows, route, statuses)
        except ApiError as error:
            if error.is_lasting or error.status in REFUSED:
                raise
            return error

    def _values(self, rows: list[Row], route: str, statuses: Mapping[str, str]) -> dict[int, Object]:
        """The posts by number; those that were deleted a moment ago are missing."""
        numbers = {row.number for row in rows}
        include = ",".join(str(row.number) for row in rows)
        query = {"include": include, "per_page": MOST, "_fields": self._fields(), **statuses}
        found = {number_of(value): value for value in objects_in(self.api.get(route, query).value)}
        found = {number: value for number, value in found.items() if number in numbers}
        for number in numbers - set(found):
            if value := self._alone(number, route):
                found[number] = value
        return found

    def _alone(self, number: int, route: str) -> Object | None:
        """A post that the list had and an answer has not; None if it is really not there any more."""
        try:
            value = self.api.get(f"{route}/{number}", {"_fields": self._fields()}).value
        except ApiError as error:
            if error.status not in REFUSED | NOT_THERE:
                raise
            return None
        return value if isinstance(value, dict) and number_of(value) == number else None

    def _fields(self) -> str:
        """What is asked for; where the API names no authors, what a common plugin says of them as well."""
        return f"{_WANTED},{AUTHOR_FIELD}" if self.directory.authors.is_refused else _WANTED

    def _learn(self, values: Iterable[Object]) -> None:
        values = list(values)
        self.directory.tags.learn(number for value in values for number in numbers_in(value, "tags"))
        self.directory.co_authors.learn(number for value in values for number in numbers_in(value, "coauthors"))

    def _post(self, value: Object, row: Row, kind: str) -> Iterator[Item]:
        """The record of a post, and by what it is known again."""
        place, origin = self._place(row.number, kind), self._origin(row)
        mark = _mark_key(kind, row.number)
        if hidden := kind_left_out(value, self.reading.types):
            reason = HIDDEN.get(hidden, hidden)
            yield withdrawal_of(value, origin, place, reason)
            yield Mark(self.key, mark, [self._print(row), reason])
            return
        names = self.directory.names_for(value)
        yield PostObject(origin, place, without_surplus(value), names, self.reading.time_zone)
        yield Mark(self.key, mark, [self._print(row), ""], unless_failed=origin)


def _mark_key(kind: str, number: int) -> str:
    return f"{kind}:{number}"
