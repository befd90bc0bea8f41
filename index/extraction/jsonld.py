"""Schema.org metadata in JSON-LD, as news sites state it: `NewsArticle` and its kin, breadcrumbs, the publisher.

Much of it is not quite JSON and not quite schema.org, so whatever can be read is read, and the rest is ignored.
"""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from index.extraction.html_tree import Element, text_of

Node = Mapping[str, Any]

MAX_SCRIPT = 2_000_000
MAX_NODES = 5_000
MAX_TEXT = 10_000
"""Characters of one statement, such as a name or a description."""

_ARTICLE = re.compile(r"(?:Article|BlogPosting|LiveBlogPosting|Report|Newsletter|AdvertiserContentArticle)$")
_OPENING = re.compile(r"<!--|(?://[ \t]{0,9})?<!\[CDATA\[")
_CLOSING = ("-->", "]]>", ";", "//")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


class Graph:
    """All JSON-LD nodes of a page."""

    def __init__(self, page: Element) -> None:
        self.nodes = list(islice((node for script in _scripts(page) for node in _nodes(script)), MAX_NODES))
        self._by_id = {
            str(node["@id"]): node for node in self.nodes if len(node) > 1 and isinstance(node.get("@id"), str)
        }

    def article(self, url: str | None) -> Node:
        """The node of the page's own article: the one with its address, else the fullest; {} if there is none."""
        found = [node for node in self.nodes if any(_ARTICLE.search(kind) for kind in types(node))]
        own = [node for node in found if url and url in (self.text(node.get("url")), self.address(node))]
        return max(own or found, key=_richness, default={})

    def address(self, node: Node) -> str:
        """The address of the page whose main entity the node is, or ""."""
        page = node.get("mainEntityOfPage")
        return str(page.get("@id") or page.get("url") or "") if isinstance(page, dict) else self.text(page)

    def trail(self) -> list[tuple[str, str]]:
        """The names and addresses in the longest breadcrumb list, from the top down."""
        lists = [self._crumbs(node) for node in self.nodes if "BreadcrumbList" in types(node)]
        return max(lists, key=len, default=[])

    def names(self, value: Any) -> list[str]:
        """The names in a property, which may be text, a node, a reference to a node, or a list of these."""
        values = value if isinstance(value, list) else [value]
        return [name for item in values[:100] if (name := self._name(item))]

    def text(self, value: Any) -> str:
        """The first name in a property, or ""."""
        return next(iter(self.names(value)), "")

    def _name(self, item: Any) -> str:
        if isinstance(item, str):
            return unescape(item)
        if not isinstance(item, dict):
            return ""
        node = item if item.keys() - {"@id", "@type"} else self._by_id.get(str(item.get("@id")), {})
        name = node.get("name") or node.get("@value") or node.get("alternateName") or ""
        if isinstance(name, list):
            name = ", ".join(part for part in name if isinstance(part, str))
        return unescape(name) if isinstance(name, str) else ""

    def _crumbs(self, node: Node) -> list[tuple[str, str]]:
        elements = node.get("itemListElement")
        items = [item for item in (elements if isinstance(elements, list) else [elements]) if isinstance(item, dict)]
        crumbs = []
        for item in sorted(items[:20], key=_position):
            target = item.get("item")
            name = self._name(item) or self._name(target)
            address = target.get("@id") or target.get("url") or "" if isinstance(target, dict) else target
            if name:
                crumbs.append((name, str(address or "")))
        return crumbs


def types(node: Node) -> list[str]:
    """The types of a node, without the address of the vocabulary."""
    given = node.get("@type")
    kinds = given if isinstance(given, list) else [given]
    return [kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str)]


def unescape(text: str) -> str:
    """Text on one line without markup and character references, which some sites escape twice.

    Only the first MAX_TEXT characters are read.
    """
    text = text[:MAX_TEXT]
    text = re.sub(r"<[^<>]{0,500}>", " ", html.unescape(text)) if "<" in text or "&" in text else text
    return " ".join(html.unescape(text).split())


def _scripts(page: Element) -> Iterator[Any]:
    for script in page.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            source = text_of(script)
            if len(source) <= MAX_SCRIPT and (value := _parse(source)) is not None:
                yield value


def _parse(source: str) -> Any:
    source = source.strip()
    if wrapped := _OPENING.match(source):
        source = source[wrapped.end() :]
    for _ in range(4):
        for ending in _CLOSING:
            source = source.removesuffix(ending).rstrip()
    for attempt in (source, _TRAILING_COMMA.sub("", source), re.sub(r"[\x00-\x1f]+", " ", html.unescape(source))):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: Any) -> Iterator[Node]:
    """Every object in a JSON value, outer before inner, without recursion."""
    waiting = deque([value])
    seen = 0
    while waiting and seen < MAX_NODES:
        current = waiting.popleft()
        seen += 1
        if isinstance(current, dict):
            yield current
            waiting.extend(item for item in current.values() if isinstance(item, dict | list))
        elif isinstance(current, list):
            waiting.extend(item for item in current if isinstance(item, dict | list))


def _richness(node: Node) -> int:
    return sum(bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody", "articleSection"))


def _position(item: Node) -> float:
    try:
        return float(item.get("position", 0))
    except (TypeError, ValueError):
        return 0.0
