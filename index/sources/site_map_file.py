"""What a site map lists (https://www.sitemaps.org/protocol.html), read as it comes, so that a long one needs no memory.

A site map is a list of addresses in XML or in plain text, or an index of other site maps. News site maps say more of
each article (https://support.google.com/news/publisher-center/answer/9606710).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from lxml import etree

from index.sources.encoding import decode
from index.sources.files import Input
from index.sources.markup import first_element, xml_fault
from index.sources.recognition import SITE_MAP_ROOTS, WEB_ADDRESS, is_site_map
from search.errors import SourceError

MAX_ELEMENTS: Final = 10_000
"""Elements of one entry; a real one has some twenty."""
MAX_TEXT: Final = 8_000
"""Characters of one value."""
MAX_LINE: Final = 8_192

_ROWS: Final = frozenset({"url", "sitemap"})
_OF_ROW: Final = frozenset({"loc", "lastmod"})
_OF_NEWS: Final = frozenset({"title", "publication_date", "keywords", "genres", "access"})


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry: the address of a page, or of a site map if `is_site_map`. `news` has what a news site map says."""

    url: str
    lastmod: str
    news: dict[str, str]
    is_site_map: bool = False


def read_site_map(source: Input, name: str) -> Iterator[Listed]:
    """The entries, in order. Raises SourceError if it breaks off or is no site map, and as `Input.read` does."""
    head = source.read(MAX_LINE)
    if first_element(head)[0] in SITE_MAP_ROOTS:
        yield from _in_xml(_Again(head, source), name)
    elif is_site_map("", head):
        yield from _in_lines(head, source)
    else:
        raise SourceError(name, "not a site map: neither XML with <urlset> or <sitemapindex>, nor one address a line")


class _Again:
    """The input with its first bytes back at their place."""

    def __init__(self, head: bytes, source: Input) -> None:
        self._head = head.lstrip()
        self._source = source

    def read(self, size: int = 65_536) -> bytes:
        head, self._head = self._head, b""
        return head or self._source.read(size)


def _in_lines(head: bytes, source: Input) -> Iterator[Listed]:
    data = head
    while data:
        if not data.endswith(b"\n"):
            data += source.readline(MAX_LINE)
        for line in decode(data).splitlines():
            if WEB_ADDRESS.fullmatch(line.strip()):
                yield Listed(line.strip(), "", {})
        data = source.read(MAX_LINE)


def _in_xml(source: _Again, name: str) -> Iterator[Listed]:
    try:
        parsing = etree.iterparse(
            cast(Any, source),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        yield from _rows(parsing, name)
    except etree.XMLSyntaxError as error:
        fault = xml_fault(error.msg)
        raise SourceError(name, f"the site map breaks off ({fault}); what stood before was read") from error


def _rows(parsing: Any, name: str) -> Iterator[Listed]:
    elements = 0
    for _, element in parsing:
        elements += 1
        if elements > MAX_ELEMENTS:
            raise SourceError(name, f"an entry of the site map has more than {MAX_ELEMENTS:,} elements")
        parent = element.getparent()
        if parent is None or parent.getparent() is not None:
            continue
        if (row := _row(element)) is not None:
            yield row
        elements = 0
        element.clear()
        while element.getprevious() is not None:
            del parent[0]


def _row(element: Any) -> Listed | None:
    kind = _name(element)
    if kind not in _ROWS:
        return None
    own = {_name(part): _text(part) for part in element if _name(part) in _OF_ROW}
    news = {
        _name(part): _text(part)
        for one in element
        if _name(one) == "news"
        for part in one.iter()
        if _name(part) in _OF_NEWS or _name(part) == "language"
    }
    return Listed(own.get("loc", ""), own.get("lastmod", ""), news, kind == "sitemap")


def _name(element: Any) -> str:
    """The name without its namespace: old site maps have others than the one of the protocol."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext())[:MAX_TEXT].split())
