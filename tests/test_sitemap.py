"""What crawlers are told: every article page once, in files that the sitemap protocol allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import ARTICLES
from flask.testing import FlaskClient
from lxml import etree

from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.request.urls import quote_id
from search.settings import Settings
from webui import create_app
from webui.sitemap import MAX_ADDRESS, PAGES_PER_FILE

SITEMAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
W3C_DATETIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
"""xsd:date or xsd:dateTime with a zone, as far as the sitemap schema takes them for lastmod."""


def entries(body: bytes, root: str) -> list[tuple[str, str | None]]:
    """Addresses and lastmod of a file that is valid by https://www.sitemaps.org/schemas/sitemap/0.9."""
    assert len(body) <= 50_000_000
    body.decode("utf-8")
    tree = etree.fromstring(body)
    assert tree.tag == SITEMAPS + root
    assert not tree.attrib
    found = []
    for row in tree:
        assert row.tag == SITEMAPS + {"urlset": "url", "sitemapindex": "sitemap"}[root]
        assert [child.tag for child in row] in ([SITEMAPS + "loc"], [SITEMAPS + "loc", SITEMAPS + "lastmod"])
        address, stamp = row[0].text or "", row.findtext(SITEMAPS + "lastmod")
        assert 12 <= len(address) < 2_048
        assert re.fullmatch(r"https?://[!-~]+", address), "addresses are escaped by RFC 3986"
        assert stamp is None or W3C_DATETIME.fullmatch(stamp)
        found.append((address, stamp))
    assert 1 <= len(found) <= 50_000
    return found


def files(client: FlaskClient) -> Iterator[list[tuple[str, str | None]]]:
    for address, _ in entries(client.get("/sitemap.xml").data, "sitemapindex"):
        response = client.get(re.sub(r"^https?://[^/]+", "", address))
        assert response.status_code == 200
        assert response.content_type == "application/xml"
        yield entries(response.data, "urlset")


def site_of(*articles: Document, engine: Engine | None = None, **settings: object) -> FlaskClient:
    engine = engine or open_engine("memory:")
    with engine.writer() as writer:
        for article in articles:
            writer.add(article)
    return create_app(Settings(**settings), engine).test_client()  # type: ignore[arg-type]


def test_every_article_page_is_named_once_and_answers(client: FlaskClient) -> None:
    (named,) = files(client)
    paths = [address.removeprefix("http://localhost") for address, _ in named]
    assert paths[0] == "/"
    assert sorted(paths[1:]) == sorted(f"/article/{quote_id(article.id)}" for article in ARTICLES)
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)


def test_the_address_named_is_the_one_that_the_page_calls_its_own(client: FlaskClient) -> None:
    (named,) = files(client)
    for address, _ in named[1:]:
        page = client.get(address.removeprefix("http://localhost")).text
        assert re.search(r'<link rel="canonical" href="([^"]+)"', page)[1] == address  # type: ignore[index]


def test_the_oldest_come_first_and_the_undated_last(client: FlaskClient) -> None:
    (named,) = files(client)
    order = [unquote(address.removeprefix("http://localhost/article/")) for address, _ in named[1:]]
    dated = sorted((a for a in ARTICLES if a.published), key=lambda a: (str(a.published), a.id))
    assert order == [*(unquote(quote_id(a.id)) for a in dated), "6"]


def test_lastmod_is_when_it_was_modified_else_published_else_left_out() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    client = site_of(
        Document("a", "A", "x", published=date(2024, 7, 3), modified=datetime(2024, 7, 5, 1, 0, tzinfo=east)),
        Document("b", "B", "x", published=date(2024, 7, 4)),
        Document("c", "C", "x", published=datetime(2024, 7, 5, 12, 0, 0, 250_000, tzinfo=UTC)),
        Document("d", "D", "x", published=datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        Document("e", "E", "x"),
    )
    (named,) = files(client)
    assert {address[-1]: stamp for address, stamp in named[1:]} == {
        "a": "2024-07-04T19:30:00+00:00",
        "b": "2024-07-04",
        "c": "2024-07-05T12:00:00+00:00",
        "d": None,
        "e": None,
    }
    assert named[0] == ("http://localhost/", None)


def test_an_empty_archive_has_a_sitemap_of_its_front_page() -> None:
    assert list(files(site_of())) == [[("http://localhost/", None)]]


@pytest.mark.parametrize("more", [-1, 0, 1], ids=["just fits", "one more", "two more"])
def test_a_large_archive_is_dealt_out_over_files_without_a_gap(more: int, tmp_path: Path) -> None:
    count = PAGES_PER_FILE + more
    start = date(2000, 1, 1)
    articles = (
        Document(f"{n:06}", "T", "x", published=start + timedelta(days=n // 7) if n % 3 else None) for n in range(count)
    )
    client = site_of(*articles, engine=open_engine(f"whoosh:{tmp_path / 'archive'}"))
    parts = list(files(client))
    assert [len(part) for part in parts] == [PAGES_PER_FILE, more + 1] if more > -1 else [PAGES_PER_FILE]
    named = [address for part in parts for address, _ in part]
    assert len(named) == len(set(named)) == count + 1


@pytest.mark.parametrize(
    "number", ["0", "-1", "2", "01", "1.5", "", "x", "\u0661", "9" * 6, "9" * 5000, "1%00", "1/2", "+1", "1e3", "%2e"]
)
def test_a_number_that_the_index_does_not_name_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_a_page_whose_address_the_protocol_forbids_is_left_out() -> None:
    room = MAX_ADDRESS - len("http://localhost/article/")
    client = site_of(
        Document("a" * room, "T", "x"), Document("b" * (room + 1), "T", "x"), Document("é" * room, "T", "x")
    )
    (named,) = files(client)
    assert [len(address) for address, _ in named[1:]] == [MAX_ADDRESS]


def test_a_mounted_site_names_its_public_addresses() -> None:
    client = site_of(Document("1", "T", "x"), public_url="https://news.example/archive")
    index = entries(client.get("/archive/sitemap.xml").data, "sitemapindex")
    assert [address for address, _ in index] == ["https://news.example/archive/sitemap-1.xml"]
    named = entries(client.get("/archive/sitemap-1.xml").data, "urlset")
    assert [address for address, _ in named] == [
        "https://news.example/archive/",
        "https://news.example/archive/article/1",
    ]
    assert "Sitemap: https://news.example/archive/sitemap.xml" in client.get("/archive/robots.txt").text.splitlines()


def test_robots_txt_names_the_sitemap(client: FlaskClient) -> None:
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text.splitlines()


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-1.xml"])
def test_a_crawler_that_has_the_file_is_told_so_until_the_index_changes(path: str) -> None:
    engine = open_engine("memory:")
    client = site_of(Document("1", "T", "x"), engine=engine)
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    client = site_of(Document("2", "T", "x"), engine=engine)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-1.xml", "/favicon.ico"])
def test_head_tells_what_get_would(client: FlaskClient, path: str) -> None:
    asked, got = client.head(path), client.get(path)
    assert (asked.status_code, asked.data) == (got.status_code, b"")
    assert asked.headers.get("ETag") == got.headers.get("ETag")
    assert client.post(path).status_code == 405


def test_a_file_that_is_being_sent_keeps_its_snapshot_and_gives_it_back() -> None:
    engine = open_engine("memory:")
    client = site_of(*(Document(f"{n:04}", "T", "x", published=date(2024, 1, 1)) for n in range(1200)), engine=engine)
    response = client.get("/sitemap-1.xml", buffered=False)
    parts = iter(response.response)
    begun = [next(parts) for _ in range(3)]
    with engine.writer() as writer:
        for n in range(0, 1200, 2):
            writer.delete(f"{n:04}")
    rest = list(parts)
    response.close()
    body = b"".join(part if isinstance(part, bytes) else part.encode() for part in (*begun, *rest))
    assert len(entries(body, "urlset")) == 1201


def test_a_sitemap_without_an_index_says_why() -> None:
    client = create_app(Settings(), open_engine("memory:")).test_client()
    for path in ("/sitemap.xml", "/sitemap-1.xml"):
        assert client.get(path).status_code == 503


def test_the_icon_is_found_where_browsers_look_for_it_unasked(client: FlaskClient) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 301
    assert "max-age=2592000" in response.headers["Cache-Control"]
    with client.get(response.headers["Location"]) as icon:
        assert icon.status_code == 200
        assert icon.mimetype == "image/svg+xml"
