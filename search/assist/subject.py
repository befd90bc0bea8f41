"""What related articles are wanted for: an article of the archive, by its id or its address, or a draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from search.assist.distinctive import MAX_TEXT
from search.assist.draft_language import language_of
from search.document import Document
from search.engines.protocols import Searcher
from search.errors import NotFound, ParameterError
from search.request.planning import Planner
from search.request.reading import without_tracking
from search.request.wording import no_article
from search.translation import gettext as _

_MOST_LANGUAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Subject:
    """What related articles are wanted for: the archive's article with that `id` or `url`, or a draft."""

    id: str | None = None
    url: str | None = None
    title: str = ""
    text: str = ""


def own_article(planner: Planner, subject: Subject) -> tuple[Document, bool]:
    """The article or the draft, and whether it is an article of the archive."""
    searcher, name, url = planner.searcher, subject.id, subject.url
    wanted = name if name is not None else _id_of(searcher, url) if url else None
    document = None if wanted is None else searcher.document(wanted)
    if document is not None:
        return document, True
    if name is not None:
        raise NotFound(no_article(name))
    title, text = subject.title[:MAX_TEXT], subject.text[:MAX_TEXT]
    if not title.strip() and not text.strip():
        if url:
            message = _(
                "the archive has no article of the address %(address)s; send its title and text instead",
                address=repr(url[:200]),
            )
            raise NotFound(message)
        raise ParameterError("text", _("send a text, a title or a url"))
    languages = [tag for tag, _ in searcher.top_values("lang", _MOST_LANGUAGES)]
    language = language_of(f"{title}\n\n{text}", languages, planner.language)
    return Document("", title, text, language=language, published=planner.now), False


def _id_of(searcher: Searcher, url: str) -> str | None:
    """The article with that address, or with another address of the same page."""
    found = (searcher.id_of_url(address) for address in address_spellings(url))
    return next((name for name in found if name is not None), None)


def address_spellings(url: str) -> list[str]:
    """The ways in which the address of the same page may have been written, that which was sent first."""
    return list(dict.fromkeys(_spellings(url.strip())))


def _spellings(url: str) -> Iterator[str]:
    """The address as it was sent; then without its fragment and tracking parameters, with and without a query,
    `www.` and a slash at the end."""
    yield url
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    host = parts.netloc.removeprefix("www.")
    path = parts.path.rstrip("/")
    untracked = without_tracking(parts.query.encode("utf-8", "replace")).decode("utf-8")
    for query in dict.fromkeys((parts.query, untracked, "")):
        for scheme, netloc, ending in product(("https", "http"), (host, f"www.{host}"), ("", "/")):
            yield urlunsplit((scheme, netloc, path + ending, query, ""))
