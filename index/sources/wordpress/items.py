"""One item of an export: what a glance at it tells, and the post that is read from it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from index.normalize import plain
from index.sources.encoding import decode
from index.sources.markup import xml_fault
from index.sources.wordpress.left_out import SCHEDULED
from index.sources.wordpress.paragraphs import rendered
from index.sources.wordpress.posts import POST, Post, plain_text
from index.sources.wordpress.terms import sections
from search.errors import SourceError

_SHORT: Final = 400
"""Bytes of a CDATA section that a glance takes in; names, dates and addresses are shorter."""

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# An ampersand that begins no entity of XML, or a CDATA section, in which it needs no care.
_AMPERSAND: Final = re.compile(r"<!\[CDATA\[(?s:.*?)\]\]>|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NAMESPACES: Final = (
    ("wordpress.org/export/", "/excerpt/", "excerpt"),
    ("wordpress.org/export/", "", "wp"),
    ("purl.org/rss/1.0/modules/content", "", "content"),
    ("purl.org/dc/elements", "", "dc"),
)
_TAG_DOMAINS: Final = ("post_tag", "tag")

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Channel:
    """What the export says before its items, and each of them needs.

    `opening` is the start tag of the root, with its namespaces. `sections` has the path of each category by its slug,
    `authors` the names by login, and `guests` those of authors without a login by their slug.
    """

    opening: bytes
    encoding: str = ""
    language: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)
    guests: Mapping[str, str] = field(default_factory=dict)


class Glance:
    """What can be told of an item at little cost: its short fields, by the names that exports give them."""

    def __init__(self, data: bytes, prefix: str) -> None:
        self._text = _outline(data)
        self._prefix = prefix

    def get(self, name: str) -> str:
        """The text of the first element called so ("title", "wp:status"), or ""."""
        name = re.sub("^wp:", f"{self._prefix}:", name)
        found = re.search(rf"<{re.escape(name)}(?:\s[^<>]{{0,200}})?>([^<]*)<", self._text)
        return html.unescape(found[1]).strip() if found else ""

    def status_before_trash(self) -> str:
        """What WordPress remembers of a post in the trash, so that it can be put back; "" if it does not say."""
        prefix = re.escape(self._prefix)
        key = rf"_wp_trash_meta_status\s*</{prefix}:meta_key>\s*<{prefix}:meta_value>\s*([\w-]*)"
        found = re.search(key, self._text)
        return found[1] if found else ""

    def names_co_authors(self) -> bool:
        """Authors are given as terms of a taxonomy, as plugins for several authors do."""
        return 'domain="author"' in self._text


def _outline(data: bytes) -> str:
    """The item as text, with the beginning of each CDATA section in place of it."""
    before, *sections_ = data.split(b"<![CDATA[")
    parts = [before]
    for section in sections_:
        inside, _, after = section.partition(b"]]>")
        parts += [inside[:_SHORT].replace(b"<", b" "), after]
    return b"".join(parts).decode("utf-8", "replace")


def read_item(data: bytes, channel: Channel, origin: str, place: str) -> Post:
    """The post in an item. Raises SourceError if it cannot be parsed at all."""
    item, warnings = _parse(data, channel, origin)
    fields, terms = _fields(item)
    local, gmt = fields.get("wp:post_date", ""), fields.get("wp:post_date_gmt", "")
    stated = any(text.strip() and not text.startswith("0000") for text in (local, gmt))
    return Post(
        origin=origin,
        place=place_of(place, fields.get("wp:post_id", "")),
        title=fields.get("title", ""),
        content=rendered(fields.get("content:encoded", "")),
        excerpt=fields.get("excerpt:encoded", ""),
        url=fields.get("link", "").strip(),
        guid=fields.get("guid", ""),
        type=fields.get("wp:post_type", "").strip() or POST,
        published_gmt=(gmt if stated else fields.get("pubDate", "")).strip(),
        published=local.strip(),
        modified_gmt=fields.get("wp:post_modified_gmt", "").strip(),
        modified=fields.get("wp:post_modified", "").strip(),
        is_scheduled=fields.get("wp:status", "").strip() == SCHEDULED,
        sections=sections(_sections(terms, channel)),
        tags=tuple(plain_text(name) for domain, _, name in terms if domain in _TAG_DOMAINS),
        authors=_authors(terms, fields, channel),
        language=channel.language,
        warnings=warnings,
    )


def place_of(place: str, number: str) -> str:
    """The place of the post with a number in the export at `place`; "" for one without a number."""
    return f"{place}#{number.strip()}" if number.strip() else ""


def _parse(data: bytes, channel: Channel, origin: str) -> tuple[Any, tuple[str, ...]]:
    """The element, and what was wrong with it."""
    document = channel.opening.decode("utf-8", "replace") + _decoded(data, channel.encoding) + "</rss>"
    try:
        return _tree(document, recover=False), ()
    except etree.XMLSyntaxError:
        pass
    mended = _AMPERSAND.sub(lambda match: match[0] if len(match[0]) > 1 else "&amp;", _NOT_XML.sub("", document))
    try:
        return _tree(mended, recover=False), ()
    except etree.XMLSyntaxError as error:
        problem = xml_fault(error.msg)
    try:
        item = _tree(mended, recover=True)
    except etree.XMLSyntaxError as error:
        raise SourceError(origin, f"its XML cannot be read: {xml_fault(error.msg)}") from error
    if item is None:
        raise SourceError(origin, f"its XML cannot be read: {problem}")
    return item, (f"its XML is broken, and only what could be read of it was taken: {problem}",)


def _decoded(data: bytes, encoding: str) -> str:
    declaration = f'<?xml encoding="{encoding}"?>' if encoding else "<?xml?>"
    return decode(declaration.encode() + data, markup=True).partition("?>")[2]


def _tree(document: str, *, recover: bool) -> Any:
    # libxml2 keeps its own limits on depth and text (huge_tree is off), and there is no document type to read.
    parser = etree.XMLParser(recover=recover, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(document.encode("utf-8", "replace"), parser)
    return None if root is None else root.find("item")


def _fields(item: Any) -> tuple[Fields, list[tuple[str, str, str]]]:
    """The text of the elements of an item by their names, the first of each; its terms: domain, slug, name."""
    fields: Fields = {}
    terms: list[tuple[str, str, str]] = []
    for element in item.iterchildren(etree.Element):
        name = _name(element)
        if name == "category":
            terms.append((element.get("domain") or "", element.get("nicename") or "", _text(element)))
        elif name != "wp:postmeta" and not fields.get(name):
            fields[name] = _text(element)
    return fields, terms


def _name(element: Any) -> str:
    """Its name with the prefix that WordPress uses, whatever prefix the file has."""
    # Not by QName, which refuses names that the parser let pass in broken XML.
    space, _, name = str(element.tag).removeprefix("{").rpartition("}")
    prefix = next((short for part, end, short in _NAMESPACES if part in space and space.endswith(end)), "")
    return f"{prefix}:{name}" if prefix else name


def _text(element: Any) -> str:
    return "".join(element.itertext(with_tail=False))


def _sections(terms: list[tuple[str, str, str]], channel: Channel) -> Iterator[str]:
    # Before 2010 each term stood there a second time, without a domain.
    domains = ("category",) if any(domain for domain, _, _ in terms) else ("",)
    for domain, slug, name in terms:
        if domain in domains:
            yield channel.sections.get(slug) or plain_text(name)


def _authors(terms: list[tuple[str, str, str]], fields: Fields, channel: Channel) -> tuple[str, ...]:
    """The authors of the taxonomy that plugins for several authors use, else the user who owns the post."""
    named = [
        channel.guests.get(slug.removeprefix("cap-")) or channel.authors.get(name) or plain_text(name)
        for domain, slug, name in terms
        if domain == "author"
    ]
    login = plain(fields.get("dc:creator", ""))
    return tuple(named) or ((channel.authors.get(login) or login,) if login else ())
