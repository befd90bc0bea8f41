"""What the pages promise to readers, search engines and screen readers, whatever the archive holds."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from lxml.html import HtmlElement

from search.archive import Archive
from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app
from webui.site import EXTENSION, Site

PAGES = (
    "/",
    "/search",
    "/search?q=flood",
    "/search?q=flood&section=News&from=2024&to=2024",
    "/search?q=flood&section=News&section=Opinion&tag=-bridge&author=_missing",
    "/search?q=nothingofthekind",
    "/search?page=3",
    "/article/1",
    "/article/1?q=river+rose&position=0",
    "/article/5",
)
FAILURES = ("/search?q=" + "(" * 40, "/search?colour=red", "/article/none", "/nowhere", "/search?cursor=abc")


def page_of(client: FlaskClient, path: str, status: int = 200) -> HtmlElement:
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code)
    assert response.content_type == "text/html; charset=utf-8"
    return lxml_html.document_fromstring(response.get_data(as_text=True))


def said(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def one(page: HtmlElement, selector: str) -> HtmlElement:
    found = page.cssselect(selector)
    assert len(found) == 1, (selector, len(found))
    return found[0]


def total(page: HtmlElement) -> int:
    found = re.match(r"([\d,]+) article", said(one(page, ".tally")))
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("path", PAGES + FAILURES)
def test_pages_keep_to_the_content_security_policy(client: FlaskClient, path: str) -> None:
    page = lxml_html.document_fromstring(client.get(path).get_data(as_text=True))
    assert not page.cssselect("style, [style]")
    scripts = page.cssselect("script:not([type='application/ld+json'])")  # which is data and is not run
    assert scripts
    assert all(script.get("src") and not script.text for script in scripts)
    for element in page.iter():
        assert not [name for name in getattr(element, "attrib", ()) if name.startswith("on")]
        for name in ("src", "href"):
            address = element.get(name) if isinstance(element.tag, str) else None
            loaded = element.tag in ("script", "img") or element.get("rel") in ("stylesheet", "icon")
            if address and loaded:
                assert urlsplit(address).netloc == "", "nothing is loaded from elsewhere"


@pytest.mark.parametrize("path", PAGES + FAILURES)
def test_pages_are_sound(client: FlaskClient, path: str) -> None:
    page = lxml_html.document_fromstring(client.get(path).get_data(as_text=True))
    ids = [element.get("id") for element in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
        assert {value for element in page.cssselect(f"[{name}]") for value in element.get(name).split()} <= set(ids)
    assert page.get("lang") == "en"
    assert len(page.cssselect("h1")) == len(page.cssselect("main#main")) == len(page.cssselect("search")) == 1
    skips = [link.get("href")[1:] for link in page.cssselect("a.skip")]
    assert skips
    assert set(skips) <= set(ids)
    assert one(page, "meta[name=color-scheme]").get("content") == "light dark"
    assert one(page, "link[rel=search]").get("href") == "/opensearch.xml"
    assert said(one(page, "head > title"))


def test_results_are_kept_out_of_other_search_engines(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&section=News")
    assert one(page, "meta[name=robots]").get("content") == "noindex, follow"
    assert one(page, "link[rel=canonical]").get("href") == "http://localhost/search?q=flood&section=News"
    assert all(link.get("rel") == "nofollow" for link in page.cssselect(".facets a, .chips a, .sorting a"))
    assert "noindex" not in client.get("/").get_data(as_text=True)
    assert "noindex" not in client.get("/article/1").get_data(as_text=True)
    assert one(page_of(client, "/article/1?q=flood"), "link[rel=canonical]").get("href") == "http://localhost/article/1"


def test_a_search_can_be_followed_and_taken_away(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood")
    feeds = {link.get("type"): link.get("href") for link in page.cssselect("link[rel=alternate]")}
    assert feeds == {
        "application/atom+xml": "/search.atom?q=flood", "application/rss+xml": "/search.rss?q=flood",
        "application/feed+json": "/search.json?q=flood",
    }  # fmt: skip
    others = [link.get("href") for link in page.cssselect(".take-away a")]
    kinds = ("atom", "rss", "json", "csv", "ndjson", "bib", "ris", "csl.json", "txt")
    ways_on = ["/api/v1/search?q=flood", "/save?q=flood", "/coverage?q=flood"]
    known = [*ways_on, *(f"/search.{kind}?q=flood" for kind in kinds)]
    assert sorted(others) == sorted(known)
    assert all(client.get(address).status_code == 200 for address in others)


def test_every_count_on_the_front_page_is_what_its_link_finds(client: FlaskClient) -> None:
    links = page_of(client, "/").cssselect(".sections a, .year-name, .month a")
    assert len(links) > 10
    for link in links:
        count = int(re.search(r"([\d,]+) articles?$", said(link))[1])  # type: ignore[index]
        assert total(page_of(client, link.get("href"))) == count, said(link)


def test_every_count_of_a_facet_is_what_its_link_finds(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood")
    choices = page.cssselect(".facets a.choice")
    assert len(choices) > 8
    for choice in choices:
        count = int(re.search(r"([\d,]+) articles?$", said(choice))[1])  # type: ignore[index]
        assert total(page_of(client, choice.get("href"))) == count, said(choice)


def test_every_article_can_be_opened_from_its_hit_whatever_its_id(client: FlaskClient) -> None:
    links = page_of(client, "/search?per_page=100").cssselect(".hit-title a")
    assert len(links) > 20
    for link in links:
        assert said(one(page_of(client, link.get("href")), "h1")) == said(link)


def test_text_of_articles_is_text_and_not_markup(client: FlaskClient) -> None:
    for path in ("/search?q=cold", "/article/5?q=cold", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E"):
        body = client.get(path).get_data(as_text=True)
        assert "<b>cold" not in body
        assert "<script>" not in body
    page = page_of(client, "/search?q=cold")
    assert said(one(page, ".hit-title")) == "-1 degrees: =SUM(A1) & <b>cold</b>"
    assert [said(mark) for mark in page.cssselect(".hit-title mark")] == ["cold"]


def test_the_language_of_a_hit_is_said(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=br%C3%BCcke")
    assert one(page, ".hit-title a").get("lang") == "de"
    assert "German" in said(one(page, ".byline"))
    assert all(element.get("dir") == "auto" for element in page.cssselect(".hit-title a, .snippet-text, .choice-label"))


def test_a_snippet_stands_under_its_heading_with_a_link_to_it(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=metres")
    link = one(page, ".snippet-heading a")
    assert said(link) == "What the river did"
    path, _, fragment = link.get("href").partition("#")
    assert said(page_of(client, path).get_element_by_id(fragment)) == "What the river did"


def test_an_article_is_marked_dated_and_linked(client: FlaskClient) -> None:
    page = page_of(client, "/article/1?q=river+rose&position=0")
    assert [said(mark) for mark in page.cssselect(".standfirst mark")] == ["river", "rose"]
    assert [said(mark) for mark in page.cssselect(".prose mark")] == ["river", "rose"]
    assert "alert(1)" not in said(one(page, ".prose"))
    times = {time.get("itemprop"): (time.get("datetime"), said(time)) for time in page.cssselect(".story-head time")}
    assert times == {
        "datePublished": ("2024-07-03T09:30:00+00:00", "3 July 2024"),
        "dateModified": ("2024-07-04T08:00:00+00:00", "4 July 2024"),
    }
    assert one(page, ".outward").get("href") == "https://news.example/2024/flood"
    for link, count in ((one(page, ".story-head .kicker a"), 2), (one(page, "[itemprop=author]"), 2)):
        assert total(page_of(client, link.get("href"))) == count
    assert one(page, "[itemtype='https://schema.org/NewsArticle'] [itemprop=headline]").tag == "h1"


@pytest.mark.parametrize(
    ("summary", "standfirsts"),
    [("The river rose.", 0), ("The river rose. Two bridges…", 0), ("THE RIVER, ROSE", 0), ("What the river did.", 1),
     ("Two bridges are closed.", 1)],
)  # fmt: skip
def test_a_summary_with_which_the_text_begins_is_shown_once(summary: str, standfirsts: int) -> None:
    document = Document("1", "Flood", "The river rose.\n\nTwo bridges are closed.", summary=summary)
    page = page_of(site_over(document), "/article/1")
    assert len(page.cssselect(".standfirst")) == standfirsts
    assert one(page, "meta[name=description]").get("content") == summary


def test_a_dangerous_address_is_not_linked() -> None:
    page = page_of(site_over(Document("1", "Bad", "Some text.", url="javascript:alert(1)")), "/article/1")
    assert not page.cssselect("a[href^=javascript]")
    assert not page.cssselect(".outward")


def site_over(*documents: Document, **settings: object) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    return create_app(Settings(**settings), engine).test_client()  # type: ignore[arg-type]


def test_a_search_engine_can_learn_how_to_search_here(client: FlaskClient) -> None:
    page = page_of(client, "/")
    action = one(page, "[itemtype='https://schema.org/WebSite'] [itemtype='https://schema.org/SearchAction']")
    assert one(action, "[itemprop=target]").get("content") == "http://localhost/search?q={q}"


def test_choices_sent_empty_are_taken_out_of_the_address(client: FlaskClient) -> None:
    response = client.get("/search?q=flood&section=&from=&to=&sort=&op=")
    assert response.status_code == 302
    assert response.headers["Location"] == "/search?q=flood"
    assert client.get("/search?q=").headers["Location"] == "/search"
    assert client.get("/search?q=a+b&section=News+%3E+Local&tag=").headers["Location"] == (
        "/search?q=a+b&section=News+%3E+Local"
    )
    assert client.get("/facet/a%0Ab%3Fc?q=").headers["Location"] == "/facet/a%0Ab%3Fc"


def test_what_the_form_cannot_say_travels_hidden(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&section=News&section=Opinion&tag=river&page=1&sort=newest&from=2024")
    hidden = [(field.get("name"), field.get("value")) for field in page.cssselect("search input[type=hidden]")]
    assert hidden == [("section", "News"), ("section", "Opinion"), ("tag", "river")]
    assert not page.cssselect("select[name=section]")
    assert one(page, "select[name=sort] option[selected]").get("value") == "newest"
    assert one(page, "search input[name=from]").get("value") == "2024"


def test_odd_sections_survive_the_form(client: FlaskClient) -> None:
    page = page_of(client, "/search")
    values = [option.get("value") for option in page.cssselect("select[name=section] option")]
    assert "\\-Odd" in values
    assert one(page_of(client, "/search?section=%5C-Odd"), "select[name=section] option[selected]").text == "-Odd"


def test_warnings_and_repairs_are_shown(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=%22flood")
    assert said(one(page, ".warnings"))
    assert total(page) > 0


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/search?q=flood", "“flood” – The Test Gazette"),
        ("/search?q=flood&section=News+%3E+Local", "“flood”, Section News › Local – The Test Gazette"),
        ("/search?section=Odd&page=2", "Odd, page 2 – The Test Gazette"),
        ("/search?section=Odd&year=2021", "Articles, Section Odd, Year 2021 – The Test Gazette"),
        ("/search?tag=-bridge", "Articles, Tag not bridge – The Test Gazette"),
        (
            "/search?q=a&tag=a&tag=b&tag=c&tag=d&tag=e",
            "“a”, Tag a, or tag b, or tag c, or tag d, 1 more condition – The Test Gazette",
        ),
        ("/search", "All articles – The Test Gazette"),
    ],
)
def test_the_title_says_what_the_page_is_narrowed_to(client: FlaskClient, path: str, title: str) -> None:
    assert said(one(page_of(client, path), "head > title")) == title


def test_a_page_behind_the_last_leads_back(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&page=9")
    assert said(one(page, ".nothing h2")) == "There is no such page"
    assert one(page, ".nothing a").get("href") == "/search?q=flood"


@pytest.mark.parametrize("path", ["/", "/search?q=flood", "/article/1?q=flood"])
def test_an_unchanged_page_is_not_sent_again(client: FlaskClient, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_commit_shows_on_every_page(app: Flask, client: FlaskClient) -> None:
    archive: Archive = app.extensions[EXTENSION].archive
    app.extensions[EXTENSION] = Site(app.extensions[EXTENSION].settings, Archive(archive.engine, check_seconds=0))
    before = client.get("/").headers["ETag"]
    with archive.engine.writer() as writer:
        writer.add(Document("new", "Brand new", "A flood of news."))
    response = client.get("/", headers={"If-None-Match": before})
    assert response.status_code == 200
    assert "Brand new" in client.get("/search?q=news").get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/search?q=" + "(" * 40, 400, "This query cannot be understood"),
        ("/search?colour=red", 400, "The address is not valid"),
        ("/article/none", 404, "This article is not in the archive"),
        ("/why-not?q=flood&article=none", 404, "This article is not in the archive"),
        ("/nowhere", 404, "There is no such page"),
        ("/facet/none", 404, "There is no such page"),
    ],
)
def test_a_failure_is_explained_with_a_way_on(client: FlaskClient, path: str, status: int, heading: str) -> None:
    page = page_of(client, path, status)
    assert said(one(page, "h1")) == heading
    assert said(one(page, ".failure-status")) == str(status)
    ways = [link.get("href") for link in page.cssselect(".failure .advice a")]
    assert ways[-1] == "/"
    for way in ways:
        assert client.get(way).status_code == 200, way


def test_a_missing_index_says_so_on_the_page(tmp_path: object) -> None:
    client = create_app(Settings(index=f"whoosh:{tmp_path}/none")).test_client()
    for path in ("/", "/search?q=x", "/article/1"):
        response = client.get(path)
        assert response.status_code == 503
        page = lxml_html.document_fromstring(response.get_data(as_text=True))
        assert said(one(page, "h1")) == "The archive is not available right now"
        assert page.cssselect(".failure .advice a")[0].get("href") == path


def test_an_empty_archive_says_how_to_fill_it() -> None:
    client = site_over()
    assert "backfile index" in said(one(page_of(client, "/"), "main"))
    assert total(page_of(client, "/search?q=x")) == 0


@pytest.mark.parametrize(
    "q",
    ["%00", "%ff%fe", "<script>", "x" * 4_000, '"' * 99, "a" + " OR b" * 90, "NOT", "the", "title:", "*", "=", "\\"],
)
def test_no_query_breaks_the_page(client: FlaskClient, q: str) -> None:
    response = client.get("/search", query_string=f"q={q}")
    assert response.status_code in (200, 302, 400)
    assert b"incident" not in response.data.lower()


def test_below_a_path_every_link_stays_below_it() -> None:
    document = Document("1", "Flood", "A flood.", sections=("News",), authors=("A",), tags=("t",), language="en")
    client = site_over(document, public_url="https://paper.example/archive")
    for path in ("/archive/", "/archive/search?q=flood", "/archive/article/1?q=flood&position=0", "/archive/article/9"):
        page = lxml_html.document_fromstring(client.get(path).get_data(as_text=True))
        addresses = [element.get(name) for name in ("href", "src", "action") for element in page.cssselect(f"[{name}]")]
        assert len(addresses) > 10
        for address in addresses:
            assert address.startswith(("/archive/", "#", "https://paper.example/archive/")), (path, address)


def test_static_files_are_kept_for_good_by_their_fingerprint(client: FlaskClient) -> None:
    sheet = one(page_of(client, "/"), "link[rel=stylesheet]").get("href")
    plain = sheet.partition("?")[0]
    for address, kept in ((sheet, True), (plain, False), (plain + "?v=that-of-a-later-version", False)):
        with client.get(address) as response:
            assert response.status_code == 200
            assert ("immutable" in response.headers.get("Cache-Control", "")) == kept


@pytest.mark.parametrize(("query", "quoted"), [("flood", "“flood”"), ('"old bridge"', '"old bridge"')])
def test_the_page_of_a_facet_quotes_a_search_as_the_results_do(client: FlaskClient, query: str, quoted: str) -> None:
    page = page_of(client, f"/facet/section?{urlencode({'q': query})}")
    assert said(one(page, "title")).startswith(f"All sections of {quoted} – ")
    assert said(one(page, ".facet-page > .tally a")).endswith(f" for {quoted}")
