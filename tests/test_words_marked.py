"""Every word that the site says itself goes through the catalogue: seen on all pages in a language made up for this,
in which each message stands between ⟦ and ⟧."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import lxml.html
import pytest
from babel import Locale
from conftest import with_sample
from flask import Flask
from flask.testing import FlaskClient
from livesite import PAGES, reader_of
from lxml.html import HtmlElement
from playwright.sync_api import Browser, expect
from real_server import app_served
from source_messages import CLOSE, OPEN, messages_of_source, write_marked

from search.engines import open_engine
from search.settings import Settings
from search.translation import LANGUAGES, catalogues
from webui import create_app

LANGUAGE = "fi"
"""The site does not speak it, and its names of months and of languages are not those of English."""
UNSPOKEN = ("ja", "s")
"""What stands before the last item of a list in that language, and at the end of "1980s", which it has no words for."""
TITLE = "The Lantern"
MORE_PAGES = {
    "facet": "/facet/tag",
    "facet-searched": "/facet/author?q=press&values=a&values_sort=name",
    "facet-none": "/facet/section?values=zzz",
    "date-facet": "/facet/year",
    "desk": "/desk",
    "desk-article": "/desk?id=1978/gutenberg-at-mainz",
    "desk-missing": "/desk?id=no-such-article",
    "desk-queries": "/desk/queries",
    "desk-variant": "/desk/queries/variant?q=gutenburg",
    "judge": "/desk/judge",
    "judge-mixed": "/desk/judge?q=press&section=History",
    "judge-ranked": "/desk/judge?q=press&order=ranked&page=2",
    "judge-nothing": "/desk/judge?q=gutenburgg&from=1990",
    "judge-error": "/desk/judge?q=press&order=best",
    "judged": "/desk/judgements",
    "judged-beyond": "/desk/judgements?page=9",
    "names": "/names",
    "share": "/search?q=press&bars=share&sort=oldest&op=or",
    "misspelled": "/search?q=gutenburg",
    "beyond": "/search?q=press&page=90",
    "coverage-to-mend": "/coverage?q=press&q=%20&q=(&from=2020&to=nonsense",
    "coverage-too-many": "/coverage?q=a&q=b&q=c&q=d&q=e",
    "year": "/search?q=press+1978",
    "dates-to-mend": "/search?q=press&from=nonsense",
    "calendar-none": "/calendar/99",
    "authors-letter": "/authors?letter=A",
    "error-cursor": "/search?cursor=nonsense",
}
SHOWN = ("aria-label", "title", "placeholder", "alt")
"""Attributes that readers see or hear."""
NOT_OURS = (
    "script, style, pre, code, kbd, textarea, svg text",  # what is typed, and numbers on the axis
    ".masthead-name, .nameplate-name, .prose, .snippet-text, .snippet-heading, .folded, .summary, .standfirst",
    # words of articles
    ".why bdi, .desk-names bdi, .contents a, .completion-text, .coverage-terms tbody a",
    ".saved-address, .print-source",  # addresses
    "html:has(.page-article) meta[name=description]",  # the beginning of the article
)
"""Elements with nothing that the site says itself."""
AS_IN_EVERY_LANGUAGE = {
    *("Atom", "RSS", "JSON", "JSON Feed", "CSV", "NDJSON", "BibTeX", "RIS", "CSL-JSON", "HTML", "Markdown", "UTC"),
    *LANGUAGES.values(),
}
"""Names of formats and the like, and what languages call themselves."""
_BETWEEN = re.compile(r"[,·–:;()“”\"…>›←→×\n]")
"""What may stand between names."""
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


VARIANTS = """
both_ways = [["Gutenberg", "Gensfleisch"]]
[one_way]
press = "printing"
[languages.de]
both_ways = [["Mainz", "Mayence"]]
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The site over the sample archive, which speaks the made-up language below /fi/."""
    folder = tmp_path_factory.mktemp("marked")
    variants = folder / "variants.toml"
    variants.write_text(VARIANTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LANGUAGES, LANGUAGE, "Suomi")
        shutil.copytree(catalogues.LOCALE, folder / "locale")
        patch.setattr(catalogues, "LOCALE", folder / "locale")
        write_marked(messages_of_source(folder), LANGUAGE, catalogues.path_of(LANGUAGE))
        settings = Settings(title=TITLE, desk=True, variants=str(variants))
        yield create_app(settings, with_sample(open_engine("memory:")))
        catalogues.catalogue.cache_clear()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def names(client: FlaskClient) -> frozenset[str]:
    """What the archive calls things by: titles, people, sections, tags; and Finnish names of months and languages."""
    found = {TITLE, *AS_IN_EVERY_LANGUAGE, "Suomi", *re.findall('"(.+?)"', VARIANTS), *UNSPOKEN}
    for page in range(1, 20):
        answer = client.get(f"/api/v1/search?per_page=100&page={page}").get_json()
        for hit in answer["hits"]:
            found.update([hit["title"], *hit["authors"], *hit["tags"], *hit["sections"]])
            found.update([hit["url"] or "", urlsplit(hit["url"] or "").hostname or ""])
        if not answer["links"]["next"]:
            break
    finnish = Locale(LANGUAGE)
    found.update(finnish.languages.values())
    for kind in ("format", "stand-alone"):
        for width in ("wide", "abbreviated", "short"):
            for names_of in (finnish.months, finnish.days):
                found.update(names_of[kind].get(width, {}).values())
    found.update(value for path in (PAGES | MORE_PAGES).values() for _, value in parse_qsl(urlsplit(path).query))
    return frozenset(piece for name in found for piece in _pieces(str(name)))


def _pieces(text: str) -> list[str]:
    """The texts between punctuation, without what is no letter around them."""
    pieces = (_EDGES.sub("", piece) for piece in _BETWEEN.split(text))
    return [" ".join(piece.split()) for piece in pieces if piece]


def unmarked(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside all messages, and how many are open at the end; `depth` are open at the beginning."""
    outside = []
    for character in text:
        if character == CLOSE:
            depth -= 1
        if depth == 0:
            outside.append("\n" if character == CLOSE else character)
        if character == OPEN:
            depth += 1
    return "".join(outside).replace(OPEN, "\n"), depth


def own_words(page: str) -> list[str]:
    """What a page says outside all messages, with the element that says it."""
    root = lxml.html.document_fromstring(page)
    for element in root.cssselect(".match-step"):
        element.tail = None
        root.body.append(element)  # ours, within an article
    lxml.etree.strip_tags(root, "mark")
    for element in root.cssselect(", ".join(NOT_OURS)):
        element.drop_tree()
    found, depth = [], 0
    for kind, text, element in _texts(root):
        outside, after = unmarked(text, depth if kind == "text" else 0)
        depth = after if kind == "text" else depth
        found += [f"{piece} <{element.tag} {kind}>" for piece in _pieces(outside)]
    assert depth == 0, "each message is closed"
    return found


def _texts(element: HtmlElement) -> Iterator[tuple[str, str, HtmlElement]]:
    for name in SHOWN:
        if element.get(name):
            yield name, element.get(name), element
    if element.tag == "meta" and element.get("name") == "description":
        yield "content", element.get("content"), element
    yield "text", element.text or "", element
    for child in element:
        yield from _texts(child)
        yield "text", child.tail or "", element


def outside_the_catalogue(page: str, names: frozenset[str]) -> list[str]:
    """What a page in the made-up language says that is neither a message nor a name."""
    assert f'lang="{LANGUAGE}"' in page
    assert OPEN in page
    return [words for words in own_words(page) if words.rpartition(" <")[0] not in names]


@pytest.mark.parametrize("path", (PAGES | MORE_PAGES).values(), ids=PAGES | MORE_PAGES)
def test_a_page_says_nothing_of_its_own_outside_the_catalogue(
    client: FlaskClient, names: frozenset[str], path: str
) -> None:
    page = client.get(f"/{LANGUAGE}{path}", follow_redirects=True).text
    assert outside_the_catalogue(page, names) == []


def test_pages_that_are_reached_by_forms_and_links_say_nothing_outside_it_either(
    client: FlaskClient, names: frozenset[str]
) -> None:
    saving = lxml.html.document_fromstring(client.get(f"/{LANGUAGE}/save?q=press&section=History").text)
    [link] = saving.cssselect("a.saved-address")
    assert f"/{LANGUAGE}/saved?" in link.get("href")
    assert outside_the_catalogue(client.get(link.get("href")).text, names) == []
    before = client.get(link.get("href") + "&since=1970-01-01").text
    assert outside_the_catalogue(before, names) == []
    assert client.post(f"/{LANGUAGE}/desk", data={"title": "", "text": ""}).status_code == 400
    for path, form in (("/desk", {"text": "The press of Gutenberg at Mainz"}), ("/desk/links", {"form": "html"})):
        assert outside_the_catalogue(client.post(f"/{LANGUAGE}{path}", data=form).text, names) == []


def test_a_word_outside_the_catalogue_would_be_noticed(client: FlaskClient) -> None:
    page = client.get(f"/{LANGUAGE}/marked").text
    assert "Take away" not in str(own_words(page))
    changed = page.replace(f"{OPEN}Take away as{CLOSE}", f"Take away {OPEN}as{CLOSE}")
    assert "Take away <span text>" in own_words(changed)
    assert "Site <nav aria-label>" in own_words(page.replace(f'"{OPEN}Site{CLOSE}"', '"Site"'))


@pytest.mark.browser
def test_scripts_say_nothing_of_their_own_either(app: Flask, names: frozenset[str], browser: Browser) -> None:
    said = []
    with app_served(app) as site, reader_of(browser, site) as reader:
        page = reader.open(f"/{LANGUAGE}/article/1978/gutenberg-at-mainz?q=press")
        page.locator("[data-mark]").click()
        said += own_words(page.content())
        page = reader.open(f"/{LANGUAGE}/marked")
        expect(page.locator("[data-list=marked] li")).to_have_count(1)
        page.locator("[data-list=marked] button").click()
        said += own_words(page.content())
        page = reader.open(f"/{LANGUAGE}/search?q=press")
        page.get_by_role("slider").first.press("PageUp")
        expect(page.locator(".chart-chosen")).to_be_visible()
        page.locator("[data-keys-switch]").click()
        said += own_words(page.content())
        page.fill("#q", "")
        page.locator("#q").press_sequentially("gut")
        expect(page.get_by_role("listbox")).to_be_visible()
        said += own_words(page.content())
        page = reader.open(f"/{LANGUAGE}/desk?id=1978/gutenberg-at-mainz")
        page.locator("[data-copy-links]").first.click()
        expect(page.locator("[data-copied]")).not_to_be_empty()
        said += own_words(page.content())
    assert [words for words in said if words.rpartition(" <")[0] not in names] == []
