"""Published collections of cross-site scripting, put wherever text comes onto a page, leave nothing but text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from attacks import UNSAFE_PARTS, assert_safe, attacks, batches
from flask import Flask
from livesite import Reader, reader_of
from markupsafe import escape
from playwright.sync_api import Browser
from real_server import app_served
from test_api_headers import violations

from index.indexer import Indexer
from index.sources import find_sources
from search.document import Document, Heading, web_address
from search.engines import open_engine
from search.settings import Settings
from webui import create_app
from webui.article_html import ATTRIBUTES, OUR_ATTRIBUTES, OUR_TAGS, TAGS, render_article
from webui.headers import CONTENT_SECURITY_POLICY

MANY = 4_500
"""Fewer attacks than this are not the collections that are meant."""
PLACES = (
    "{}",
    "<p>word {} word</p>",
    "<a href='{}'>word</a>",
    '<h2 id="{}">word</h2><p><a href="#{}">word</a></p>',
    '<td title="{}">word</td><table><tr>{}</table>',
)
"""Where in the markup of an article an attack stands."""
WATCH = "for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => console.error('ran');"
FOREIGN = """(pieces) => pieces.flatMap(([attack, markup], place) => {
    const allowed = %s;
    const found = [];
    for (let round = 0, text = markup; round < 3; round += 1) {
        const box = document.createElement('div');
        box.innerHTML = text;
        document.body.replaceChildren(box);
        for (const element of box.querySelectorAll('*')) {
            const names = [...element.attributes].map((one) => one.name);
            const wrong = names.filter((name) => !(allowed[element.localName] ?? []).includes(name));
            const html = element.namespaceURI === 'http://www.w3.org/1999/xhtml';
            if (!(element.localName in allowed) || wrong.length || !html) found.push([attack, element.outerHTML]);
            const leads = element.getAttribute('href') ?? '#at-';
            if (!/^(https?:|mailto:|#at-|#match(-\\d+)?$)/.test(leads)) found.push([attack, leads]);
            if (element.id && !/^(at-|match(-\\d+)?$)/.test(element.id)) found.push([attack, element.id]);
        }
        text = box.innerHTML;
    }
    return found;
})"""
"""What a browser makes of markup that it is given as `innerHTML`, and again of what it makes of it: whatever is not on
the list of elements and their attributes."""


def _document(markup: str) -> Document:
    return Document(id="1", title="A title", html=markup, body="word", url="https://news.example/a")


def _shown() -> Iterator[tuple[str, str]]:
    for number, attack in enumerate(attacks()):
        for place in (PLACES[0], PLACES[1 + number % (len(PLACES) - 1)]):
            yield attack, str(render_article(_document(place.replace("{}", attack))).html)


@pytest.fixture(scope="module")
def shown() -> list[tuple[str, str]]:
    """Each attack with what the article page makes of it, in two places of an article's markup."""
    return list(_shown())


def test_the_collections_are_whole() -> None:
    assert len(attacks()) > MANY
    assert sum("onerror" in attack for attack in attacks()) > 300
    assert sum("javascript:" in attack.lower() for attack in attacks()) > 200


def test_an_attack_in_the_markup_of_an_article_leaves_running_text(shown: list[tuple[str, str]]) -> None:
    for attack, markup in shown:
        if markup:
            try:
                assert_safe(markup)
            except AssertionError as error:
                raise AssertionError(f"{attack!r} left {markup!r}") from error


@pytest.mark.browser
def test_a_browser_finds_nothing_more_in_it_however_often_it_reads_it(
    browser: Browser, shown: list[tuple[str, str]]
) -> None:
    names = {tag: {"lang", "dir"} | ATTRIBUTES.get(tag, set()) | OUR_ATTRIBUTES.get(tag, set()) for tag in TAGS}
    allowed = {tag: sorted(own) for tag, own in {**names, **{tag: {"class", "dir"} for tag in OUR_TAGS}}.items()}
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto("about:blank")
    assert page.evaluate(FOREIGN % json.dumps(allowed), shown)[:5] == []
    hostile = [["", "<p onclick=1>"], ["", "<svg><p>"], ["", "<a href=javascript:1>"]]
    assert len(page.evaluate(FOREIGN % json.dumps(allowed), hostile)) >= len(hostile), "it sees what is foreign"
    page.close()
    assert (said, asked) == ([], [])


def test_no_attack_is_an_address_that_runs() -> None:
    for attack in attacks():
        for text in (attack, "https://news.example/" + attack):
            address = web_address(text)
            assert address is None or urlsplit(address).scheme in {"http", "https"}


# --- whole pages


def _article(number: int, batch: list[str]) -> Document:
    """An article of which every text is an attack, each attack in another one."""
    titles, names, paragraphs = batch[:40], batch[40:100], batch[100:] or batch
    title = " ".join(titles)
    markup = "".join(f"<h2 id='{escape(one)}'>{escape(one)}</h2><p>word {one}</p>" for one in paragraphs)
    body = "\n\n".join(["word", *paragraphs])
    return Document(
        id=f"{number} {batch[0]}",
        title=title if number % 2 else batch[1],
        body=body,
        summary="" if number % 2 else title,
        headings=(Heading(paragraphs[0], 2, 6, paragraphs[0]),),
        url="https://news.example/" + quote(batch[0]) if number % 3 else batch[0],
        sections=tuple(names[:20]),
        authors=tuple(names[20:40]),
        tags=tuple(names[40:]),
        published=date(2024, 1, 1 + number % 28),
        language=batch[0] if number % 4 == 0 else "en",
        type=batch[2],
        source=batch[3],
        html=markup if number % 5 else "",
    )


@pytest.fixture(scope="module")
def attacked() -> Flask:
    """The site of an archive in which every text is an attack, with a desk."""
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, batch in enumerate(batches(150, 40_000)):
            writer.add(_article(number, batch))
    attack = next(one for one in attacks() if "onerror" in one)
    return create_app(Settings(title=f"The {attack} Gazette", desk=True), engine)


def _pages(app: Flask) -> Iterator[str]:
    """Addresses of pages of every kind, and of each article."""
    client = app.test_client()
    articles = [hit["id"] for page in range(1, 5) for hit in _hits(client.get(f"/api/v1/search?page={page}").json)]
    assert len(articles) > 25
    for number, name in enumerate(articles):
        yield f"/article/{quote(name, safe='')}?q=word"
        if number % 12 == 0:
            yield from (f"/{page}?{urlencode({'id': name})}" for page in ("cite", "desk"))
            yield "/why-not?" + urlencode({"q": "word", "article": name})
    yield from ("/", "/sections", "/authors", "/names", "/calendar/2024", "/on-this-day/01-05", "/search?page=2")
    yield from (f"/facet/{name}?per_page=100" for name in ("section", "author", "tag", "type", "lang"))


def _asking() -> Iterator[str]:
    """Addresses of pages that show what was asked for, with every attack in a query."""
    for number, batch in enumerate(batches(80, 4_000)):
        path = ("/search", "/coverage", "/save", "/facet/tag", "/search", "/why-not", "/desk")[number % 7]
        yield f"{path}?{urlencode({'q': ' '.join(batch)})}"
        if number % 4 == 0:
            yield "/search?" + urlencode({"section": batch[0], batch[-1]: "1"})
            yield "/search?" + urlencode({"q": batch[0], "from": batch[-1]})
            yield "/" + quote(batch[0])


def _hits(answer: object) -> list[dict[str, str]]:
    assert isinstance(answer, dict)
    hits: list[dict[str, str]] = answer["hits"]
    return hits


@pytest.fixture(scope="module")
def asked() -> Flask:
    """The site of a small archive, to be asked for attacks."""
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("1", "The script of the flood", "An alert on the river, of one source.", language="en"))
    return create_app(Settings(desk=True), engine)


@pytest.mark.browser
def test_no_page_has_a_part_that_runs_whatever_it_shows(browser: Browser, attacked: Flask, asked: Flask) -> None:
    page = browser.new_page()
    read = f"texts => texts.map(text => ({UNSAFE_PARTS})(new DOMParser().parseFromString(text, 'text/html')))"
    texts = {}
    for app, paths in ((attacked, _pages(attacked)), (asked, _asking())):
        for path in paths:
            response = app.test_client().get(path, follow_redirects=True)
            assert response.status_code < 500, path
            texts[path] = response.text
    assert len(texts) > 200
    found = dict(zip(texts, page.evaluate(read, list(texts.values())), strict=True))
    assert {path: parts for path, parts in found.items() if parts} == {}
    assert (
        page.evaluate(read, ["<p onclick=1>x</p>", "<script>1</script>", "<a href='java&#9;script:1'>"]).count([]) == 0
    )
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_a_browser_runs_nothing_on_them_and_asks_nobody_else(
    browser: Browser, attacked: Flask, asked: Flask, policy: bool
) -> None:
    """With the policy nothing may be refused, since no page needs what it refuses; without it nothing may run."""
    for app, paths in ((attacked, _pages(attacked)), (asked, _asking())):
        with app_served(app) as site, reader_of(browser, site) as reader:
            requests = _watched(reader, policy)
            for path in [*islice(paths, int(policy), None, 8), "/marked"]:
                reader.open(path)
            assert {urlsplit(url).netloc for url in requests} == {urlsplit(site).netloc}


def _watched(reader: Reader, policy: bool) -> list[str]:
    """What the browser asks for from now on; what it runs of an attack is a complaint."""
    requests: list[str] = []
    if not policy:
        reader.page.route("**", lambda route: route.fulfill(response=(got := route.fetch()), headers={
            name: value for name, value in got.headers.items() if name != "content-security-policy"
        }))  # fmt: skip
    reader.page.add_init_script(WATCH)
    reader.page.on("dialog", lambda dialog: (reader.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    reader.page.on("request", lambda request: requests.append(request.url))
    return requests


def test_a_policy_that_is_taken_away_is_one_that_is_there(attacked: Flask) -> None:
    assert attacked.test_client().get("/").headers["content-security-policy"] == CONTENT_SECURITY_POLICY


# --- names of files


def test_attacks_as_names_of_files_are_text(tmp_path: Path) -> None:
    """A file's name is its article's id, and its title where it has none."""
    names = [one for one in attacks() if "<" in one and not set("/\0\n\r") & set(one) and len(one.encode()) < 200]
    assert len(names) > 100
    folder = tmp_path / "articles"
    folder.mkdir()
    for number, name in enumerate(names[::4]):
        (folder / f"{name}.{('txt', 'md', 'html')[number % 3]}").write_text(f"<p>The flood came, {number}.</p>")
    engine = open_engine("memory:")
    report = Indexer(engine).run(find_sources([folder]))
    assert report.added > 50
    client = create_app(Settings(), engine).test_client()
    for hit in _hits(client.get("/api/v1/search?q=flood&per_page=50").json):
        page = client.get(f"/article/{quote(hit['id'], safe='')}")
        assert page.status_code == 200
        assert violations(page.text) == []
