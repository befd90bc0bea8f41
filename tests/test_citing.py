"""The page of an article as others read it, its citations, and what a reader has marked."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import urlencode

import bibtexparser
import pytest
import rispy
from conftest import ARTICLES
from flask.testing import FlaskClient
from lxml import html as lxml_html

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.ledger.removals import Tombstone
from search.request.urls import quote_id
from search.settings import Settings
from webui import create_app

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \" & '"


def page(client: FlaskClient, address: str) -> lxml_html.HtmlElement:
    response = client.get(address)
    assert response.status_code == 200, response.text
    return lxml_html.fromstring(response.text)


def over(*documents: Document, **settings: object) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    return create_app(Settings(**settings), engine).test_client()  # type: ignore[arg-type]


def structured(shown: lxml_html.HtmlElement) -> dict[str, object]:
    [script] = shown.xpath("//script[@type='application/ld+json']")
    return dict(json.loads(script.text))


def tags(shown: lxml_html.HtmlElement) -> list[tuple[str, str]]:
    found = shown.xpath("//meta[starts-with(@name, 'citation_')]")
    return [(each.get("name"), each.get("content")) for each in found]


def test_the_page_of_an_article_has_its_structured_data(client: FlaskClient) -> None:
    said = structured(page(client, "/article/1"))
    assert (said["@context"], said["@type"]) == ("https://schema.org", "NewsArticle")
    assert said["headline"] == "Flood closes the old bridge"
    assert said["datePublished"] == "2024-07-03T09:30:00+00:00"
    assert said["author"] == [{"@type": "Person", "name": "Mélanie Doe"}]
    assert said["publisher"] == {"@type": "Organization", "name": "The Test Gazette"}
    assert (said["url"], said["sameAs"]) == ("http://localhost/article/1", "https://news.example/2024/flood")


def test_no_text_of_an_article_breaks_out_of_the_structured_data() -> None:
    client = over(Document("1", HOSTILE, "body", HOSTILE, authors=(HOSTILE,), tags=(HOSTILE,)), title="</script><b>")
    shown = page(client, "/article/1")
    said = structured(shown)
    assert (said["headline"], said["description"], said["keywords"]) == (HOSTILE, HOSTILE, [HOSTILE])
    assert not [script for script in shown.iter("script") if "alert" in (script.text or "") and not script.get("type")]
    assert ("citation_title", HOSTILE) in tags(shown)


def test_the_page_of_an_article_has_the_tags_of_reference_managers(client: FlaskClient) -> None:
    found = tags(page(client, "/article/1"))
    assert ("citation_title", "Flood closes the old bridge") in found
    assert ("citation_author", "Mélanie Doe") in found
    assert ("citation_publication_date", "2024/07/03") in found
    assert ("citation_public_url", "https://news.example/2024/flood") in found


def test_alternate_links_lead_to_each_citation(client: FlaskClient) -> None:
    shown = page(client, "/article/1")
    links = {link.get("type"): link.get("href") for link in shown.xpath("//link[@rel='alternate']")}
    [entry] = bibtexparser.parse_string(client.get(links["application/x-bibtex; charset=utf-8"]).text).entries
    assert entry.fields_dict["author"].value == "Mélanie Doe"
    [record] = rispy.loads(client.get(links["application/x-research-info-systems; charset=utf-8"]).text)
    assert record["title"] == "Flood closes the old bridge"
    [item] = json.loads(client.get(links["application/vnd.citationstyles.csl+json"]).text)
    assert item["id"] == "1"


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_every_article_has_a_page_of_citations(client: FlaskClient, article: Document) -> None:
    [address] = page(client, f"/article/{quote_id(article.id)}").xpath("//ul[@class='take']//a/@href")
    shown = page(client, address)
    assert len(shown.xpath("//pre")) == 4
    files = shown.xpath("//p[@class='take']//a/@href")
    assert [client.get(file).status_code for file in files] == [200] * 4


def test_articles_are_given_once_each_in_the_order_of_their_ids(client: FlaskClient) -> None:
    asked = urlencode([("id", "2"), ("id", "1"), ("id", "2"), ("id", "nope")])
    response = client.get(f"/api/v1/cite?{asked}")
    assert [item["id"] for item in json.loads(response.data)] == ["2", "1"]
    assert response.headers["Backfile-Missing"] == "1"


def test_an_article_that_is_not_there_has_no_citation(client: FlaskClient) -> None:
    assert client.get("/api/v1/cite?id=nope").status_code == 404
    assert client.get("/cite?id=nope").status_code == 404
    refused = client.get("/api/v1/cite")
    assert (refused.status_code, json.loads(refused.data)["detail"]) == (400, "id: is missing.")
    many = urlencode([("id", str(number)) for number in range(101)])
    assert client.get(f"/api/v1/cite?{many}").status_code == 400


def test_what_was_taken_down_has_no_citation_from_that_moment(tmp_path: object) -> None:
    from datetime import UTC, datetime

    from webui.site import site_of

    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
        writer.add(ARTICLES[1])
    app = create_app(Settings(ledger=f"{tmp_path}/ledger"), engine)
    client = app.test_client()
    assert client.get("/cite?id=1&format=text").status_code == 200
    site_of(app).archive.ledger.removed.add([Tombstone("1", None)], "wrong", datetime.now(UTC))
    assert client.get("/cite?id=1&format=text").status_code == 410
    assert client.get("/cite?id=1&id=2").status_code == 200
    assert client.get("/cite?id=1&id=2&format=text").headers["Backfile-Missing"] == "1"


def test_marked_articles_are_taken_away_with_their_passages(client: FlaskClient) -> None:
    body = {"id": ["1", "2"], "q": "(river) OR (traffic)", "snippets": "true", "format": "csv"}
    response = client.post("/cite", data=body)
    assert response.headers["Content-Disposition"] == 'attachment; filename="articles.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    first, second = csv.DictReader(io.StringIO(response.text, newline=""))
    assert "The river rose by two metres overnight." in first["snippets"]
    assert "carries traffic again" in second["snippets"]
    assert client.post("/cite", data={"id": "1" * 70_000}).status_code in (400, 413)


def test_the_page_of_marks_says_what_to_do_without_javascript(client: FlaskClient) -> None:
    shown = page(client, "/marked")
    [advice] = shown.xpath("//*[@data-without-script]")
    assert "needs JavaScript" in advice.text_content()
    [form] = shown.xpath("//form[@method='post']")
    assert (form.get("action"), len(form.xpath(".//button[@name='format']"))) == ("/cite", 6)


def test_a_result_says_of_how_many_it_is(client: FlaskClient) -> None:
    total = json.loads(client.get("/api/v1/search?q=flood").data)["total"]
    shown = page(client, "/article/1?q=flood&position=0")
    first = json.loads(client.get("/api/v1/search?q=flood&per_page=1").data)["hits"][0]
    shown = page(client, f"/article/{quote_id(first['id'])}?q=flood&position=0")
    assert f"Result 1 of {total}" in " ".join(shown.find(".//nav[@class='walk']").text_content().split())
