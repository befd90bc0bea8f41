"""What the numbers in posts stand for: categories, tags and authors, asked for a hundred at a time and each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from index.sources.wordpress.api import MOST, NOT_THERE, REFUSED, Api, ApiError
from index.sources.wordpress.objects import Names, Object, number_of, numbers_in, objects_in, text_of
from index.sources.wordpress.posts import plain_text
from index.sources.wordpress.terms import Categories, sections
from search.batching import in_batches

MOST_KEPT: Final = 20_000
"""Names of one kind that are remembered; then all are forgotten, and learned again as they are met."""

AUTHOR_FIELD: Final = "yoast_head_json.author"

NOT_PUBLIC: Final = "the API does not give the names of {}, so they are missing; a login may help"


@dataclass(slots=True)
class Known:
    """The names of one kind of objects, such as tags, by number; "" for those that are not there.

    `is_refused`: the API does not give them.
    """

    api: Api
    route: str
    names: dict[int, str] = field(default_factory=dict)
    is_refused: bool = False

    def learn(self, numbers: Iterable[int]) -> None:
        """Asks for the names that are not known yet. Raises ApiError if they cannot be had for now."""
        wanted = [number for number in dict.fromkeys(numbers) if number > 0]
        missing = [number for number in wanted if number not in self.names]
        if len(self.names) + len(missing) > MOST_KEPT:
            self.names.clear()
            missing = wanted
        for batch in in_batches(missing, MOST):
            self._ask(batch)

    def _ask(self, numbers: list[int]) -> None:
        if self.is_refused:
            return
        found = {number_of(value): plain_text(text_of(value, "name")) for value in self._values(numbers)}
        self.names.update((number, found.get(number, "")) for number in numbers)

    def _values(self, numbers: list[int]) -> list[Object]:
        query = {"include": ",".join(map(str, numbers)), "per_page": MOST, "_fields": "id,name"}
        try:
            return objects_in(self.api.get(self.route, query).value)
        except ApiError as error:
            if error.status not in REFUSED | NOT_THERE:
                raise
        self.is_refused = True
        return []


class Directory:
    """The categories, tags and authors of a site."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._categories = Categories[int]()
        self._unknown: set[int] = set()
        self.refuses_categories = False
        self.tags = Known(api, "wp/v2/tags")
        self.authors = Known(api, "wp/v2/users")
        self.co_authors = Known(api, "wp/v2/coauthors")

    def learn_categories(self) -> None:
        """Asks for all categories, since each stands below others. Raises ApiError if they cannot be had for now."""
        page, pages = 1, 1
        while page <= pages and len(self._categories) < MOST_KEPT:
            query = {"per_page": MOST, "page": page, "orderby": "id", "order": "asc", "_fields": "id,name,parent"}
            pages = self._take_categories(query) or 1
            page += 1

    def sections(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The categories with these numbers, each with its parents. Raises ApiError as `learn_categories` does."""
        numbers = list(numbers)
        self._learn_new(numbers)
        return sections(filter(None, map(self._categories.path, numbers)))

    def names_for(self, value: Object) -> Names:
        """What the numbers in a post stand for, whose tags and authors have been learned."""
        author = value.get("author")
        co_authors = _named(self.co_authors.names, numbers_in(value, "coauthors"))
        authors = co_authors or _named(self.authors.names, [author] if isinstance(author, int) else [])
        return Names(
            sections=self.sections(numbers_in(value, "categories")),
            tags=_named(self.tags.names, numbers_in(value, "tags")),
            authors=authors or _author_in_head(value),
        )

    def missing(self) -> tuple[str, ...]:
        """What is to be said about names that the API does not give."""
        refused = {
            "categories": self.refuses_categories,
            "tags": self.tags.is_refused,
            "authors": self.authors.is_refused,
        }
        return tuple(NOT_PUBLIC.format(kind) for kind, is_refused in refused.items() if is_refused)

    def _learn_new(self, numbers: list[int]) -> None:
        """Asks for categories that are newer than the list, and for their parents."""
        for _ in range(10):
            new = [one for one in numbers if one not in self._categories and one not in self._unknown][:MOST]
            if not new or self.refuses_categories:
                return
            query = {"include": ",".join(map(str, new)), "per_page": MOST, "_fields": "id,name,parent"}
            self._take_categories(query)
            self._unknown.update(one for one in new if one not in self._categories)
            numbers = [*numbers, *self._categories.parents()]

    def _take_categories(self, query: Mapping[str, object]) -> int | None:
        """Learns the categories in an answer; returns how many pages there are."""
        try:
            answer = self._api.get("wp/v2/categories", query)
        except ApiError as error:
            if error.status not in REFUSED | NOT_THERE:
                raise
            self.refuses_categories = True
            return None
        for value in objects_in(answer.value):
            parent = value.get("parent")
            name = plain_text(text_of(value, "name"))
            self._categories.add(number_of(value), name, parent if isinstance(parent, int) else 0)
        return answer.pages


def _author_in_head(value: Object) -> tuple[str, ...]:
    """The author whom Yoast SEO states for the head of the page, whatever the API says of users."""
    head = value.get("yoast_head_json")
    name = plain_text(text_of(head, "author")) if isinstance(head, dict) else ""
    return (name,) if name else ()


def _named(names: Mapping[int, str], numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(filter(None, (names.get(number, "") for number in numbers)))
