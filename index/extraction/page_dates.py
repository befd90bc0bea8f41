"""When a page's article was published and changed: what the page states, and the dates written near its heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from lxml.etree import XPath

from index.extraction.boilerplate import CHANGED, DATED
from index.extraction.dateline import dates_in
from index.extraction.dates import parse_moment, parse_written_date, written_dates
from index.extraction.html_tree import Element
from index.extraction.jsonld import types
from index.extraction.page_markup import spaced, words
from index.extraction.page_statements import Statements, elements_after, elements_near
from index.extraction.text_flow import BLOCKS
from search.document import Moment

PUBLISHED: Final = (
    "article:published_time", "article:published", "og:published_time", "parsely-pub-date", "sailthru.date", "date",
    "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "dcterms.issued", "datepublished", "article.published",
    "cxenseparse:recs:publishtime", "originalpublicationdate", "ptime", "displaydate", "article_date_original",
    "rnews:datepublished",
)  # fmt: skip
MODIFIED: Final = (
    "article:modified_time", "og:updated_time", "article:modified", "dcterms.modified", "lastmod", "last-modified",
    "datemodified", "utime", "article.updated", "dc.date.modified", "revised",
)  # fmt: skip

MAX_NEAR: Final = 60
"""Elements after the heading, and half as many before it, in which a date that stands alone is the article's."""
_SHORTEST: Final = 6
_SHORT: Final = 60
"""Characters of a text that is a date with little else."""
_DATED_ATTRIBUTE: Final = re.compile(
    r"datetime|content|title|value|data-[\w-]*(?:date|time|publish)[\w-]*", re.IGNORECASE
)
_BEGINS_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_WITHOUT_TEXT: Final = frozenset(("script", "style", "link", "meta", "input", "option"))
_PLACE: Final = 3
"""Words before the date at the beginning of a text: those of a place."""
_SEARCHED: Final = 100_000
"""Characters of a page in which a sentence such as "Published on …" is looked for."""
_CLOSE: Final = 16
"""Characters between such words and the date."""
_CLASSED: Final = XPath(
    "//*[contains(@class,'date') or contains(@class,'time') or contains(@class,'publish')"
    " or contains(@class,'byline') or contains(@class,'meta') or contains(@id,'date')]"
)
_URL_DATE: Final = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|$)")
_NODES_OF_OTHERS: Final = frozenset(("Comment", "Review", "UserComments", "Answer", "Person", "Organization"))


def find_published(stated: Statements) -> Moment | None:
    """When the article was published, by the most explicit statement; None if nothing says so."""
    found = _moment(stated, [*stated.text("datePublished"), *stated.values(*PUBLISHED)])
    if found is not None:
        return _on_the_written_day(stated, found)
    return next(filter(None, (look(stated) for look in _PLACES)), None)


def find_modified(stated: Statements) -> Moment | None:
    """When the article was last changed, if the page states it."""
    found = _moment(stated, [*stated.text("dateModified"), *stated.values(*MODIFIED)])
    return found or _marked(stated, "dateModified")


def _moment(stated: Statements, texts: Iterable[str]) -> Moment | None:
    read = (parse_moment(text, stated.time_zone) or parse_written_date(text) for text in texts if text)
    return next(filter(None, read), None)


def _on_the_written_day(stated: Statements, found: Moment) -> Moment:
    """The day that the address or the heading's date says, if a time in UTC is one day from it.

    Where the archive's zone is not known, a time in UTC late in the evening is the next day's for the reader.
    """
    if not isinstance(found, datetime) or found.utcoffset():
        return found
    for written in (_in_address(stated), _near_heading(stated)):
        if written is not None and abs(_day(written) - found.date()) == timedelta(days=1):
            return _day(written)
    return found


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


# --- places where a date may be, the most explicit first


def _of_any_node(stated: Statements) -> Moment | None:
    """The date of whatever else JSON-LD describes, such as the page or its video."""
    nodes = [node for node in stated.graph.nodes if _NODES_OF_OTHERS.isdisjoint(types(node))]
    return _moment(
        stated, (stated.graph.text(node.get(key)) for key in ("datePublished", "uploadDate") for node in nodes)
    )


def _of_property(stated: Statements) -> Moment | None:
    return _marked(stated, "datePublished")


def _marked(stated: Statements, name: str) -> Moment | None:
    marked = stated.properties.get(name, ())[:20]
    own = [element for element in marked if not stated.is_apart(element)]
    return _moment(stated, (element.get("datetime") or element.get("content") or words(element) for element in own[:5]))


def _first_time(stated: Statements) -> Moment | None:
    own = [element for element in islice(stated.page.iter("time"), 40) if not stated.is_apart(element)]
    return _moment(stated, (element.get("datetime") or words(element) for element in own[:3]))


def _near_heading(stated: Statements) -> date | None:
    """The first date that stands alone in its element near the heading, with at most a few words about it."""
    near = elements_near(stated, MAX_NEAR)
    return next(filter(None, (_date_alone(stated, element) for element in near)), None)


def _date_alone(stated: Statements, element: Element) -> date | None:
    if len(element) > 4 or not isinstance(element.tag, str) or element.tag in ("script", "style", "h1"):
        return None
    text = spaced(element, _SHORT)
    if len(text) < _SHORTEST or not any(map(str.isdigit, text)) or stated.is_apart(element):
        return None
    found = dates_in(text)
    return found[0] if found else None


def _in_attributes(stated: Statements) -> Moment | None:
    """The first date in an attribute of an element near the heading, such as the moment behind "two days ago"."""
    for element in elements_near(stated, MAX_NEAR):
        texts = [text for name, text in element.attrib.items() if _DATED_ATTRIBUTE.fullmatch(name)]
        if not texts or element.tag in _WITHOUT_TEXT or stated.is_apart(element):
            continue
        if found := next(filter(None, (_in_attribute(stated, text) for text in texts)), None):
            return found
    return None


def _in_attribute(stated: Statements, text: str) -> Moment | None:
    if _BEGINS_DATE.match(text):
        return parse_moment(text, stated.time_zone)
    found = dates_in(text) if len(text) <= _SHORT else None
    return found[0] if found else None


def _in_first_words(stated: Statements) -> date | None:
    """The date at the beginning of the first paragraph, at most behind a place, as press releases have it."""
    below = islice(elements_after(stated.first_heading), 2 * MAX_NEAR)
    paragraphs = (element for element in below if element.tag in ("p", "div") and not _holds_blocks(element))
    text = next((text for element in paragraphs if len(text := spaced(element)) > 2 * _SHORT), "")
    found = next(iter(written_dates(text[:_SHORT])), None)
    return found[0] if found and len(text[: found[1]].split()) <= _PLACE else None


def _holds_blocks(element: Element) -> bool:
    return any(child.tag in BLOCKS for child in element)


def _last_change(stated: Statements) -> date | None:
    """The date after words such as "Last updated", which readers take for the article's where no other is written."""
    return _in_sentence(stated, CHANGED)


def _classed(stated: Statements) -> Moment | None:
    marked: Any = _CLASSED(stated.page)
    own = [element for element in marked[:60] if not stated.is_apart(element)]
    return _moment(stated, (text for element in own if len(text := words(element)) <= 120))


def _in_sentence(stated: Statements, phrase: re.Pattern[str] = DATED) -> date | None:
    """The date after words such as "Published on", in the text below the heading if there is one."""
    heading = stated.first_heading
    body = stated.page.find("body")
    texts = (
        _textselements_after(heading) if heading is not None else (body if body is not None else stated.page).itertext()
    )
    text, length = [], 0
    for part in texts:
        text.append(part)
        length += len(part)
        if length > _SEARCHED:
            break
    whole = " ".join(" ".join(text)[:_SEARCHED].split())
    found = (next(iter(written_dates(match[1])), None) for match in phrase.finditer(whole))
    return next((dated[0] for dated in found if dated and dated[1] <= _CLOSE), None)


def _textselements_after(heading: Element) -> Iterator[str]:
    for element in elements_after(heading):
        if element.tag not in ("script", "style"):
            yield element.text or ""
        yield element.tail or ""


def _in_title(stated: Statements) -> date | None:
    """A date that is a part of the window's title."""
    parts = re.split(r"\s+[|–—·-]\s+", stated.whole_title)
    return next((found[0] for part in parts if (found := dates_in(part)) and found[0]), None)


def _in_address(stated: Statements) -> date | None:
    match = _URL_DATE.search(urlsplit(stated.url or "").path)
    found = parse_moment("-".join(part.zfill(2) for part in match.groups())) if match else None
    return _day(found) if found else None


_PLACES: Final = (
    _of_any_node,
    _of_property,
    _near_heading,
    _first_time,
    _in_attributes,
    _classed,
    _in_first_words,
    _in_sentence,
    _in_title,
    _in_address,
    _last_change,
)
