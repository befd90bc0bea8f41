"""The text of a stored article as markup fit for our page.

An article's own HTML comes from anywhere and is hostile until proved otherwise. It is parsed, reduced to the tags of
running text, given anchors and marks, and bleach has the last word: nothing touches the markup after the sanitiser.
Images are left out, for a page of ours must not make the reader's browser call other sites; captions stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import urljoin, urlsplit

import bleach
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from markupsafe import Markup, escape

from search.document import Document, Heading
from search.highlight.marking import mark_html
from search.translation import gettext as _
from webui.marking import HEADING_TAGS, Spans, mark_matches

MAX_HTML = 5_000_000
"""Characters; longer markup is not parsed, the article's plain text is shown instead."""
MAX_ELEMENTS = 15_000
"""Markup of more elements than this is not shown either: the plain text is, at a price that grows evenly."""
MIN_CONTENTS = 3
"""Headings from which on an article gets a table of contents."""

SCROLLING_TAGS = ("table", "pre")
ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "abbr": frozenset({"title"}),
    "bdo": frozenset({"dir"}),
    "ol": frozenset({"start", "reversed"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
}
"""What an article may say itself; `lang` and `dir` it may say anywhere."""
OUR_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"rel"}),
    "div": frozenset({"class", "role", "tabindex", "aria-label"}),
    "mark": frozenset({"id"}),
    "span": frozenset({"class"}),
} | {tag: frozenset({"id"}) for tag in HEADING_TAGS}
"""What we add. All attributes the article brings are taken off before, so these are ours alone."""
TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
    }
    | {"div", "dl", "dt", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li"}
    | {
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
    }
    | {"td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var"}
)
OUR_TAGS = frozenset({"span"})
"""What only we put into an article: the links between matches. An article's own are taken off."""
DROPPED_WITH_CONTENT = (
    "applet", "audio", "button", "canvas", "embed", "form", "frame", "frameset", "head", "iframe", "img", "input",
    "link", "math", "meta", "noembed", "noframes", "noscript", "object", "option", "picture", "script", "select",
    "source", "style", "svg", "template", "textarea", "title", "video",
)  # fmt: skip
BLOCKS_OF_PAGES = frozenset(
    {
        "address",
        "article",
        "aside",
        "center",
        "details",
        "footer",
        "header",
        "hgroup",
        "main",
        "nav",
        "search",
        "section",
    }
)
TABLE_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "colgroup")
"""What holds cells or columns, and no text of its own."""
PROTOCOLS = frozenset({"http", "https", "mailto"})
_GROUP = 100
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_NOT_IN_AN_ID = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """One line of the table of contents; `level` is 2 to 6."""

    id: str
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class ArticleText:
    """The article's text, safe to put on a page; `contents` is empty where there are too few headings to need one.

    `matches` counts the marked places; the first has the id "match" (see `webui.match_steps`).
    """

    html: Markup
    contents: tuple[ContentsEntry, ...]
    matches: int


def render_article(document: Document, spans: Spans | None = None) -> ArticleText:
    """The article's markup, or its plain text where it has none, sanitised, with anchored headings and marked words."""
    root = _parse(document.html) if document.html else None
    if root is None or not _is_whole(root, document.body):
        root = _parse(markup_of_text(document.body, document.headings))
    if root is None:
        return ArticleText(Markup(), (), 0)
    _reduce(root, document.url)
    _move_out_of_tables(root)
    _empty_headers_to_cells(root)
    contents = _anchor_headings(root, document)
    matches = mark_matches(root, spans) if spans else 0
    _wrap_scrolling(root)
    return ArticleText(_sanitise(root), contents if len(contents) >= MIN_CONTENTS else (), matches)


def mark_text(text: str, field: str, spans: Spans | None) -> Markup:
    """Plain text of that field, escaped, with its matches in `<mark>`."""
    return Markup(mark_html(text, spans(text, field) if spans else ()))  # noqa: S704 - mark_html escapes


@lru_cache(maxsize=4096)
def heading_id(text: str, anchor: str | None) -> str:
    """The fragment id a heading has on our page: from its anchor on its own page where it has one, else from its words.

    Prefixed, so that no article can take the id of a part of the page.
    """
    words = unicodedata.normalize("NFC", anchor or text).lower()
    return "at-" + (_NOT_IN_AN_ID.sub("-", words).strip("-")[:80] or "heading")


def markup_of_text(body: str, headings: Sequence[Heading] = ()) -> str:
    """Plain text as HTML: blocks stand between blank lines, and a block that begins at a heading's offset is one."""
    at = {heading.offset: heading for heading in headings}
    pieces = []
    for block in re.finditer(r"\S(?:.|\n(?!\s*\n))*", body):
        heading = at.get(block.start())
        tag = f"h{heading.level}" if heading else "p"
        pieces.append(f"<{tag}>{escape(block.group().strip())}</{tag}>")
    return "\n".join(pieces)


def _parse(markup: str) -> HtmlElement | None:
    if len(markup) > MAX_HTML:
        return None
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = lxml_html.fragment_fromstring(_CONTROLS.sub("", markup), create_parent="div", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    except (AssertionError, IndexError):  # so lxml says that a whole page has no body
        return None
    if "&#" in markup:
        _drop_controls(root)
    return root


def _drop_controls(root: HtmlElement) -> None:
    """Drops the control characters that character references in a text stand for: lxml reads them, and then refuses to
    move them."""
    for element in root.iter(etree.Element):
        if element.text:
            element.text = _CONTROLS.sub("", element.text)
        if element.tail:
            element.tail = _CONTROLS.sub("", element.tail)


def _is_whole(root: HtmlElement, body: str) -> bool:
    """Whether the markup can be shown in place of the text: it says as much (parsers drop what is nested too deep)."""
    said = len(root.text_content().strip())
    return said > 0 and 2 * said >= len(body) and next(islice(root.iter(), MAX_ELEMENTS, None), None) is None


def _reduce(root: HtmlElement, base: str | None) -> None:
    """Leaves the tags and attributes of running text, with absolute links and no empty paragraphs."""
    etree.strip_elements(root, *DROPPED_WITH_CONTENT, with_tail=False)
    targets = frozenset("#" + element.get("id", "") for element in root.iter(*HEADING_TAGS))
    for element in list(root.iter(etree.Element)):
        if element is root:
            element.attrib.clear()
        elif element.tag in BLOCKS_OF_PAGES:
            element.tag = "div"
        elif element.tag == "mark" or element.tag not in TAGS.union(HEADING_TAGS):
            element.drop_tag()
            continue
        _reduce_attributes(element, base, targets)
    for element in list(root.iter("p", "figure", "div", "a", "li", "figcaption", *HEADING_TAGS)):
        if element is not root and not element.text_content().strip():
            element.drop_tree()


def _reduce_attributes(element: HtmlElement, base: str | None, targets: frozenset[str]) -> None:
    allowed = ATTRIBUTES.get(element.tag, frozenset()) | {"lang", "dir"}
    if element.tag in HEADING_TAGS:
        allowed = allowed | {"id"}
    kept = [(name, value) for name, value in element.attrib.items() if name in allowed]
    element.attrib.clear()  # all at once: of a name such as "{x" lxml can delete no single one
    for name, value in kept:
        element.set(name, _CONTROLS.sub("", value))
    if element.tag == "a":
        _reduce_link(element, base, targets)


def _reduce_link(link: HtmlElement, base: str | None, targets: frozenset[str]) -> None:
    """A link to a heading of this article stays on our page; any other becomes absolute, or plain text if it cannot."""
    address = (link.get("href") or "").strip()
    if len(address) > 1 and address in targets:
        return
    try:
        absolute = urljoin(base or "", address)
        scheme = urlsplit(absolute).scheme.lower()
    except ValueError:
        scheme = ""
    if not address or scheme not in PROTOCOLS:
        link.drop_tag()
        return
    link.set("href", absolute)
    link.set("rel", "nofollow noopener")


def _move_out_of_tables(root: HtmlElement) -> None:
    """Puts what stands in a table but in no cell in front of the table, where browsers and the sanitiser show it.

    Moving it before the marks are set keeps them from splitting its text, of which the sanitiser moves only what
    is not blank (HTML Standard, 13.2.6.4.9, "in table").
    """
    for part in list(root.iter(*TABLE_PARTS)):
        table = next(part.iterancestors("table"), None) if part.tag != "table" else part
        if table is None:
            continue
        part.text = _move_text(part.text, table)
        for child in list(part):
            if child.tag in (*TABLE_PARTS[1:], "caption", "col", "td", "th"):
                child.tail = _move_text(child.tail, table)
            else:
                table.addprevious(child)


def _move_text(text: str | None, table: HtmlElement) -> str | None:
    """Moves text in front of the table and returns what may stay: blank text."""
    if not text or text.isspace():
        return text
    holder = lxml_html.Element("span")
    holder.text = text
    table.addprevious(holder)
    holder.drop_tag()
    return None


def _empty_headers_to_cells(root: HtmlElement) -> None:
    """A header cell without a word heads nothing, and a screen reader would announce it at each cell below it."""
    for head in list(root.iter("thead")):
        if not head.text_content().strip():
            head.drop_tree()
    for cell in list(root.iter("th")):
        if not cell.text_content().strip():
            cell.tag = "td"
            cell.attrib.pop("scope", None)


def _anchor_headings(root: HtmlElement, document: Document) -> tuple[ContentsEntry, ...]:
    """Gives every heading its id and a level that skips none below the page's own title, which is the h1."""
    anchors: dict[str, list[str | None]] = {}
    for known in document.headings:
        anchors.setdefault(_squeezed(known.text), []).append(known.anchor)
    entries: list[ContentsEntry] = []
    taken: dict[str, int] = {}
    moved: dict[str, str] = {}
    for element in list(root.iter(*HEADING_TAGS)):
        text = _squeezed(element.text_content())
        if element.tag == "h1" and text == _squeezed(document.title):
            element.drop_tree()
            continue
        waiting = anchors.get(text)
        anchor = (waiting.pop(0) if waiting else None) or element.get("id")
        level = min(max(int(element.tag[1]), 2), entries[-1].level + 1 if entries else 2)
        entry = ContentsEntry(_free(heading_id(text, anchor), taken), text, level)
        moved["#" + element.get("id", "")] = "#" + entry.id
        element.tag = f"h{level}"
        element.set("id", entry.id)
        entries.append(entry)
    for link in list(root.iter("a")):
        address = link.get("href", "")
        if address in moved:
            link.set("href", moved[address])
        elif address.startswith("#"):
            link.drop_tag()  # its heading was empty or said the title again
    return tuple(entries)


def _free(wanted: str, taken: dict[str, int]) -> str:
    """The id, with a number behind it if it is taken, and takes it; `taken` holds the last number tried for each."""
    free, number = wanted, taken.get(wanted, 0)
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    taken[wanted] = max(number, 1)
    taken.setdefault(free, 1)
    return free


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _wrap_scrolling(root: HtmlElement) -> None:
    """Puts what may be wider than a phone into a box of its own that scrolls, by keyboard too.

    A box is a group, no region: an article of twenty listings would have twenty landmarks of one name.
    """
    for element in list(root.iter(*SCROLLING_TAGS)):
        label = _("Table") if element.tag == "table" else _("Code")
        box = lxml_html.Element("div", {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": label})
        box.tail, element.tail = element.tail, None
        element.getparent().replace(element, box)
        box.append(element)


def _sanitise(root: HtmlElement) -> Markup:
    """The root's content through bleach, some children at a time: its cost grows with the square of siblings."""
    cleaner = bleach.Cleaner(
        tags=TAGS | OUR_TAGS, attributes=_may_have, protocols=PROTOCOLS, strip=True, strip_comments=True
    )
    # A mark moves the text behind it from the root to the mark; both must be written by one serialiser.
    pieces = [_text_markup(root.text or ""), *(lxml_html.tostring(child, encoding="unicode") for child in root)]
    groups = ("".join(pieces[start : start + _GROUP]) for start in range(0, len(pieces), _GROUP))
    return Markup("").join(Markup(cleaner.clean(group)) for group in groups)  # noqa: S704 - the sanitiser's own output


def _text_markup(text: str) -> str:
    """Text as lxml writes it within an element."""
    holder = lxml_html.Element("div")
    holder.text = text
    return str(lxml_html.tostring(holder, encoding="unicode")).removeprefix("<div>").removesuffix("</div>")


def _may_have(tag: str, name: str, _value: str) -> bool:
    return (
        name in {"lang", "dir"}
        or name in ATTRIBUTES.get(tag, frozenset())
        or name in OUR_ATTRIBUTES.get(tag, frozenset())
    )
