"""What a page states about its article.

The most explicit statement counts: JSON-LD, then OpenGraph and other `<meta>` elements, then microdata, then the
markup of the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from index.extraction.dates import parse_moment, parse_written_date
from index.extraction.html_tree import Element
from index.extraction.jsonld import Graph, Node, types, unescape
from index.extraction.page_markup import clean_names, listed, marked_authors, marked_trail, meta_values, squeezed, words
from index.identity import article_url
from index.normalize import section_path, unique
from search.document import Moment, language_tag

PUBLISHED = (
    "article:published_time", "article:published", "og:published_time", "parsely-pub-date", "sailthru.date", "date",
    "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "dcterms.issued", "datepublished", "article.published",
    "cxenseparse:recs:publishtime", "originalpublicationdate", "ptime", "displaydate", "article_date_original",
    "rnews:datepublished",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "og:updated_time", "article:modified", "dcterms.modified", "lastmod", "last-modified",
    "datemodified", "utime", "article.updated", "dc.date.modified", "revised",
)  # fmt: skip
AUTHOR = ("author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
          "article.author", "cxenseparse:author", "citation_author", "article:author", "twitter:data1")  # fmt: skip
SECTION = (
    "article:section",
    "parsely-section",
    "section",
    "cxenseparse:section",
    "article.section",
    "dc.subject.section",
)
TAGS = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords", "og:article:tag")
KINDS = {"OpinionNewsArticle": "opinion", "ReviewNewsArticle": "review", "AnalysisNewsArticle": "analysis",
         "LiveBlogPosting": "live", "AdvertiserContentArticle": "advertisement", "BlogPosting": "blog"}  # fmt: skip

MAX_TAGS = 40
MAX_HEADINGS = 50
"""Headings of level 1 that may be the title."""
MAX_SITE_PARTS = 5
"""Names of the site and its sections behind a title that are removed."""
_HOME = re.compile(
    r"home(?:page)?|start(?:seite)?|accueil|inicio|início|index|главная|首页|ホーム|ana ?sayfa|ana səhifə|front page",
    re.IGNORECASE,
)
_SITE_SEPARATOR = re.compile(r"\s+[|–—·»«:•-]{1,2}\s+")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|$)")


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page states, empty where it states nothing. `article_text` is the body in its JSON-LD."""

    title: str
    url: str | None
    summary: str
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published: Moment | None
    modified: Moment | None
    language: str
    type: str
    article_text: str


def read_metadata(page: Element, time_zone: ZoneInfo | None = None) -> PageMetadata:
    """The metadata of a page's article; times without a zone are in `time_zone`."""
    reader = _Reader(page, time_zone)
    title = reader.title()
    article_text = reader.article.get("articleBody")
    return PageMetadata(
        title=title,
        url=reader.url,
        summary=reader.summary(),
        sections=reader.sections(title),
        authors=reader.authors(),
        tags=reader.tags(),
        published=reader.published(),
        modified=reader.modified(),
        language=reader.language(),
        type=next((KINDS[kind] for kind in types(reader.article) if kind in KINDS), "article"),
        article_text=article_text if isinstance(article_text, str) else "",
    )


class _Reader:
    """One page, asked one question at a time."""

    def __init__(self, page: Element, time_zone: ZoneInfo | None) -> None:
        self._page = page
        self._time_zone = time_zone
        self._meta = meta_values(page)
        self._graph = Graph(page)
        self.url = self._url()
        self.article: Node = self._graph.article(self.url)

    # --- title

    def title(self) -> str:
        headings = self._headings
        stated = [
            self._graph.text(self.article.get("headline")),
            *self._values("og:title", "twitter:title", "dc.title"),
        ]
        own = next((self._without_site(unescape(text)) for text in stated if text.strip()), "")
        if own:
            longer = [text for text in headings if len(text) > len(own) and text.startswith(own.rstrip("….").rstrip())]
            return longer[0] if longer and (own.endswith(("…", "...")) or len(own) >= 100) else own
        whole = next((words(element) for element in self._page.iter("title")), "")
        own = max((text for text in headings if text in whole), key=len, default="")
        if whole and 3 * len(own) < len(whole):
            return self._without_site(whole)
        return own or next(iter(headings), "")

    def _without_site(self, title: str) -> str:
        """The title without what follows a separator, if that names the site or if an h1 of the page is the rest."""
        for match in list(_SITE_SEPARATOR.finditer(title))[: -MAX_SITE_PARTS - 1 : -1]:
            front, back = title[: match.start()], title[match.end() :]
            if squeezed(back) not in self._site_names and front not in self._headings:
                break
            title = front
        return title

    @cached_property
    def _headings(self) -> list[str]:
        found = (words(element) for element in islice(self._page.iter("h1"), MAX_HEADINGS))
        return [heading for heading in found if heading]

    @cached_property
    def _site_names(self) -> frozenset[str]:
        host = urlsplit(self.url or "").hostname or ""
        labels = [label for label in host.split(".") if label not in ("www", "com", "org", "net", "co")]
        stated = [
            *self._values("og:site_name", "application-name", "twitter:site"),
            self._graph.text(self.article.get("publisher")),
        ]
        return frozenset(filter(None, map(squeezed, [*stated, *labels, host, host.removeprefix("www.")])))

    # --- where it belongs

    def _url(self) -> str | None:
        links = [
            link.get("href")
            for link in self._page.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
        ]
        base = next((element.get("href") for element in self._page.iter("base") if element.get("href")), "")
        stated = [*(_joined(base, link) for link in links[:20] if link), *self._values("og:url", "twitter:url")]
        addresses = [address for text in stated if (address := article_url(text))]
        # Some sites state their front page as the canonical address of every page.
        deep = [address for address in addresses if len(urlsplit(address).path) > 1 or urlsplit(address).query]
        return next(iter(deep or addresses), None)

    def sections(self, title: str) -> tuple[str, ...]:
        path = section_path(self._trail(title))
        stated = [*self._graph.names(self.article.get("articleSection")), *map(unescape, self._values(*SECTION))]
        names = [section_path(re.split(r"\s*[>»]\s*", name)) for text in stated for name in listed(text)]
        known = {part.casefold() for part in path.split(" > ")}
        return unique([path, *(name for name in names if name.casefold() not in known and len(name) <= 80)])[:8]

    def _trail(self, title: str) -> list[str]:
        crumbs = self._graph.trail() or marked_trail(self._page)
        wanted = squeezed(title)
        kept = [(name, address) for name, address in crumbs if len(name) <= 60 and squeezed(name) != wanted]
        if len(kept) == len(crumbs) and kept and self.url and kept[-1][1].rstrip("/") == self.url.rstrip("/"):
            kept.pop()
        names = [name for name, address in kept if not self._is_home(name, address)]
        # A second breadcrumb list may follow the first.
        again = next((position for position, name in enumerate(names) if name in names[:position]), len(names))
        return names[: min(again, 5)]

    def _is_home(self, name: str, address: str) -> bool:
        at_root = bool(address) and urlsplit(address).path in ("", "/") and not urlsplit(address).query
        return at_root or bool(_HOME.fullmatch(name.strip())) or squeezed(name) in self._site_names

    # --- who, when, what about

    def authors(self) -> tuple[str, ...]:
        for source in (
            self._graph.names(self.article.get("author")),
            self._values(*AUTHOR),
            list(marked_authors(self._page)),
        ):
            names = unique(name for text in source[:20] for name in clean_names(unescape(text)))
            if names:
                return names[:12]
        return ()

    def published(self) -> Moment | None:
        return self._moment([self._graph.text(self.article.get("datePublished")), *self._values(*PUBLISHED)]) or (
            self._marked_date("datePublished") or self._first_time() or self._written_date() or self._url_date()
        )

    def modified(self) -> Moment | None:
        return self._moment([self._graph.text(self.article.get("dateModified")), *self._values(*MODIFIED)]) or (
            self._marked_date("dateModified")
        )

    def tags(self) -> tuple[str, ...]:
        for source in (self._graph.names(self.article.get("keywords")), *([*self._values(name)] for name in TAGS)):
            tags = unique(tag for text in source for tag in listed(unescape(text)) if len(tag) <= 60 and ":" not in tag)
            if tags:
                return tags[:MAX_TAGS]
        return ()

    def language(self) -> str:
        root = self._page.getroottree().getroot()
        stated = [root.get("lang"), root.get("xml:lang"), self._graph.text(self.article.get("inLanguage"))]
        return next(
            filter(None, map(language_tag, [*stated, *self._values("content-language", "og:locale", "language")])), ""
        )

    def summary(self) -> str:
        stated = [*self._values("og:description", "description"), self._graph.text(self.article.get("description"))]
        return next(filter(None, map(unescape, [*stated, *self._values("twitter:description")])), "")[:2000]

    # --- dates on the page itself

    def _moment(self, texts: Iterable[str]) -> Moment | None:
        read = (parse_moment(text, self._time_zone) or parse_written_date(text) for text in texts if text)
        return next(filter(None, read), None)

    def _marked_date(self, property: str) -> Moment | None:
        marked = self._page.xpath("//*[@itemprop=$name]", name=property)
        return self._moment(
            element.get("datetime") or element.get("content") or words(element) for element in marked[:5]
        )

    def _first_time(self) -> Moment | None:
        times = self._page.xpath("//article//time | //main//time | //header//time") or self._page.xpath("//time")
        return self._moment(element.get("datetime") or words(element) for element in times[:3])

    def _written_date(self) -> Moment | None:
        marked = self._page.xpath(
            "//*[contains(@class,'date') or contains(@class,'time') or contains(@class,'publish')"
            " or contains(@class,'byline') or contains(@class,'meta') or contains(@id,'date')]"
        )
        return self._moment(text for element in marked[:60] if len(text := words(element)) <= 120)

    def _url_date(self) -> Moment | None:
        match = _URL_DATE.search(urlsplit(self.url or "").path)
        return parse_moment("-".join(part.zfill(2) for part in match.groups())) if match else None

    def _values(self, *names: str) -> list[str]:
        return [value for name in names for value in self._meta.get(name, ())]


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if base else link
    except ValueError:  # an address that cannot be parsed, such as "//["
        return link
