"""What was sent as a source: a record for each article, read as a line of JSON Lines is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from index.article import Article, Withdrawal
from index.identity import article_id, article_url
from index.sources.fields import article_of
from index.sources.jsonl import decode_object
from index.sources.reading import Reading
from search.ledger.inbox import Entry

SOURCE: Final = "sent://endpoint"
"""The source that the index names for what was sent."""


@dataclass(frozen=True, slots=True)
class SentArticle:
    """An entry of the inbox as a record; see `index.article.Record`. The index knows the article as `known_as`."""

    entry: Entry
    known_as: str
    reading: Reading

    @property
    def origin(self) -> str:
        """The number of the sending, as it is listed."""
        return f"{SOURCE}/{self.entry.number}"

    @property
    def weight(self) -> int:
        """Its characters."""
        return len(self.entry.body)

    def read(self) -> Article | Withdrawal:
        """The article, or that it is not published any more. Raises SourceError."""
        if self.entry.action == "delete":
            return Withdrawal(self.origin, "gone", "deleted by who sent it", id=self.known_as)
        keys = decode_object(self.entry.body.encode(), self.origin)
        return replace(article_of(keys, self.origin, "", self.reading), id=self.known_as)

    @property
    def keys(self) -> tuple[str, str]:
        """The id that comes from its address, and its guid; "" for none. What cannot be read has neither."""
        try:
            found = self.read()
        except Exception:  # noqa: BLE001 - whoever reads it to index it says why
            return "", ""
        url = article_url(found.url)
        return article_id("", url, "") if url else "", found.guid


@dataclass(frozen=True, slots=True)
class SentArticles:
    """Articles that were sent; see `index.article.Source`. They are some of many, so what is not among them is not
    gone."""

    articles: Sequence[SentArticle]

    @property
    def name(self) -> str:
        """The source of them all."""
        return SOURCE

    @property
    def size(self) -> int:
        """The characters of all."""
        return sum(article.weight for article in self.articles)

    @property
    def lists_all(self) -> bool:
        """See `index.article.lists_all`."""
        return False

    def records(self) -> Iterator[SentArticle]:
        """Them, in the order in which they were sent."""
        return iter(self.articles)
