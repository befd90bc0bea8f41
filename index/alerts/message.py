"""What an alert says: the new articles of one delivery, as JSON for programs and as plain text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from index.delivering.webhook import payload
from search.alerts.saved import written_in_words
from search.document import Head, web_address
from search.ledger.alerts import Alert
from search.ledger.deliveries import Delivery
from search.request.urls import Addresses, with_query
from search.settings import Settings
from search.translation import gettext as _
from search.translation import ngettext, number

MOST_SUMMARY: Final = 500
MOST_WORDS: Final = 120
"""Characters of a summary, and of the search in the subject of a mail."""


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery with its articles as they are now; `site` is where the pages of the archive begin, "" if that is not
    known. `subject` and `text` are in the language that is spoken; `body` is for programs, in English."""

    alert: Alert
    delivery: Delivery
    articles: Sequence[Head]
    title: str
    site: str

    @property
    def words(self) -> str:
        """The search in one line."""
        return written_in_words(self.alert.search)

    @property
    def subject(self) -> str:
        """What is new, in one line."""
        words = " ".join(self.words.split())
        shown = words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]}…"
        count = len(self.articles)
        return ngettext(
            "%(archive)s: %(n)s new article for %(search)s",
            "%(archive)s: %(n)s new articles for %(search)s",
            count,
            archive=self.title,
            n=number(count),
            search=shown,
        )

    def body(self) -> bytes:
        """The delivery as JSON, the same for each try as long as its articles are the same."""
        data = {
            "alert": self.alert.id,
            "archive": self.title,
            "search": {"text": self.words, "url": self._search()},
            "articles": [self._facts(article) for article in self.articles],
        }
        return payload("alert.articles", self.delivery.made_at, data)

    def text(self) -> str:
        """The delivery as plain text."""
        count = len(self.articles)
        parts = [
            ngettext(
                "%(n)s new article for: %(search)s",
                "%(n)s new articles for: %(search)s",
                count,
                n=number(count),
                search=self.words,
            )
        ]
        parts += [self._lines(article) for article in self.articles]
        if search := self._search():
            parts.append("\n".join((_("All articles of this search:"), search)))
        ending = _(
            "%(archive)s, alert %(alert)s. Whoever runs the archive can end it.",
            archive=self.title,
            alert=self.alert.id,
        )
        parts.append(f"-- \n{ending}")
        return "\n\n".join(parts) + "\n"

    def _facts(self, article: Head) -> dict[str, Any]:
        return {
            "id": article.id,
            "url": web_address(article.url),
            "page": self._page(article),
            "title": article.title,
            "summary": article.summary[:MOST_SUMMARY],
            "published": article.published.isoformat() if article.published else None,
            "sections": article.sections,
            "authors": article.authors,
            "language": article.language,
        }

    def _lines(self, article: Head) -> str:
        published = article.published.isoformat()[:10] if article.published else ""
        about = ", ".join(filter(None, (published, *article.sections[:2])))
        address = web_address(article.url) or self._page(article) or article.id
        return "\n".join(filter(None, (article.title, about, article.summary[:MOST_SUMMARY], address)))

    def _page(self, article: Head) -> str | None:
        return self.site + Addresses("html").article(article.id) if self.site else None

    def _search(self) -> str | None:
        return self.site + with_query("/search", self.alert.search) if self.site else None


def message_of(alert: Alert, delivery: Delivery, articles: Sequence[Head], settings: Settings) -> Message:
    """The message of a delivery about those of its articles that may still be shown."""
    return Message(alert, delivery, articles, settings.title, settings.public_url.rstrip("/"))
