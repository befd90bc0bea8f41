"""Targets that read a text: queries, parameters, cursors, links, addresses, Markdown, markup and pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from lxml import html as lxml_html

from benchmark.fuzzing.mutation import Grammar
from benchmark.fuzzing.target import Target
from benchmark.fuzzing.words import ADDRESS_WORDS, DATE_WORDS, MARKDOWN_WORDS, PARAMETERS, QUERY_WORDS, TAG_WORDS
from index.extraction.frontmatter import split_front_matter
from index.extraction.markdown import read_markdown
from index.fetching.address import follow, read_address
from index.fetching.errors import FetchError
from index.sources.html import read_html_page
from search.alerts.keys import Keys
from search.alerts.saved import saved, signed, verified
from search.document import Document, web_address
from search.engines.plan import After
from search.errors import ParameterError, QuerySyntaxError, RequestError, SourceError
from search.query import parse, to_text
from search.query.limits import MAX_LENGTH
from search.request.reading import parse_article, parse_coverage, parse_search, without_tracking
from search.request.typed_dates import written_date
from search.results.cursor import Cursor, decode, encode
from webui.article_html import OUR_TAGS, TAGS, render_article

_QUERIES: Final = (
    b'flood AND (bridge OR river) -title:"old bridge"~3 date:[1990 TO 2020] sect*',
    b'title:press^2 author:"Doe, J" OR tag:rivers NOT lang:de fl?od~1',
    "Карабах “neue Brücke” 東京 naïve".encode(),
)
_PAGE: Final = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A flood - News</title>
<meta property="og:title" content="A flood"><meta name="author" content="Jo Doe"><link rel="canonical" href="/a">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A flood", "datePublished": "2024-07-03",
"author": [{"name": "Jo Doe"}], "articleSection": ["News"]}</script></head><body><nav><a href="/">Home</a></nav>
<article><h1>A flood</h1><time datetime="2024-07-03T09:30:00+02:00">3 July</time><p>The river rose by two metres
overnight, and the old bridge was closed.</p><h2 id="why">Why</h2><p>It had rained for <b>three</b> days &amp; more,
<a href="b?c#d">it is said</a>.</p><table><tr><th>Day<td>1</table><ul><li>one<li>two</ul><blockquote>No boat.
</blockquote></article><footer>Copyright</footer></body></html>"""
_MARKDOWN: Final = b"""---
title: A flood
date: 2024-07-03
tags: [river, "old bridge"]
author: {name: Jo}
---
# A flood

The *river* rose by **two** metres, `code` and [a link](https://a.example "t")[^1].

## Why

> It rained.

| a | b |
|---|---|
| 1 | 2 |

- one
  1. two

```python
x = 1
```

[^1]: A note. <b>html</b> {{ template }} {% raw %}
"""
_KEYS: Final = Keys((b"k" * 32,))
_NOON: Final = datetime(2024, 7, 3, 12, tzinfo=UTC)


def query(_: Path) -> Target:
    """Queries are read, and what was read is written as a query that is read in the same way."""
    return Target(Grammar(_QUERIES, QUERY_WORDS, 8_000), _read_query, (QuerySyntaxError,))


def _read_query(data: bytes) -> None:
    read = parse(data.decode("utf-8", "replace"))
    if read.query is not None and not read.warnings:
        written = to_text(read.query)
        assert len(written) > MAX_LENGTH or parse(written).query == read.query, written


def parameters(_: Path) -> Target:
    """Query strings are read as searches, and an address written from one is read as the same."""
    seeds = (b"q=flood&section=News&tag=a&tag=b&tag_op=and&from=1990&to=now&sort=newest&page=2",
             b"q=a&year=2020&month=2020-02&facets=tag,year&per_page=5&group=story&tz=Asia/Baku")  # fmt: skip
    return Target(Grammar(seeds, PARAMETERS), _read_parameters, (RequestError,))


def _read_parameters(data: bytes) -> None:
    without_tracking(data)
    refused: list[RequestError] = []
    for read in (parse_search, parse_article):
        try:
            read(data)
        except RequestError as error:
            refused.append(error)
    parse_coverage(data, time_zone="UTC")
    assert all(str(error) for error in refused)


def cursor(_: Path) -> Target:
    """A text is a cursor only if it is what is written for that cursor."""
    seeds = tuple(
        encode(Cursor("1-abc", "0123456789abcdef", _NOON, After(key, name))).encode()
        for key, name in ((1.5, "a/b"), (None, "Ünïcødé"))
    )
    return Target(Grammar(seeds, (b"A", b"=", b"-", b"_", b"eyJ"), 30_000), _read_cursor, (ParameterError,))


def _read_cursor(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert encode(decode(text)) == text


def link(_: Path) -> Target:
    """A link to a saved search is taken only as it was signed."""
    made = signed(saved(parse_search(b"q=flood&section=News", kind="html"), _NOON), _KEYS, "archive").encode()
    words = (*PARAMETERS, b"&made=", b"&signature=", b"2024-07-03T12:00:00Z", made)

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        verified(text, _KEYS, "archive")
        assert text.encode() == made, "a link that was not signed is taken"

    return Target(Grammar((made,), words), read, (ParameterError,))


def address(_: Path) -> Target:
    """Addresses of sources, and where redirects lead: read again, each is the same."""
    seeds = (b"https://news.example:8443/a%20b/c?d=e#f", "http://bücher.example/straße".encode(), b"../x?y=z")
    return Target(Grammar(seeds, ADDRESS_WORDS, 10_000), _read_address, (FetchError,))


def _read_address(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    web_address(text)
    found = follow(read_address("https://news.example/a/b"), data.decode("latin-1"))
    assert read_address(found.url) == found
    found = read_address(text)
    assert read_address(found.url) == found


def date(_: Path) -> Target:
    """Dates as readers type them."""
    return Target(Grammar((b"3 July 2024", b"07/1987", b"1990s"), DATE_WORDS, 500), _read_date, (ValueError,))


def _read_date(data: bytes) -> None:
    ends: tuple[Literal["from", "to"], ...] = ("from", "to")
    for end in ends:
        written_date(end, data.decode("utf-8", "replace"))


def markdown(_: Path) -> Target:
    """Files of Markdown, with and without front matter."""
    return Target(Grammar((_MARKDOWN, _MARKDOWN[90:]), MARKDOWN_WORDS), _read_markdown, ())


def _read_markdown(data: bytes) -> None:
    found = split_front_matter(data.decode("utf-8", "replace"))
    read_markdown(found.text)


def page(_: Path) -> Target:
    """Pages of the web, of which the article, its author and its dates are found."""
    return Target(Grammar((_PAGE,), TAG_WORDS), _read_page, (SourceError,))


def _read_page(data: bytes) -> None:
    read_html_page(data, "page.html", ZoneInfo("UTC"))


def markup(_: Path) -> Target:
    """The markup of articles, as the article page shows it: running text and nothing else."""
    return Target(Grammar((_PAGE, _PAGE[700:-90]), TAG_WORDS), _show_markup, ())


def _show_markup(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    shown = str(render_article(Document("1", "A flood", "It rained.", html=text, url="https://a.example/")).html)
    for element in lxml_html.fragment_fromstring(shown, create_parent="div").iterdescendants():
        assert element.tag in TAGS | OUR_TAGS, element.tag
        assert not any(name.startswith("on") or name == "style" for name in element.attrib)
