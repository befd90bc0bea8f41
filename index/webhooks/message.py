"""What a webhook is told: the changes of one message, each with what may be said of its article now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from index.delivering.webhook import payload
from search.document import Head, Moment, web_address
from search.ledger.deliveries import Delivery
from search.ledger.webhooks import Change, Webhook, changes_of
from search.request.urls import Addresses
from search.settings import Settings

MOST_TITLE: Final = 500
"""Characters of a title, or of the name of a section."""
MOST_SECTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Told:
    """A change as it is told; `article` is None if it is shown no more."""

    change: Change
    article: Head | None


def told(hook: Webhook, delivery: Delivery, shown: Mapping[str, Head]) -> list[Told]:
    """The changes of a message that the webhook wants to hear of, as they are now: what is gone meanwhile is told as
    removed, and what is there again as new."""
    rows = []
    for change in changes_of(delivery):
        article = shown.get(change.id)
        if article is None:
            change = Change("article.removed", change.id)
        elif change.event == "article.removed":
            change = Change("article.new", change.id)
        if change.event in hook.events:
            rows.append(Told(change, article))
    return rows


def body_of(delivery: Delivery, rows: Sequence[Told], settings: Settings) -> bytes:
    """The message as JSON, the same for each try as long as its articles are the same."""
    data = {"changes": [_facts(row, settings.public_url.rstrip("/")) for row in rows]}
    return payload("articles.changed", delivery.made_at, data)


def _facts(row: Told, site: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"event": row.change.event, "id": row.change.id}
    article = row.article
    if article is None:
        return facts
    return facts | {
        "url": web_address(article.url),
        "article_url": site + Addresses("html").article(article.id) if site else None,
        "title": article.title[:MOST_TITLE],
        "published": _moment(article.published),
        "modified": _moment(article.modified),
        "sections": [section[:MOST_TITLE] for section in article.sections[:MOST_SECTIONS]],
    }


def _moment(moment: Moment | None) -> str | None:
    return None if moment is None else moment.isoformat()
