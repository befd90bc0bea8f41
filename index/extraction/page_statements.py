"""What a page states in machine form, read once: its `<meta>` elements, its JSON-LD, its address and its headings.

The modules that look for the title, the sections, the authors and the date all stand on this.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from lxml.etree import XPath

from index.extraction.html_tree import Element
from index.extraction.jsonld import Graph, Node
from index.extraction.page_markup import meta_values, squeezed, words
from index.identity import article_url

MAX_HEADINGS: Final = 50
"""Headings of each kind that may be the title."""

_PROPERTIES: Final = XPath("//*[@itemprop]")
_APART: Final = frozenset(("aside", "footer", "form", "nav", "select", "textarea"))
_OF_OTHERS: Final = re.compile(
    r"(?:^|[\s_-])(?:comments?(?![\s_-](?:open|closed))|commentlist|respond|replies|related|teasers?|recommend\w*|"
    r"sidebar|newsletter|popular|carousel|swiper|kommentare?)(?:$|[\s_-])",
    re.IGNORECASE,
)

_NOT_THE_SITE: Final = frozenset(("www", "com", "org", "net", "co"))


class Statements:
    """One page. `url` is the address it states, `article` its node in JSON-LD or {}."""

    def __init__(self, page: Element, time_zone: ZoneInfo | None) -> None:
        self.page = page
        self.time_zone = time_zone
        self._meta = meta_values(page)
        self.graph = Graph(page)
        self.url = self._url()
        self.article: Node = self.graph.article(self.url)

    def values(self, *names: str) -> list[str]:
        """The contents of the `<meta>` elements of these names, in the order of the names."""
        return [value for name in names for value in self._meta.get(name, ())]

    def text(self, *keys: str) -> list[str]:
        """The texts of these properties of the article's node, blank where there is none."""
        return [self.graph.text(self.article.get(key)) for key in keys]

    @cached_property
    def properties(self) -> dict[str, list[Element]]:
        """The elements of microdata by the name of their property, in the order of the page."""
        found: dict[str, list[Element]] = defaultdict(list)
        marked: Any = _PROPERTIES(self.page)
        for element in marked:
            found[element.get("itemprop", "").strip()].append(element)
        return dict(found)

    @cached_property
    def first_heading(self) -> Element | None:
        """The heading above the article: the first h1 that has text and is not the site's name, or without one the
        first h2 or h3 that the window's title holds; None if there is none."""
        titles = islice(self.page.iter("h1"), MAX_HEADINGS)
        found = (heading for heading in titles if (text := squeezed(words(heading))) and text not in self.site_names)
        heading = next(found, None)
        return self._heading_in_title() if heading is None else heading

    def _heading_in_title(self) -> Element | None:
        window = squeezed(self.whole_title)
        lower = islice(self.page.iter("h2", "h3"), MAX_HEADINGS)
        return next(
            (heading for heading in lower if len(text := squeezed(words(heading))) > 8 and text in window), None
        )

    def is_apart(self, element: Element) -> bool:
        """Whether an element is in a form, a menu, comments, or a box about other articles, as its markup calls it.

        What holds the first heading is not apart, whatever it is called.
        """
        for around in (element, *element.iterancestors()):
            if around in self._around_heading or around.tag in ("body", "html"):
                return False
            if around.tag in _APART:
                # The foot of an article says who wrote it and when.
                return around.tag != "footer" or next(around.iterancestors("article"), None) is None
            if around is not element and _OF_OTHERS.search(f"{around.get('class', '')} {around.get('id', '')}"):
                return True
        return False

    @cached_property
    def _around_heading(self) -> frozenset[Element]:
        heading = self.first_heading
        return frozenset() if heading is None else frozenset((heading, *heading.iterancestors()))

    def is_around_heading(self, element: Element) -> bool:
        """Whether an element is the first heading or holds it."""
        return element in self._around_heading

    @cached_property
    def headings(self) -> list[str]:
        """The texts of the headings of level 1."""
        return list(self._headings("h1"))

    @cached_property
    def upper_headings(self) -> list[str]:
        """The texts of the headings of level 1, then 2 and 3."""
        return [*self.headings, *self._headings("h2"), *self._headings("h3")]

    @cached_property
    def whole_title(self) -> str:
        """The text of `<title>`."""
        return next((words(element) for element in self.page.iter("title")), "")

    @cached_property
    def site_names(self) -> frozenset[str]:
        """The names of the site, squeezed, with its host and the labels of that."""
        host = urlsplit(self.url or "").hostname or ""
        labels = [label for label in host.split(".") if label not in _NOT_THE_SITE]
        stated = [*self.values("og:site_name", "application-name", "twitter:site"), *self.text("publisher")]
        return frozenset(filter(None, map(squeezed, [*stated, *labels, host, host.removeprefix("www.")])))

    def _headings(self, tag: str) -> Iterator[str]:
        return filter(None, (words(element) for element in islice(self.page.iter(tag), MAX_HEADINGS)))

    def _url(self) -> str | None:
        links = [
            link.get("href")
            for link in self.page.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
        ]
        base = next((element.get("href") for element in self.page.iter("base") if element.get("href")), "")
        stated = [*(_joined(base, link) for link in links[:20] if link), *self.values("og:url", "twitter:url")]
        addresses = [address for text in stated if (address := article_url(text))]
        # Some sites state their front page as the canonical address of every page.
        deep = [address for address in addresses if len(urlsplit(address).path) > 1 or urlsplit(address).query]
        return next(iter(deep or addresses), None)


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if base else link
    except ValueError:  # an address that cannot be parsed, such as "//["
        return link


def elements_near(stated: Statements, most: int) -> Iterator[Element]:
    """The elements after the first heading, then half as many before it; none if the page has no heading."""
    heading = stated.first_heading
    if heading is not None:
        yield from islice(elements_after(heading), most)
        yield from islice(elements_before(heading), most // 2)


def elements_after(element: Element | None) -> Iterator[Element]:
    """The elements after one, in the order of the page."""
    while element is not None:
        for sibling in element.itersiblings():
            yield from sibling.iter()
        element = element.getparent()


def elements_before(element: Element | None) -> Iterator[Element]:
    """The elements before one, the nearest sibling first."""
    while element is not None:
        for sibling in element.itersiblings(preceding=True):
            yield from sibling.iter()
        element = element.getparent()
