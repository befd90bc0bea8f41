"""Citations as text, RIS and CSL-JSON, beside `search.results.bibtex`.

RIS: https://en.wikipedia.org/wiki/RIS_(file_format), as EndNote and Zotero read it.
CSL-JSON: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html
"""

from __future__ import annotations

from datetime import date
from typing import Any

from search.results.citation import Citation
from search.translation import day_in_words
from search.translation import gettext as _


def cited_text(citation: Citation) -> str:
    """The citation as a sentence for people: authors, title, publication, day, address."""
    authors = ", ".join(citation.authors)
    day = day_in_words(citation.published) if citation.published else _("undated")
    begin = f"{authors}: " if authors else ""
    end = "" if citation.title.endswith((".", "?", "!", "…", "。")) else "."
    return f"{begin}{citation.title}{end} {citation.publication}, {day}. {citation.url}".rstrip()


def ris(citation: Citation) -> str:
    """The citation as a record of a newspaper article in RIS, with its last line end; lines end with CRLF."""
    published = citation.published
    rows = [
        ("TY", "NEWS"),
        ("ID", citation.id if citation.id.isprintable() else ""),
        *(("AU", author) for author in citation.authors),
        ("TI", citation.title),
        ("T2", citation.publication),
        ("PY", f"{published.year:04}" if published else ""),
        ("DA", f"{published:%Y/%m/%d}/" if published else ""),
        ("SE", citation.section),
        ("LA", citation.language),
        *(("KW", tag) for tag in citation.tags),
        ("AB", citation.summary),
        ("UR", citation.url),
        ("Y2", f"{citation.accessed:%Y/%m/%d}/"),
    ]
    lines = [f"{tag}  - {value}\r\n" for tag, value in rows if value]
    return "".join(lines) + "ER  - \r\n\r\n"


def csl(citation: Citation) -> dict[str, Any]:
    """The citation as an item of CSL-JSON. Names are literal: which part is the family's is not known."""
    known: dict[str, Any] = {
        "author": [{"literal": author} for author in citation.authors],
        "container-title": citation.publication,
        "issued": _parts(citation.published) if citation.published else None,
        "URL": citation.url,
        "accessed": _parts(citation.accessed),
        "language": citation.language,
        "abstract": citation.summary,
        "section": citation.section,
        "keyword": ", ".join(citation.tags),
    }
    item: dict[str, Any] = {"id": citation.id, "type": "article-newspaper", "title": citation.title}
    return item | {name: value for name, value in known.items() if value}


def _parts(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}
