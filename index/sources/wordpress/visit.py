"""One reading of a WordPress site: which of its posts are as they were, and the others fetched.

What was fetched is remembered (see `index.state`) by what the list says of it: when it was modified, where it is, its
categories and its author by name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from index.article import Item, Mark, Unchanged, Withdrawal
from index.identity import article_id, article_url, digest, source_key
from index.sources.reading import Reading
from index.sources.wordpress.api import MOST, NOT_THERE, REFUSED, Api, ApiError
from index.sources.wordpress.left_out import IN_TRASH, hidden_as, withdrawal_kind
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
from index.sources.wordpress.posts import changed_at
from index.sources.wordpress.recent import changed_since
from search.batching import in_batches
from search.errors import SourceError

_ROUTES: Final = {"post": "wp/v2/posts", "page": "wp/v2/pages"}
_WANTED: Final = ",".join((*FIELDS, "categories", "tags", "author"))
_SMALLER: Final = 10
"""Into how many parts a request is split whose answer cannot be had: one post may break the page on which it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A post type: what it is called, the route to its posts, and the parameters that select those that are wanted."""

    name: str
    route: str
    query: Mapping[str, str]


@dataclass(slots=True)
class Visit:
    """One reading of a site, and what was learned in it.

    `counts` has how many posts of each type were listed, `newest` the last modification, `first` an id that the index
    has, `authors` the numbers of their authors.
    """

    name: str
    reading: Reading
    api: Api
    directory: Directory
    counts: dict[str, int] = field(default_factory=dict)
    newest: str = ""
    first: str = ""
    authors: set[int] = field(default_factory=set)

    @property
    def key(self) -> str:
        """Under which the site is remembered."""
        return source_key(self.name)

    def all_posts(self, of: Kind) -> Iterator[Item]:
        """All posts of one type, the newest first."""
        for rows in Listing(self.api, of.route, of.query).rows():
            self.counts[of.name] = self.counts.get(of.name, 0) + len(rows)
            yield from self.posts(rows, of)

    def posts(self, rows: list[Row], of: Kind) -> Iterator[Item]:
        """The posts that these rows tell of; those that have not changed as `Unchanged`."""
        self.directory.authors.learn(row.author for row in rows)
        self.authors.update(row.author for row in rows)
        self.newest = max(self.newest, *(row.modified for row in rows))
        wanted = yield from self._unchanged(rows, of)
        for batch in in_batches(wanted, MOST):
            yield from self._fetched(batch, of)

    def changed_since(self, since: str, of: Kind) -> list[Row] | None:
        """The posts of one type that have changed since then; None if they cannot be told in this way."""
        try:
            return changed_since(
                self.api, of.route, of.query, since, lambda rows: len(self.known(rows, of)) == len(rows)
            )
        except ApiError as error:
            if error.is_lasting:
                raise
            return None

    def known(self, rows: list[Row], of: Kind) -> set[int]:
        """The numbers of those posts that are as they were and in the index, or left out for a reason."""
        self.directory.authors.learn(row.author for row in rows)
        kept = self._remembered(rows, of)
        as_before = [row for row in rows if self._is_as(kept.get(row.number), row)]
        return self._held(as_before, of) | {row.number for row in as_before if kept[row.number][1]}

    def new_among(self, rows: list[Row], of: Kind) -> int:
        """How many of the posts are neither in the index nor left out for a reason."""
        kept = self._remembered(rows, of)
        known = self._held([row for row in rows if row.number in kept], of)
        return sum(row.number not in known and not kept.get(row.number, ["", ""])[1] for row in rows)

    def kind(self, name: str) -> Kind:
        """A type and where it is. Raises SourceError if the API has no such type."""
        route = _ROUTES.get(name) or self._route(name)
        return Kind(name, route, self._statuses(route))

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
        """Scheduled posts, and what was thrown away, are asked for too where a login may see them."""
        statuses = {"status": "publish,future,trash"}
        if not self.api.has_login:
            return {}
        try:
            self.api.get(route, {**statuses, "per_page": 1, "_fields": "id"})
        except ApiError as error:
            if error.status not in REFUSED | {400}:
                raise
            self.reading.say(
                self.name, "its scheduled posts and its trash are not read, since the login may not see them"
            )
            return {}
        return statuses

    # --- what has not changed

    def _unchanged(self, rows: list[Row], of: Kind) -> Generator[Item, None, list[Row]]:
        """Those rows that are as a run before has read them; returns the others."""
        kept = self._remembered(rows, of)
        known = {row.number: kept[row.number] for row in rows if self._is_as(kept.get(row.number), row)}
        held = self._held([row for row in rows if row.number in known], of)
        wanted: list[Row] = []
        for row in rows:
            hidden = known[row.number][1] if row.number in known else ""
            if hidden == IN_TRASH:  # it was taken down then, and a run need not look at it again
                continue
            if hidden:
                yield self._hidden(row, of, hidden)
            elif row.number in held:
                self.first = self._id(row, of)
                yield Unchanged(self.first)
            else:
                wanted.append(row)
        return wanted

    def _remembered(self, rows: list[Row], of: Kind) -> Mapping[int, Any]:
        if self.reading.state is None:
            return {}
        found = self.reading.state.several(self.key, [_mark_key(of, row.number) for row in rows])
        keys = {_mark_key(of, row.number): row.number for row in rows}
        return {keys[key]: value for key, value in found.items() if isinstance(value, list) and len(value) == 2}

    def _is_as(self, kept: Any, row: Row) -> bool:
        return kept is not None and kept[0] == self._print(row)

    def _held(self, rows: list[Row], of: Kind) -> set[int]:
        """The numbers of those that are in the index."""
        if self.reading.state is None or not rows:
            return set()
        ids = {row.number: self._id(row, of) for row in rows}
        held = self.reading.state.holds(list(ids.values()))
        return {number for number, name in ids.items() if name in held}

    def _hidden(self, row: Row, of: Kind, reason: str) -> Withdrawal:
        place = self._place(row.number, of)
        return Withdrawal(
            self._origin(row),
            withdrawal_kind(reason),
            reason,
            place=place,
            url=article_url(row.link),
            at=changed_at(row.modified),
            known_only=True,
        )

    def _print(self, row: Row) -> str:
        """By what a post is known to be as it was."""
        author = self.directory.authors.names.get(row.author, "")
        told = (row.modified, row.link, row.status, self.directory.sections(row.categories), row.author, author)
        return digest(repr(told))

    def _id(self, row: Row, of: Kind) -> str:
        return article_id("", row.link, self._place(row.number, of))

    def _place(self, number: int, of: Kind) -> str:
        return f"{self.name}#{of.name}-{number}"

    def _origin(self, row: Row) -> str:
        return row.link or f"{self.name}: post {row.number}"

    # --- what has changed

    def _fetched(self, rows: list[Row], of: Kind) -> Iterator[Item]:
        found = self._values_or_failure(rows, of)
        if not isinstance(found, ApiError):
            self._learn(list(found.values()))
            for row in rows:
                if row.number in found:
                    yield from self._post(found[row.number], row, of)
        elif len(rows) == 1:
            yield SourceError(self._origin(rows[0]), found.reason)
        else:
            for part in in_batches(rows, max(1, len(rows) // _SMALLER)):
                yield from self._fetched(part, of)

    def _values_or_failure(self, rows: list[Row], of: Kind) -> Mapping[int, Object] | ApiError:
        """The posts by number, or why they cannot be had together. Raises ApiError if none of the site can be had."""
        try:
            return self._values(rows, of)
        except ApiError as error:
            if error.is_lasting or error.status in REFUSED:
                raise
            return error

    def _values(self, rows: list[Row], of: Kind) -> dict[int, Object]:
        """The posts by number; those that were deleted a moment ago are missing."""
        numbers = {row.number for row in rows}
        include = ",".join(str(row.number) for row in rows)
        query = {"include": include, "per_page": MOST, "_fields": self._fields(), **of.query}
        found = {number_of(value): value for value in objects_in(self.api.get(of.route, query).value)}
        found = {number: value for number, value in found.items() if number in numbers}
        for number in numbers - set(found):
            if value := self._alone(number, of.route):
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

    def _post(self, value: Object, row: Row, of: Kind) -> Iterator[Item]:
        """The record of a post, and by what it is known again."""
        place, origin = self._place(row.number, of), self._origin(row)
        mark = _mark_key(of, row.number)
        if hidden := kind_left_out(value, self.reading.types):
            types = self.reading.types
            reason = hidden_as(text_of(value, "type") or types[0], hidden, types) or hidden
            yield withdrawal_of(value, origin, place, reason)
            yield Mark(self.key, mark, [self._print(row), reason])
            return
        names = self.directory.names_for(value)
        self.first = self._id(row, of)
        yield PostObject(origin, place, without_surplus(value), names, self.reading.time_zone)
        yield Mark(self.key, mark, [self._print(row), ""], unless_failed=origin)


def _mark_key(of: Kind, number: int) -> str:
    return f"{of.name}:{number}"
