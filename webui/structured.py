"""What the page of an article says to machines: structured data (https://schema.org/NewsArticle, as JSON-LD) and the
tags that reference managers and scholarly indexes read (https://scholar.google.com/intl/en/scholar/inclusion.html).
"""

from __future__ import annotations

from typing import Any

from search.document import Document, web_address

Tags = tuple[tuple[str, str], ...]
"""Names and contents of `<meta>` elements."""


def news_article(
    document: Document, published: str | None, modified: str | None, page: str, publication: str
) -> dict[str, Any]:
    """The article as structured data. `page` is the whole address of its page here; dates are in RFC 3339.

    The template escapes it, so that no text of it can end the element that it stands in.
    """
    known: dict[str, Any] = {
        "description": document.summary,
        "datePublished": published,
        "dateModified": modified,
        "author": [{"@type": "Person", "name": name} for name in document.authors],
        "articleSection": list(document.sections),
        "keywords": list(document.tags),
        "inLanguage": document.language,
        "sameAs": web_address(document.url),
    }
    article: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": document.title,
        "url": page,
        "mainEntityOfPage": page,
        "publisher": {"@type": "Organization", "name": publication},
    }
    return article | {name: value for name, value in known.items() if value}


def citation_tags(document: Document, published: str | None, page: str, publication: str) -> Tags:
    """The article as Highwire tags."""
    rows = [("citation_title", document.title)]
    rows += [("citation_author", name) for name in document.authors]
    rows += [
        ("citation_publication_date", (published or "")[:10].replace("-", "/")),
        ("citation_journal_title", publication),
        ("citation_language", document.language),
        ("citation_keywords", "; ".join(document.tags)),
        ("citation_abstract", document.summary),
        ("citation_public_url", web_address(document.url) or page),
        ("citation_abstract_html_url", page),
    ]
    return tuple((name, content) for name, content in rows if content)
