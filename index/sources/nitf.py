"""NITF, the News Industry Text Format of the IPTC in XML (https://iptc.org/standards/nitf/): one item a file."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from lxml import etree

from index.article import Article, Record, Withdrawal
from index.extraction.body import Body
from index.extraction.html_text import read_html
from index.normalize import plain, section_path
from index.sources.agency import CANCELED, MAX_LINE, MAX_LISTED, AgencyItem, status_of
from index.sources.encoding import decode
from index.sources.files import open_input, read_page
from index.sources.markup import xml_fault
from index.sources.pages import PageSource
from index.sources.reading import Reading
from search.errors import SourceError

MAX_TAGS: Final = 500_000

# Elements that HTML calls by another name. Those of both keep theirs; of all others only what is inside is kept.
_AS_HTML: Final = {
    "hl1": "h2", "hl2": "h3", "bq": "blockquote", "block": "div", "credit": "p", "media": "figure", "note": "div",
    "media-caption": "figcaption", "nitf-table": "div", "fn": "div", "tagline": "p", "body.content": "div",
    "body.end": "div", "body.head": "div", "abstract": "div",
}  # fmt: skip
_SAME: Final = frozenset((
    "p", "br", "hr", "ol", "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th",
    "td", "pre", "em", "strong", "q", "a", "sub", "sup",
))  # fmt: skip
_NOT_TEXT: Final = (
    "media-metadata", "media-object", "media-reference", "media-producer", "nitf-table-metadata", "col", "colgroup",
    "bibliography", "rights",
)  # fmt: skip
_LINES: Final = ("p", "hl1", "hl2", "byttl", "br")
"""Elements that stand on a line of their own, whether or not there is a space between them."""
_KEPT: Final = {"a": ("href", "id", "name")}
_REFERS: Final = (b"management-idref-status", "management-idref-status".encode("utf-16-le")[:-1])
_MAX_HEAD: Final = 65_536
"""Bytes of a file in which what it says of another item is looked for."""
_DECLARATION: Final = re.compile(r"<\?xml[^>]{0,500}\?>")
# Names of HTML that XML does not know, and that are written all the same.
_NAMED: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class NitfFile:
    """A file of one item, which may also cancel another; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._page = PageSource(location, reading, read_nitf_file)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._page.size

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return self._page.digest()

    def records(self) -> Iterator[Record | SourceError]:
        """The item, and behind it the notice that the item to which it refers is canceled."""
        yield from self._page.records()
        if canceled := self._canceled():
            yield Withdrawal(self.name, "killed", CANCELED, canceled, canceled)

    def _canceled(self) -> str:
        with suppress(SourceError):  # what cannot be read is reported with the item itself
            with open_input(self.name) as source:
                head = source.read(_MAX_HEAD)
            if any(name in head for name in _REFERS):
                return canceled_by(read_page(self.name), self.name)
        return ""


def canceled_by(data: bytes, origin: str) -> str:
    """The id of another item that an item cancels, or "". Raises SourceError if it is no NITF."""
    about = _named(_parse(data, origin)).find("head/docdata")
    is_canceled = status_of(_own(about, "management-idref-status")) == "canceled"
    return plain(_own(about, "management-doc-idref")) if is_canceled else ""


def read_nitf_file(data: bytes, origin: str, reading: Reading) -> Article | Withdrawal:
    """The item in a file. Raises SourceError if it is no NITF, or has neither a headline nor a text."""
    root = _parse(data, origin)
    if _name(root) != "nitf":
        raise SourceError(origin, "not NITF: its first element is not <nitf>")
    return _item(_named(root)).article(origin, "", reading.time_zone)


def _named(root: Any) -> Any:
    """The tree with the names of elements as NITF has them, without a namespace."""
    for part in list(root.iter()):
        if isinstance(part.tag, str):
            part.tag = _name(part)
    return root


def _item(root: Any) -> AgencyItem:
    data = root.find("head/docdata")
    publication = root.find("head/pubdata")
    lines = [one for tag in ("hedline", "headline") for one in root.iterfind(f"body/body.head/{tag}")]
    return AgencyItem(
        id=_stated(data, "doc-id", "id-string"),
        status=_own(data, "management-status"),
        version=_stated(data, "du-key", "version"),
        url=_own(publication, "ex-ref"),
        headline=_first(*(line.find("hl1") for line in lines), *lines, root.find("head/title")),
        summary=_first(*root.iterfind("body/body.head/abstract")),
        dateline=_first(*root.iterfind("body/body.head/dateline")),
        body=_body(root),
        authors=tuple(name for one in root.iterfind("body/body.head/byline") for name in _names(one)),
        sections=tuple(_sections(root)),
        tags=tuple(one.get("key", "")[:MAX_LINE] for one in root.iterfind("head/docdata/key-list/keyword"))[
            :MAX_LISTED
        ],
        genres=tuple(one.get("tobject.property.type", "") for one in root.iterfind("head/tobject/tobject.property")),
        published=_own(publication, "date.publication"),
        issued=_stated(data, "date.issue", "norm"),
        released=_stated(data, "date.release", "norm"),
        language=root.get(_LANG) or root.get("baselang") or _own(root.find("body"), _LANG),
    )


def _sections(root: Any) -> Iterator[str]:
    """The section that the publication states, else the subjects, each as a path from the general to the special."""
    stated = _own(root.find("head/pubdata"), "position.section")
    if stated.strip():
        yield section_path([stated])
        return
    for one in root.findall("head/tobject/tobject.subject")[:MAX_LISTED]:
        yield section_path(
            [one.get(f"tobject.subject.{level}", "")[:MAX_LINE] for level in ("type", "matter", "detail")]
        )


def _names(byline: Any) -> list[str]:
    """The people that a byline marks, else all of it without their titles and places."""
    people = [_line(one) for one in byline.iter("person")]
    for one in list(byline.iter("byttl", "location", "virtloc")):
        one.text, one[:] = "", []
    return people[:MAX_LISTED] or [_line(byline)]


def _body(root: Any) -> Body:
    """The content and what stands at its end, such as the tagline."""
    parts = [part for tag in ("body.content", "body.end") for part in root.iterfind(f"body/{tag}")]
    markup = "\n".join(
        etree.tostring(_as_html(part), encoding="unicode", method="html", with_tail=False) for part in parts
    )
    return read_html(markup) if markup.strip() else Body()


def _as_html(part: Any) -> Any:
    for element in list(part.iter()):
        if not isinstance(element.tag, str):
            continue
        name = element.tag
        element.tag = "template" if name in _NOT_TEXT else _AS_HTML.get(name, name if name in _SAME else "span")
        kept = {key: element.get(key) for key in _KEPT.get(name, ("id",)) if element.get(key)}
        element.attrib.clear()
        element.attrib.update(kept)
    return part


def _parse(data: bytes, origin: str) -> Any:
    """The tree, without entities. Nothing is fetched, and what is not well-formed is refused."""
    if data.count(b"<") > MAX_TAGS:
        raise SourceError(origin, f"has more than {MAX_TAGS:,} tags; an item never has")
    try:
        root = etree.fromstring(_NAMED.sub(_character, data), _parser())
    except (etree.XMLSyntaxError, ValueError, LookupError):
        text = decode(data, markup=True).lstrip("\ufeff \t\r\n")
        text = text[match.end() :] if (match := _DECLARATION.match(text)) else text
        try:
            root = etree.fromstring(_NAMED.sub(_character, text.encode("utf-8", "replace")), _parser("utf-8"))
        except (etree.XMLSyntaxError, ValueError) as error:
            fault = xml_fault(getattr(error, "msg", str(error)))
            raise SourceError(origin, f"not well-formed XML ({fault})") from error
    etree.strip_elements(root, etree.Entity, with_tail=False)
    return root


def _parser(encoding: str | None = None) -> Any:
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _character(match: re.Match[bytes]) -> bytes:
    """A reference to the character that HTML calls so, which may stand in any encoding."""
    found = html.unescape(match[0].decode("ascii"))
    return match[0] if found.startswith("&") else "".join(f"&#{ord(one)};" for one in found).encode()


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _stated(parent: Any, tag: str, attribute: str) -> str:
    return "" if parent is None else _own(parent.find(tag), attribute)


def _own(element: Any, attribute: str) -> str:
    return "" if element is None else element.get(attribute, "")[:MAX_LINE]


def _first(*elements: Any) -> str:
    return next((line for one in elements if one is not None and (line := _line(one))), "")


def _line(element: Any) -> str:
    for part in element.iter(*_LINES):
        part.tail = f" {part.tail or ''}"
    return " ".join("".join(element.itertext()).split())[:MAX_LINE]
