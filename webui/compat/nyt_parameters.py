"""The parameters of the New York Times' dialect, as a search of the archive, the facets, and the keys of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from search.engines.plan import Sort
from search.errors import ParameterError
from search.query import Query, parse
from search.query.limits import MAX_LENGTH
from search.query.parser import all_of
from search.request.request import FacetRequest, SearchRequest
from webui.compat.boolean import written
from webui.compat.errors import unanswered
from webui.compat.moments import dated
from webui.compat.nyt_filter import filtered
from webui.compat.sent import Sent, unknown

PER_PAGE: Final = 10
LAST_PAGE: Final = 100
_COUNTED: Final = 100
"""Values of a facet of the archive that are counted, of which the most frequent are shown."""

FACETS: Final[Mapping[str, str]] = {
    "section_name": "section", "news_desk": "section", "subsection_name": "section", "pub_year": "year",
    "document_type": "type", "type_of_material": "type",
}  # fmt: skip
"""The facets that are answered, and those of the archive that they are made from."""
_SORTS: Final[Mapping[str, Sort]] = {
    "newest": "newest", "oldest": "oldest", "relevance": "relevance", "best": "relevance"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the search; the facets by their names here, and the search that they count; the keys of a
    document, all of them if none is named."""

    search: SearchRequest
    facets: tuple[str, ...]
    counted: SearchRequest
    keys: frozenset[str]


def asked(sent: Sent, time_zone: str) -> Asked:
    """What the parameters ask for. Raises ParameterError, QuerySyntaxError."""
    if sent.text("callback"):
        raise unanswered("callback")
    q, fq = sent.text("q"), sent.text("fq")
    if len(q) > MAX_LENGTH:
        raise ParameterError("q", f"is longer than {MAX_LENGTH:,} characters")
    question = parse(q, "auto").query
    narrowed = [question]
    if fq:
        narrowed.append(filtered(fq))
    begin, end = _day(sent, "begin_date"), _day(sent, "end_date")
    if begin is not None or end is not None:
        narrowed.append(dated("begin_date", begin, end))
    search = replace(
        _search(all_of(narrowed), time_zone),
        sort=sent.meant("sort", _SORTS, "relevance" if q else "newest"),
        page=_page(sent) + 1,
        per_page=PER_PAGE,
        highlight="text",
    )
    names = _facets(sent)
    kinds = dict.fromkeys(FACETS[name] for name in names)
    counted = replace(
        _search(all_of(narrowed) if sent.truth("facet_filter") else question, time_zone),
        per_page=0,
        facets=tuple(FacetRequest(kind, _COUNTED) for kind in kinds),
    )
    return Asked(search, names, counted, frozenset(sent.listed("fl")))


def _search(query: Query, time_zone: str) -> SearchRequest:
    return SearchRequest(q=written("q", query, "auto"), time_zone=time_zone, facets=(), highlight="off")


def _page(sent: Sent) -> int:
    text = sent.text("page", "0")
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > LAST_PAGE:
        raise ParameterError("page", f"must be a number from 0 to {LAST_PAGE}")
    return int(text)


def _day(sent: Sent, name: str) -> date | None:
    text = sent.text(name)
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{8}", text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise ParameterError(name, "must be a day, written as YYYYMMDD")


def _facets(sent: Sent) -> tuple[str, ...]:
    names = sent.listed("facet_fields") or sent.listed("facet_field")
    for name in names:
        if name not in FACETS:
            raise unknown("facet_fields", name, FACETS)
    return names if sent.truth("facet") else ()
