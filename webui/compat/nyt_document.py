"""An article, and the counts of a facet, as the New York Times' dialect shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from search.document import SECTION_SEPARATOR, Document, web_address
from search.results.response import Facet, Hit
from webui.compat.moments import in_utc

_TERMS: Final = 5
"""Values of a facet that are shown."""
_LEVELS: Final = {"section_name": 1, "news_desk": 1, "subsection_name": 2}
"""The levels of a section that a facet counts: the dialect knows two."""


def described(document: Document, hit: Hit, source: str, page: str) -> dict[str, Any]:
    """The document for a hit. `source` is the name of the archive, `page` the article's address here.

    What an article does not have is there all the same, empty, for clients that look without asking.
    """
    path = document.sections[0].split(SECTION_SEPARATOR) if document.sections else []
    section, below = [*path, "", ""][:2]
    return {
        "_id": document.id,
        "uri": document.id,
        "web_url": web_address(document.url) or page,
        "snippet": hit.snippets[0].text if hit.snippets else document.summary,
        "lead_paragraph": document.body.partition("\n\n")[0],
        "abstract": document.summary,
        "source": source,
        "multimedia": [],
        "headline": {
            "main": document.title,
            **dict.fromkeys(("kicker", "content_kicker", "print_headline", "name", "seo", "sub"), ""),
        },
        "keywords": [
            {"name": "subject", "value": tag, "rank": rank, "major": "N"} for rank, tag in enumerate(document.tags, 1)
        ],
        "pub_date": "" if document.published is None else in_utc(document.published).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "document_type": document.type,
        "news_desk": section,
        "section_name": section,
        "subsection_name": below,
        "byline": _byline(document.authors),
        "type_of_material": document.type,
        "word_count": len(document.body.split()),
        "print_page": "",
        "score": hit.score,
    }


def terms(name: str, facet: Facet) -> dict[str, Any]:
    """The counts of a facet: of a section those of the upper level, or of the level below it."""
    counts: Counter[str] = Counter()
    for value in facet.values:
        if (term := _term(name, value.value)) is not None:
            counts[term] += value.count
    total = counts.total() + facet.other
    shown = counts.most_common(_TERMS)
    return {
        "_type": "terms",
        "missing": facet.missing,
        "total": total,
        "other": total - sum(count for _, count in shown),
        "terms": [{"term": term, "count": count} for term, count in shown],
    }


def _term(name: str, value: str) -> str | None:
    """What the facet calls a value; None if it does not count it, such as a section of another level."""
    if name not in _LEVELS:
        return value
    path = value.split(SECTION_SEPARATOR)
    return path[-1] if len(path) == _LEVELS[name] else None


def _byline(authors: Sequence[str]) -> dict[str, Any]:
    if not authors:
        return {"original": None, "person": [], "organization": None}
    *others, last = authors
    named = f"{', '.join(others)} and {last}" if others else last
    return {
        "original": f"By {named}",
        "person": [_person(name, rank) for rank, name in enumerate(authors, 1)],
        "organization": None,
    }


def _person(name: str, rank: int) -> dict[str, Any]:
    first, _, last = name.rpartition(" ")
    return {
        "firstname": first, "middlename": None, "lastname": last, "qualifier": None, "title": None,
        "role": "reported", "organization": "", "rank": rank,
    }  # fmt: skip
