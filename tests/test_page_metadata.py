"""What only the markup of a page shows of its article: titles in other words, sections, authors and dates."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from index.article import Article
from index.sources.html import read_html_page
from search.document import Moment

SENTENCE = "The ferry to the north island will sail once an hour from May on, said the office of the harbour on Monday."
TEXT = f"<p>{SENTENCE}</p>"
TITLE = "Ferry sails every hour"
ADDRESS = "<link rel=canonical href=https://islander.example/news/local/ferry>"


def read(body: str, head: str = f"<title>{TITLE}</title>") -> Article:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))


def story(before: str = "", after: str = "", head: str = "") -> Article:
    return read(f"<main><h1>{TITLE}</h1>{before}{TEXT}{after}</main>", f"<title>{TITLE}</title>{head}")


# --- titles


@pytest.mark.parametrize(
    ("window", "stated", "heading", "title"),
    [
        ("Boat: more crossings", "Boat sails more often now", "Boat: more crossings", "Boat: more crossings"),
        ("Ferry sails again | Islander", "Ferry sails again", "Ferry sails again: how", "Ferry sails again: how"),
        ("Ferry will sail at noon", "Ferry will sail at noon", "Ferry will sail at ten", "Ferry will sail at ten"),
        ("Boats", "The boat is faster - Office", "Monday The boat is faster", "The boat is faster"),
        ("Series: Fog horns", "Fog horns of the sound", "Series Fog horns of the sound", "Fog horns of the sound"),
        ("Fog over the pier", "Fog over the pier", "News from the harbour", "Fog over the pier"),
    ],
)  # fmt: skip
def test_the_heading_above_the_article_wins_if_it_says_the_same(
    window: str, stated: str, heading: str, title: str
) -> None:
    head = f'<title>{window}</title><meta property=og:title content="{stated}">'
    assert read(f"<h1>{heading}</h1>{TEXT}", head).title == title


def test_the_name_of_the_site_before_the_title_is_left_out() -> None:
    head = "<title>Islander » Fog stops all boats</title><meta property=og:site_name content=Islander>"
    assert read(f"<h1>Islander</h1><h2>Fog stops all boats</h2>{TEXT}", head).title == "Fog stops all boats"


# --- sections


@pytest.mark.parametrize(
    ("body", "sections"),
    [
        ("<ul class=rootline><li><a href=/>Home</a><li><a href=/sea>Sea</a></ul>", ("Sea",)),
        ("<ol class=breadcrumb><li><a href=/sea>Sea</a><li><a href=https://pics.example/by>CC BY</a></ol>", ("Sea",)),
        ("<ol class=breadcrumb><li><a href=/sea>Sea</a><li><a href=/author/doe>J Doe</a></ol>", ("Sea",)),
        ("<ol class=breadcrumb><li><a href=/sea>Sea</a><li><a href=/s>Facebook</a><li><a href=/m>Mail me</a></ol>",
         ("Sea",)),
        ("<ul><li><a href=/sea>Sea</a></ul><div><a href=/sea>Sea</a></div><h1>Ferry sails</h1>", ("Sea",)),
        ("<nav><a href=/news/>News</a><a href='/news/local/'>Local</a></nav>", ("News > Local",)),
        ("<nav><a href=/sea>Sea</a><a href=//other.example/news>News</a><a href='/news?x'>All</a></nav>", ()),
    ],
)  # fmt: skip
def test_sections_are_read_from_trails_links_and_menus(body: str, sections: tuple[str, ...]) -> None:
    assert read(body + TEXT, ADDRESS).sections == sections


def test_an_author_is_no_section() -> None:
    byline = "<a href=/doe>Jane Doe</a>"
    page = f"<footer>{byline}</footer>{byline}<h1>{TITLE}</h1><meta name=author content='Jane Doe'>{TEXT}"
    assert read(page, ADDRESS).sections == ()


# --- authors


@pytest.mark.parametrize(
    ("markup", "authors"),
    [
        ("<p>05.02.2020 <span>- Redaktion: Jane Doe (spokeswoman)</span></p>", ("Jane Doe",)),
        ("<p>Auteur : Jane Doe</p>", ("Jane Doe",)),
        ("<p>Von: Jane Doe</p>", ("Jane Doe",)),
        ("<p><a href=/staff/jane-doe/>Jane Doe</a></p>", ("Jane Doe",)),
        ("<div class=author-line>Jane Doe <i>3 July 2024</i></div>", ("Jane Doe",)),
        ("<p><b class=username>gull24</b></p>", ("gull24",)),
        ("<p><b class=user-name>Log out</b></p>", ()),
    ],
)
def test_authors_are_read_from_lines_links_and_users_near_the_heading(markup: str, authors: tuple[str, ...]) -> None:
    assert story(markup).authors == authors


def test_a_far_author_counts_if_a_phrase_leads_in() -> None:
    assert story(after="<hr>" * 90 + "<div class=authors>Author: Jane Doe</div>").authors == ("Jane Doe",)
    assert story(after="<hr>" * 90 + "<div class=authors>Jane Doe</div>").authors == ()


def test_the_first_post_of_a_discussion_has_an_author_in_linked_data() -> None:
    post = {"@type": "DiscussionForumPosting", "author": {"@type": "Person", "name": "Jane Doe"}}
    answer = {"@type": "Comment", "author": {"@type": "Person", "name": "John Roe"}}
    head = f"<script type=application/ld+json>{json.dumps({'@graph': [answer, post]})}</script>"
    assert story(head=head).authors == ("Jane Doe",)


def test_a_site_that_calls_itself_the_author_gives_way_to_a_byline() -> None:
    head = f"{ADDRESS}<meta name=author content='The Islander (www.islander.example)'>"
    assert story("<p>By Jane Doe</p>", head=head).authors == ("Jane Doe",)
    joined = "<meta name=author content='Boats &amp; Fog'><meta property=og:site_name content='Boats &amp; Fog'>"
    assert story("<p>By Jane Doe</p>", head=joined).authors == ("Jane Doe",)


def test_linked_data_nested_in_graphs_is_read() -> None:
    inner = {"@type": "NewsArticle", "headline": TITLE, "datePublished": "2024-07-03", "author": {"@id": "#jane"}}
    nested = {"@graph": [{"@graph": [[inner]]}, {"@id": "#jane", "@type": "Person", "name": "Jane Doe"}]}
    article = story(head=f"<script type=application/ld+json>{json.dumps(nested)}</script>")
    assert (article.authors, article.published) == (("Jane Doe",), date(2024, 7, 3))


# --- dates


@pytest.mark.parametrize(
    ("before", "after", "published"),
    [
        ("<b data-published-time='2024-07-03T10:00:00Z'>Wednesday</b>", "", datetime(2024, 7, 3, 10, tzinfo=UTC)),
        ("<abbr title='3 July 2024'>two days ago</abbr>", "", date(2024, 7, 3)),
        ("<span property='schema:datePublished' content='2024-07-03'>lately</span>", "", date(2024, 7, 3)),
        ("<b data-id='2024-07-03'>Wednesday</b>", "", None),
        (f"<p>Northport (3 July 2024). {SENTENCE}</p>", "", date(2024, 7, 3)),
        (f"<p>It was decided by the council on 3 July 2024. {SENTENCE}</p>", "", None),
        ("", "<p>This page was last updated on 3 July 2024 by the office of the harbour on the island.</p>",
         date(2024, 7, 3)),
    ],
)  # fmt: skip
def test_dates_are_read_from_attributes_first_words_and_last_changes(
    before: str, after: str, published: Moment | None
) -> None:
    assert story(before, after).published == published
