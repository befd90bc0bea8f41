"""The language of the site, which the address chooses."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from search.engines import open_engine
from search.settings import Settings
from search.translation import LANGUAGES, spoken
from tests.conftest import with_sample
from webui import create_app


def _client(**settings: object) -> FlaskClient:
    return _app(**settings).test_client()


def _app(**settings: object) -> Flask:
    return create_app(Settings.model_validate(settings), with_sample(open_engine("memory:")))


def test_the_address_chooses_the_language_and_links_keep_it(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/tr/search?q=press").data)
    assert (page.get("lang"), page.get("dir")) == ("tr", "ltr")
    own = [link for link in page.xpath("//main//a/@href") if link.startswith("/")]
    assert own
    assert all(link.startswith("/tr/") for link in own)
    assert html.fromstring(client.get("/ar/").data).get("dir") == "rtl"
    assert spoken() == "en"


def test_every_page_leads_to_itself_in_each_language(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/de/search?q=press&section=History").data)
    links = {link.get("lang"): link.get("href") for link in page.xpath("//nav[@class='languages']//a")}
    assert list(links) == list(LANGUAGES)
    assert links["en"] == "/search?q=press&section=History"
    assert links["ar"] == "/ar/search?q=press&section=History"
    assert page.xpath("//nav[@class='languages']//a[@aria-current]/@lang") == ["de"]


def test_marks_of_the_link_that_led_to_a_page_are_not_passed_on(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/search?utm_source=letter&q=press&fbclid=reader").data)
    assert page.xpath("//nav[@class='languages']//a[@lang='tr']/@href") == ["/tr/search?q=press"]


def test_each_page_has_one_address_in_each_language(client: FlaskClient) -> None:
    answer = client.get("/en/search?q=press")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/search?q=press")
    assert client.get("/de").headers["Location"] == "/de/"
    assert client.get("/en//elsewhere.example/").headers["Location"] == "/elsewhere.example/"
    assert client.get("/fr/search").status_code == 404


def test_the_language_without_a_part_in_the_address_is_set() -> None:
    client = _client(site_language="az", public_url="https://news.example/archive")
    assert html.fromstring(client.get("/archive/search").data).get("lang") == "az"
    assert client.get("/archive/az/search").headers["Location"] == "/archive/search"
    page = html.fromstring(client.get("/archive/en/search").data)
    assert page.get("lang") == "en"
    assert page.xpath("//nav[@class='languages']//a[@lang='az']/@href") == ["/archive/search"]


def test_answers_are_kept_for_each_language(client: FlaskClient) -> None:
    for _ in range(2):
        for language in ("", "/de", "/ar"):
            page = html.fromstring(client.get(f"{language}/search?q=press").data)
            assert page.get("lang") == (language[1:] or "en")


def test_an_article_has_one_canonical_address() -> None:
    client = _client()
    for root in ("", "/tr"):
        page = html.fromstring(client.get(f"{root}/article/1978/gutenberg-at-mainz").data)
        assert page.xpath("//link[@rel='canonical']/@href") == ["http://localhost/article/1978/gutenberg-at-mainz"]


def test_files_of_the_site_have_one_address_and_crawlers_keep_out_of_searches_in_every_language(
    client: FlaskClient,
) -> None:
    page = html.fromstring(client.get("/ar/").data)
    assert all(link.startswith("/static/") for link in page.xpath("//link[@rel='stylesheet']/@href"))
    rules = client.get("/robots.txt").text.splitlines()
    assert {"Disallow: /search", "Disallow: /ar/search", "Disallow: /de/api/"} <= set(rules)
    assert "Disallow: /en/search" not in rules


def test_a_form_that_was_sent_leads_to_the_empty_form_in_another_language() -> None:
    client = _client(desk=True)
    page = html.fromstring(client.post("/de/desk", data={"text": "the printing press"}).data)
    assert page.xpath("//nav[@class='languages']//a[@lang='tr']/@href") == ["/tr/desk"]


def test_a_constant_of_a_template_is_written_in_the_language_of_each_page(client: FlaskClient) -> None:
    hints = {
        root: html.fromstring(client.get(f"{root}/coverage").data).xpath("string(//p[@id='dates-hint'])")
        for root in ("/ar", "", "/de")
    }
    assert "3 يوليو 2024" in hints["/ar"]
    assert "3 July 2024" in hints[""]
    assert "3. Juli 2024" in hints["/de"]
