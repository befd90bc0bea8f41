"""What reading HTML pages promises: the article, its headings and what the page states about it; none of its chrome."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from mutants import failures, mutants, real_pages
from trafilatura.settings import Extractor

from index.article import Article
from index.extraction import page_body
from index.extraction.html_tree import MAX_PAGE_ELEMENTS, parse_html
from index.extraction.jsonld import MAX_TEXT, Graph, unescape
from index.extraction.page_body import MAX_COMPARED
from index.extraction.page_metadata import PageMetadata, read_metadata
from index.sources.html import read_html_page
from search.document import Heading, Moment
from search.errors import SourceError

FIRST = "The ferry between the islands will run all winter for the first time since the war, the county said on Monday."
SECOND = "Two boats have been bought from a yard in the north, and the smaller has already made its first crossing."
THIRD = "Passengers over sixty travel free until the end of March, when the council will look at the figures again."

ARTICLE = {
    "@context": "https://schema.org", "@type": "NewsArticle", "headline": "Ferry to run all winter",
    "datePublished": "2024-07-03T09:30:00+02:00", "dateModified": "2024-07-04", "articleSection": "Transport",
    "author": [{"@type": "Person", "name": "Mélanie Doe"}, {"@id": "#roe"}], "keywords": "ferries, winter",
    "inLanguage": "en-GB", "description": "Two boats &amp;amp; a timetable.", "publisher": {"name": "The Islander"},
}  # fmt: skip
TRAIL = {
    "@type": "BreadcrumbList",
    "itemListElement": [
        {"position": 3, "name": "Ferry to run all winter"},
        {"position": 1, "item": {"@id": "https://islander.example/", "name": "Home"}},
        {"position": 2, "item": {"@id": "https://islander.example/news", "name": "News"}},
    ],
}

ROE = {"@id": "#roe", "name": "John Roe"}
PAGE = f"""<!doctype html><html lang="en"><head><title>Ferry to run all winter | The Islander</title>
<meta charset="utf-8"><link rel="canonical" href="https://islander.example/2024/07/03/ferry">
<meta property="og:site_name" content="The Islander">
<script type="application/ld+json">{json.dumps({"@graph": [TRAIL, ARTICLE, ROE]})}</script>
</head><body><header><nav><a href="/">Home</a> <a href="/news">News</a></nav></header>
<main><article><h1>Ferry to run all winter</h1><p class="byline">By Mélanie Doe, 3 July 2024</p>
<p>{FIRST}</p>
<figure><img src="boat.jpg"><figcaption>A boat. Photo: The Islander</figcaption></figure>
<h2 id="boats">The <a href="/boats">boats</a> themselves</h2>
<p>{SECOND} They came from <a href="/north">the north</a>.</p>
<p>Read more: <a href="/mayor">Mayor resigns after a long night of voting</a></p>
<section id="fares"><h3>What it costs</h3><p>{THIRD}</p></section>
<div class="related"><h3>Related articles</h3><ul><li><a href="/bakery">Bakery burns down in the night</a></li>
<li><a href="/fair">County fair draws record crowd again</a></li></ul></div></article></main>
<aside class="newsletter"><h2>Newsletter</h2><form><label>Sign up</label><input></form></aside>
<footer>© 2024 The Islander. All rights reserved. Terms of use.</footer><script>track()</script></body></html>"""


def read(page: str) -> Article:
    return read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))


def stated(head: str, body: str = "") -> PageMetadata:
    return read_metadata(parse_html(f"<html><head>{head}</head><body>{body}</body></html>"), ZoneInfo("UTC"))


def linked_data(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_a_page_gives_a_whole_article() -> None:
    article = read(PAGE)
    assert article.title == "Ferry to run all winter"
    assert article.url == "https://islander.example/2024/07/03/ferry"
    assert article.sections == ("News", "Transport")
    assert article.authors == ("Mélanie Doe", "John Roe")
    assert article.published == datetime.fromisoformat("2024-07-03T09:30:00+02:00")
    assert article.modified == date(2024, 7, 4)
    assert article.tags == ("ferries", "winter")
    assert article.language == "en"
    assert article.summary == "Two boats & a timetable."
    assert article.warnings == ()


def test_the_text_of_a_page_has_its_headings_with_level_and_anchor_and_no_chrome() -> None:
    article = read(PAGE)
    blocks = [FIRST, "The boats themselves", f"{SECOND} They came from the north.", "What it costs", THIRD]
    assert article.body == "\n\n".join(blocks)
    assert [(heading.text, heading.level, heading.anchor) for heading in article.headings] == [
        ("The boats themselves", 2, "boats"), ("What it costs", 3, "fares"),
    ]  # fmt: skip
    assert all(article.body[heading.offset :].startswith(heading.text) for heading in article.headings)


def test_the_markup_kept_has_links_that_lead_somewhere_and_no_code() -> None:
    html = read(PAGE).html
    assert '<a href="https://islander.example/north">the north</a>' in html
    assert '<h2 id="boats">' in html
    assert not any(word in html for word in ("<script", "onclick", "class=", "style="))


# --- titles


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Ferry runs - The Islander</title>", "<h1>Ferry runs</h1>", "Ferry runs"),
        ("<title>Ferry runs | The Islander</title><meta property=og:site_name content='The Islander'>", "",
         "Ferry runs"),
        ("<title>Ferry runs – why now?</title>", "", "Ferry runs – why now?"),
        ("<meta property=og:title content='Ferry &amp;amp; fog'><title>x</title>", "", "Ferry & fog"),
        ("<title>Site</title><meta property=og:title content='From og'>" + linked_data(ARTICLE), "",
         ARTICLE["headline"]),
        ("", "<h1>Only a heading</h1>", "Only a heading"),
        (linked_data({**ARTICLE, "headline": "A headline cut…"}), "<h1>A headline cut by the program</h1>",
         "A headline cut by the program"),
        ("<title>Ferry report: Fog stops all boats - Islander</title>", "<h2>Fog stops all boats</h2>",
         "Fog stops all boats"),
        ("<meta property=og:title content='Fog stops all boats: a report'>", "<h3>Fog stops all boats</h3>",
         "Fog stops all boats"),
        ("<meta property=og:title content='Fog: why the boats stop'>", "<h2>Fog</h2><h2>Menu</h2>",
         "Fog: why the boats stop"),
        ("<title>Fog stops all boats - Islander</title>" + linked_data({**ARTICLE, "headline": "Goodnight"}),
         "<h1>Fog stops all boats</h1>", "Fog stops all boats"),
        ("<link rel=canonical href=https://islander.example/1><title>No two fogs are alike | Islander</title>",
         "<h1>Islander</h1>", "No two fogs are alike"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_the_title_is_the_articles_and_not_the_sites(head: str, body: str, title: str) -> None:
    assert stated(head, body).title == title


# --- sections, names, tags


@pytest.mark.parametrize(
    ("head", "body", "sections"),
    [
        (linked_data({**ARTICLE, "articleSection": ["News", "Sport"]}), "", ("News", "Sport")),
        (linked_data([ARTICLE, {**TRAIL, "itemListElement": "broken"}]), "", ("Transport",)),
        ("<meta property=article:section content='News > Economy'>", "", ("News > Economy",)),
        (
            "",
            "<nav class=breadcrumbs><a href=/>Home</a> <a href=/n>News</a> <a href=/n/e>Economy</a></nav>",
            ("News > Economy",),
        ),
        (
            "",
            "<ol itemtype='https://schema.org/BreadcrumbList'><li><a href=/n><b itemprop=name>News</b></a></ol>",
            ("News",),
        ),
        ("", "<p>In <a rel='category tag'>Harbour</a>, <a rel=category>Fish</a> <a rel=tag>cod</a></p>",
         ("Harbour", "Fish")),
        ("", "<p><a rel='category tag'>Harbour</a></p><p>Next: <a rel='category tag'>Sport</a></p>", ("Harbour",)),
        ("", "<ul><li><a rel=category>Harbour</a></li><li><a rel=category>Fish</a></li></ul>", ("Harbour", "Fish")),
        ("<meta property=article:section content=front-page>", "", ()),
        ("", "", ()),
    ],
)  # fmt: skip
def test_sections_are_found_where_pages_put_them(head: str, body: str, sections: tuple[str, ...]) -> None:
    assert stated(head, body).sections == sections


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        ("<meta name=author content='By Jane Doe and John Roe'>", "", ("Jane Doe", "John Roe")),
        ("<meta name=author content='Jane Doe, Staff Writer'>", "", ("Jane Doe",)),
        (
            "<meta property=article:author content='https://www.facebook.com/janedoe'>",
            "<a rel=author>Jane Doe</a>",
            ("Jane Doe",),
        ),
        ("", "<div class=byline>Von Jürgen Haßler</div>", ("Jürgen Haßler",)),
        (linked_data({**ARTICLE, "author": "Jane Doe, John Roe"}), "", ("Jane Doe", "John Roe")),
        (linked_data({**ARTICLE, "author": {"name": ["Jane Doe", 3]}}), "", ("Jane Doe",)),
        ("<meta name=author content='jane@doe.example'>", "", ()),
        ("", "<h1>Fog</h1><a rel=author>View all posts by Jane Doe</a>", ("Jane Doe",)),
        ("", "<h1>Fog</h1><a rel=author>Alle Beiträge von Jane Doe →</a>", ("Jane Doe",)),
        ("", "<h1>Fog</h1><form><label class=author>Name *</label></form><p class=author>Reply</p>", ()),
        ("", "<h1>Fog</h1><p>Fog.</p><div class=comments><b class=author>John Roe</b></div>", ()),
        ("", f"<h1>Fog</h1>{'<p>Fog.</p>' * 90}<div class=box><b class=author>John Roe</b></div>", ()),
        ("", "<h1>Fog</h1><p>By Jane Doe, Harbour editor</p><p>Fog.</p>", ("Jane Doe",)),
        ("<meta property=og:site_name content='The Islander'><meta name=author content='The Islander'>",
         "<h1>Fog</h1><p class=byline>By Jane Doe</p>", ("Jane Doe",)),
        ("<meta property=og:site_name content='The Islander'><meta name=author content='The Islander'>",
         "<h1>Fog</h1><p>Fog.</p>", ("The Islander",)),
    ],
)  # fmt: skip
def test_authors_are_people_without_addresses_and_roles(head: str, body: str, authors: tuple[str, ...]) -> None:
    assert stated(head, body).authors == authors


def test_tags_are_listed_one_by_one() -> None:
    assert stated("<meta name=keywords content='ferries, winter,, ferries'>").tags == ("ferries", "winter")
    assert stated("<meta property=article:tag content=a><meta property=article:tag content=b>").tags == ("a", "b")


# --- dates, address, language


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        (
            "<meta property=article:published_time content=2024-07-03T09:30:00Z>",
            "",
            datetime(2024, 7, 3, 9, 30, tzinfo=UTC),
        ),
        ("<meta name=date content='July 3, 2024'>", "", date(2024, 7, 3)),
        ("", "<article><time datetime=2024-07-03>yesterday</time></article>", date(2024, 7, 3)),
        ("", "<b itemprop=datePublished content=2024-07-03></b>", date(2024, 7, 3)),
        ("", "<p class=meta>Von Jürgen Haßler, 3. Juli 2024</p>", date(2024, 7, 3)),
        ("<link rel=canonical href=https://islander.example/2024/07/03/ferry>", "", date(2024, 7, 3)),
        ("", "<h1>Fog</h1><div><span>3. Juli 2024</span></div>", date(2024, 7, 3)),
        ("", "<p>July 3, 2024</p><h1>Fog</h1><p>Fog.</p>", date(2024, 7, 3)),
        ("<title>Fog over the sound | Islander</title>", "<h2>Fog over the sound</h2><i>3 July 2024</i>",
         date(2024, 7, 3)),
        ("", f"<h1>Fog</h1>{'<p>Fog.</p>' * 90}<p>Published on July 3, 2024 by the harbour.</p>", date(2024, 7, 3)),
        ("", f"<h1>Fog</h1>{'<p>Fog.</p>' * 90}<p>The ferry of July 3, 2024 was late.</p>", None),
        (linked_data({"@type": "VideoObject", "uploadDate": "2024-07-03"}), "", date(2024, 7, 3)),
        (linked_data({"@type": "Comment", "datePublished": "2024-07-03"}), "", None),
        ("<title>Fog over the sound | 03.07.2024</title>", "", date(2024, 7, 3)),
        ("", "<h1>Fog</h1><aside><time datetime=2024-07-01></time></aside>", None),
        ("", "<h1>Fog</h1><ul class=comments><li><time datetime=2024-07-05></time></ul>", None),
        ("", "<article><h1>Fog</h1><footer><time datetime=2024-07-03></time></footer></article>", date(2024, 7, 3)),
        ("<meta name=date content=2024-07-04T01:30:00Z>", "<h1>Fog</h1><p>July 3, 2024</p>", date(2024, 7, 3)),
        ("<meta name=date content=2024-07-04T01:30:00Z><link rel=canonical href=https://a.example/2024/07/03/fog>", "",
         date(2024, 7, 3)),
        ("<meta name=date content=2024-07-04T01:30:00+03:00>", "<h1>Fog</h1><p>July 3, 2024</p>",
         datetime.fromisoformat("2024-07-04T01:30:00+03:00")),
        (linked_data({**ARTICLE, "datePublished": "soon"}), "", None),
        ("<meta name=date content=0000-00-00>", "", None),
    ],
)  # fmt: skip
def test_the_date_is_the_most_explicit_one(head: str, body: str, published: Moment | None) -> None:
    assert stated(head, body).published == published


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (
            "<link rel=canonical href=https://a.example/1><meta property=og:url content=https://a.example/2>",
            "https://a.example/1",
        ),
        (
            "<link rel=canonical href=https://a.example/><meta property=og:url content=https://a.example/2>",
            "https://a.example/2",
        ),
        ("<base href=https://a.example/x/><link rel=canonical href=1>", "https://a.example/x/1"),
        ("<link rel=canonical href='javascript:alert(1)'>", None),
        ("<link rel=canonical href='http://[broken'>", None),
    ],
)
def test_the_address_is_a_canonical_one_that_can_be_visited(head: str, url: str | None) -> None:
    assert stated(head).url == url


def test_the_language_is_stated_by_the_page_or_not_at_all() -> None:
    assert read("<html lang=pt_BR><title>T</title>").language == "pt-BR"
    assert stated("<meta property=og:locale content=tr_TR>").language == "tr-TR"
    assert stated("<meta http-equiv=content-language content='???'>").language == ""


# --- JSON-LD in the wild


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"@type": "NewsArticle", "headline": "H"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "H",}\n//]]>',
        '{"@type": ["Thing", "http://schema.org/NewsArticle"], "headline": "H"};',
        '[{"@graph": [[{"@type": "Article", "headline": "H"}]]}]',
        '{"@type": "NewsArticle", "headline": "H", "description": "line\nbreak"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;H&quot;}",
    ],
)
def test_linked_data_that_is_not_quite_json_is_read(script: str) -> None:
    page = parse_html(f'<script type="application/ld+json">{script}</script>')
    assert Graph(page).article(None).get("headline") == "H"


@pytest.mark.parametrize(
    "script", ["", "{", "[" * 50_000, "null", '"text"', '{"@type": 1, "@id": []}', '{"a":' * 3000 + "1" + "}" * 3000]
)
def test_linked_data_that_is_hopeless_is_passed_over(script: str) -> None:
    assert read(f'<title>T</title><script type="application/ld+json">{script}</script><p>{FIRST}</p>').title == "T"


def test_the_node_with_the_pages_address_wins_over_richer_ones() -> None:
    other = {**ARTICLE, "headline": "Another article", "url": "https://a.example/other"}
    own = {"@type": "NewsArticle", "headline": "Own", "mainEntityOfPage": {"@id": "https://a.example/own"}}
    assert stated("<link rel=canonical href=https://a.example/own>" + linked_data([other, own])).title == "Own"


def test_character_references_are_undone_however_often_they_were_made() -> None:
    assert unescape("Ferry &amp;amp; <b>fog</b>&#8217;s  end") == "Ferry & fog ’s end"


# --- pages with little or bad content


def test_a_page_filled_in_by_script_gives_the_text_it_states() -> None:
    data = {**ARTICLE, "articleBody": f"{FIRST}\n\nWho pays\n\n{SECOND}"}
    article = read(f"<title>T</title>{linked_data(data)}<div id=app></div>")
    assert article.body == f"{FIRST}\n\nWho pays\n\n{SECOND}"
    assert article.headings == (Heading("Who pays", 2, len(FIRST) + 2),)


def test_text_dealt_out_over_several_equal_containers_is_found_whole() -> None:
    chunk = '<div class="body chunk"><p>{0}</p><p>{0}</p><p>{0}</p></div><div class="ad">Buy now</div>'
    page = "<title>T</title><article><h1>T</h1>" + "".join(map(chunk.format, (FIRST, SECOND, THIRD))) + "</article>"
    body = read(page).body
    assert all(text in body for text in (FIRST, SECOND, THIRD))
    assert "Buy now" not in body


def test_a_page_without_running_text_is_kept_with_a_warning() -> None:
    article = read("<title>A title alone</title><nav><a href=/>Home</a></nav>")
    assert (article.title, article.body, article.warnings) == (
        "A title alone",
        "",
        ("no running text was found on the page",),
    )


@pytest.mark.parametrize("page", ["<html></html>", "<!-- only a comment -->", "<p> </p>"])
def test_a_page_without_anything_is_reported(page: str) -> None:
    with pytest.raises(SourceError, match="no article was found on the page"):
        read(page)


@pytest.mark.parametrize(
    "page",
    ["<div>" * 100_000 + f"<p>{FIRST}</p>",
     f"<title>T</title><article>{'<br>text' * 20_000}</article>",
     f"<title>T</title><table>{'<tr><td>a<td>b' * 5_000}</table><p>{FIRST}",
     f"<title>T</title>{'<b>Related</b>' * 3_000}<p>{FIRST}",
     f"<title>T</title>{'<div class=breadcrumb>' * 500}{'<a>x</a>' * 500}<p>{FIRST}",
     "\x00\x01<p>" + FIRST + "&#0;&#31;"],
    ids=["depth", "breaks", "table", "walls", "crumbs", "controls"],
)  # fmt: skip
def test_hostile_pages_are_read(page: str) -> None:
    assert read(page).title


# --- pages that are odd, hostile or damaged


def article_in(markup: str) -> Article:
    return read_html_page(markup.encode(), "page.html", ZoneInfo("UTC"))


FLOOD = "The river rose two metres overnight and the lower town was cleared."
TEXT = "".join(f"<p>{number}. {FLOOD}</p>" for number in range(9))


def test_a_code_sample_with_a_tag_of_no_possible_name_is_read() -> None:
    page = (
        f"<article><h1>Vectors</h1>{TEXT}<pre><code>std::vector<int&> v;\nv.push_back(1);</code></pre>{TEXT}</article>"
    )
    article = article_in(page)
    assert article.title == "Vectors"
    assert "std::vector" in article.body
    assert "int&" not in article.html


@pytest.mark.parametrize("canonical", ["//[", "http://[", "https://x:y/"])
@pytest.mark.parametrize("base", ["", '<base href="https://news.example/">', '<base href="//[">'])
def test_an_address_that_cannot_be_parsed_costs_no_article(canonical: str, base: str) -> None:
    page = f'<head>{base}<link rel=canonical href="{canonical}"><title>Flood</title></head><article>{TEXT}</article>'
    link = '<p>See <a href="//[">the <b>other</b> report on the flood</a> now.</p>'
    article = article_in(page.replace(TEXT, TEXT + link))
    assert article.title == "Flood"
    assert article.url is None


def test_a_page_with_too_many_elements_says_what_was_left_out() -> None:
    article = article_in(f"<article><h1>Flood</h1>{TEXT}</article>" + "<div>a</div>" * (2 * MAX_PAGE_ELEMENTS))
    assert "cleared" in article.body
    assert article.warnings == ("has more than 20,000 elements; most of what is behind them was left out",)


@pytest.mark.parametrize(
    ("paragraphs", "elements", "runs"),
    [
        (9, 100, [True]),
        (9, MAX_COMPARED + 1, [True]),
        (2, 100, [True, False, False]),
        (2, MAX_COMPARED + 1, [True] * 2),
    ],
)
def test_slow_settings_are_tried_only_where_the_fast_one_finds_little_and_the_page_is_not_huge(
    paragraphs: int, elements: int, runs: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []
    extract = page_body.bare_extraction

    def counted(page: object, options: Extractor) -> object:
        calls.append(options.fast)
        return extract(page, options=options)

    monkeypatch.setattr(page_body, "bare_extraction", counted)
    text = "".join(f"<p>{number}. {FLOOD}</p>" for number in range(paragraphs))
    assert "cleared" in article_in(f"<title>T</title><article>{text}</article>" + "<br>" * elements).body
    assert calls == runs


@pytest.mark.parametrize(
    "head",
    [
        "<title>" + "a | " * 50_000 + "</title>",
        "<meta name=author content='" + "a" * 500_000 + "'>",
        "<meta name=keywords content='" + "a," * 200_000 + "'>",
        '<script type="application/ld+json">{"@type":"Article","headline":"' + "a - " * 100_000 + '"}</script>',
        '<script type="application/ld+json">-->' + " " * 500_000 + "x</script>",
        '<script type="application/ld+json">[' + ",".join(["{}"] * 200_000) + "]</script>",
    ],
    ids=["title", "author", "keywords", "headline", "wrapping", "nodes"],
)
def test_metadata_of_any_length_is_cut_and_costs_no_text(head: str) -> None:
    metadata = read_metadata(parse_html(f"<head>{head}</head><h1>Flood</h1>"))
    assert len(metadata.title) <= MAX_TEXT
    assert all(len(value) <= MAX_TEXT for value in (*metadata.authors, *metadata.tags))
    article = article_in(f"<head>{head}</head><article><h1>Flood</h1>{TEXT}</article>")
    assert "cleared" in article.body


def test_no_page_of_a_real_site_ends_a_run_however_it_is_damaged(shared: Path) -> None:
    pages = real_pages(shared / "corpora" / "html" / "pages", most=40)
    read, failed = failures(pages, 150, seed=20)
    assert failed == []
    assert read >= 140


def test_mutants_reach_what_used_to_fail() -> None:
    page = b"<head><title>Flood</title></head><body><article>" + TEXT.encode() + b"</article></body>"
    made = list(mutants([page], 300, seed=3))
    assert list(mutants([page], 300, seed=3)) == made
    assert sum(b"vector<int&>" in data for data in made) > 20
    assert sum(b"href=//[" in data or b'href="//["' in data for data in made) > 20
