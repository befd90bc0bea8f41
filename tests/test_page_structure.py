"""What every page is made of, so that keyboards, screen readers and browsers without JavaScript get all of it."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import html as lxml_html
from lxml.html import HtmlElement

import webui

PAGES = (
    "/", "/search", "/search?q=flood", "/search?q=flood&page=2", "/search?q=zzzz&section=News", "/search?q=brigde",
    "/search?q=flood&section=News&tag=-bridge&author=_missing&from=2021", "/search?q=flood&group=story&sort=oldest",
    "/article/1", "/article/1?q=river&position=0", "/article/5", "/article/6",
    "/search?q=%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28%28", "/search?colour=red",
    "/article/none", "/nope", "/search?cursor=abc",
)  # fmt: skip
SEARCHES = tuple(path for path in PAGES if path.startswith("/search"))
CONTROLS = "input:not([type=hidden]), select, textarea"
INTERACTIVE = "a[href], button, input:not([type=hidden]), select, summary"


def page_of(client: FlaskClient, path: str) -> HtmlElement:
    return lxml_html.document_fromstring(client.get(path, follow_redirects=True).text)


def said(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def name_of(element: HtmlElement, page: HtmlElement) -> str:
    """The accessible name, by the parts of https://www.w3.org/TR/accname-1.2/ that the pages use."""
    if element.get("aria-labelledby"):
        return " ".join(said(page.get_element_by_id(part)) for part in element.get("aria-labelledby").split())
    if element.get("aria-label"):
        return str(element.get("aria-label"))
    if element.tag in ("input", "select", "textarea"):
        labels = page.xpath("//label[@for=$id]", id=element.get("id", "")) or list(element.iterancestors("label"))
        return " ".join(map(said, labels))
    copy = lxml_html.fromstring(lxml_html.tostring(element, encoding="unicode", with_tail=False))
    for hidden in copy.xpath(".//*[@aria-hidden='true']"):
        hidden.drop_tree()
    return said(copy)


# --- structure -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_its_language_its_title_and_one_heading_of_the_first_level(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    assert page.get("lang") == "en"
    assert "The Test Gazette" in (page.findtext(".//title") or "")
    assert len(page.xpath("//h1")) == 1
    assert said(page.xpath("//h1")[0])


@pytest.mark.parametrize("path", PAGES)
def test_headings_skip_no_level_on_the_way_down(client: FlaskClient, path: str) -> None:
    levels = [int(heading.tag[1]) for heading in page_of(client, path).iter("h1", "h2", "h3", "h4", "h5", "h6")]
    body = levels[levels.index(1) :]
    assert all(after <= before + 1 for before, after in pairwise(body)), levels


@pytest.mark.parametrize("path", PAGES)
def test_every_id_is_given_once_and_every_reference_leads_somewhere(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        for value in page.xpath(f"//@{attribute}"):
            assert set(value.split()) <= set(ids), (attribute, value)
    for link in page.xpath("//a[starts-with(@href, '#')]/@href"):
        assert link[1:] in ids, link


@pytest.mark.parametrize("path", PAGES)
def test_the_first_link_skips_to_the_content_and_each_landmark_stands_once(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    first = page.xpath("//body//a")[0]
    target = page.get_element_by_id(first.get("href")[1:])
    assert target.tag == "main" or target.get("id") == "results"
    assert target.get("tabindex") == "-1", "it can take the focus"
    assert len(page.xpath("//main")) == len(page.xpath("//search")) == 1
    labels = [name_of(nav, page) for nav in page.xpath("//nav")]
    assert all(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_can_be_used_has_a_name(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    nameless = [lxml_html.tostring(e)[:120] for e in page.cssselect(INTERACTIVE) if not name_of(e, page).strip()]
    assert nameless == []


@pytest.mark.parametrize("path", PAGES)
def test_the_tab_key_walks_in_the_order_of_the_page(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    assert set(page.xpath("//@tabindex")) <= {"0", "-1"}
    assert not page.xpath("//@accesskey | //@autofocus")
    for hidden in page.xpath("//*[@aria-hidden='true']//*[self::a or self::button]"):
        assert hidden.get("tabindex") == "-1", "what is hidden from screen readers takes no focus"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_hidden_or_dead_without_javascript(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    assert not page.xpath("//noscript | //a[not(@href)] | //a[@href=''] | //a[starts-with(@href, 'javascript')]")
    dead = page.xpath("//button[not(@type='submit') and not(ancestor-or-self::*[@hidden])]")
    assert not dead, "a button without JavaScript can only send a form"
    hidden = page.xpath("//*[@hidden]")
    of_script = [
        e
        for e in hidden
        if e.get("role") == "listbox" or {"data-keys-hint", "data-keys-off", "data-with-script"} & {*e.attrib}
    ]
    assert hidden == of_script, "only what JavaScript makes work may be hidden"
    scripts = [script for script in page.iter("script") if script.get("type") != "application/ld+json"]
    assert all(script.get("src") and script.get("type") == "module" for script in scripts)
    for details in page.iter("details"):
        assert details[0].tag == "summary"


@pytest.mark.parametrize("path", PAGES)
def test_each_form_is_an_address_that_can_be_kept(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    forms = page.xpath("//form")
    assert forms
    for form in forms:
        assert form.get("method") == "get"
        assert form.xpath(".//button[@type='submit']")
        for control in form.cssselect(CONTROLS):
            assert control.get("name")
        fields = {str(key): value or "" for key, value in form.form_values()}
        response = client.get(f"{form.get('action')}?{urlencode(fields)}", follow_redirects=True)
        assert (
            response.status_code == client.get(path, follow_redirects=True).status_code or response.status_code == 200
        )


@pytest.mark.parametrize("path", PAGES)
def test_dates_are_written_for_people_and_for_machines(client: FlaskClient, path: str) -> None:
    for time in page_of(client, path).iter("time"):
        assert date.fromisoformat(time.get("datetime")[:10])
        assert re.search(r"\d", said(time))
        assert time.get("datetime")[:4] in said(time)


@pytest.mark.parametrize("path", PAGES)
def test_text_of_the_archive_may_run_either_way(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    for selector in (".hit-title", ".snippet", ".choice-label", ".masthead-name"):
        for element in page.cssselect(selector):
            directed = [element, *element.iterancestors(), *element.iterdescendants()]
            assert any(e.get("dir") == "auto" for e in directed if e.tag != "html"), lxml_html.tostring(element)[:200]


# --- searches ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SEARCHES)
def test_the_search_box_keeps_what_was_typed(client: FlaskClient, path: str) -> None:
    typed = parse_qs(urlsplit(path).query).get("q", [""])[0]
    assert page_of(client, path).get_element_by_id("q").get("value") == typed


def test_what_was_found_is_announced(client: FlaskClient) -> None:
    for path in ("/search?q=flood", "/search?q=zzzz"):
        assert page_of(client, path).cssselect("[role=status]"), path


def test_every_bar_of_the_timeline_is_a_row_of_its_table(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood")
    drawing = page.cssselect("svg.chart")[0]
    assert drawing.get("aria-hidden") == "true"
    bars = {link.get("href") for link in drawing.iter("{*}a", "a") if not said(link).split(": ")[1].startswith("0 ")}
    rows = {link.get("href") for link in page.cssselect(".chart-table tbody a")}
    assert bars == rows
    assert all(head.get("scope") in ("row", "col") for head in page.cssselect(".chart-table th"))


def test_the_order_and_the_page_shown_are_said_to_be_current(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&sort=oldest&page=2")
    current = {said(element) for element in page.xpath("//*[@aria-current]")}
    assert any("Oldest first" in text for text in current)
    assert any(re.search(r"\b2\b", text) for text in current)


def test_chosen_values_and_chips_can_be_taken_away_one_by_one(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&section=News&tag=-bridge&from=2021")
    chips = page.cssselect(".chip")
    assert len(chips) == 3
    for chip in chips:
        link = chip if chip.tag == "a" else chip.cssselect("a")[0]
        assert "remove" in name_of(link, page)
        left = page_of(client, link.get("href")).cssselect(".chip")
        assert len(left) == 2


def test_a_hit_is_a_list_item_with_a_heading_that_leads_to_it(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&page=2")
    (hits,) = page.cssselect("ol.hits")
    assert hits.get("start") == "11"
    for hit in hits.cssselect(".hit"):
        assert hit.tag == "li" or hit.getparent().tag == "li"
        (title,) = hit.cssselect(".hit-title")
        assert client.get(title.cssselect("a")[0].get("href").partition("#")[0]).status_code == 200


def test_marked_words_are_marked_in_the_markup_too(client: FlaskClient) -> None:
    marks = page_of(client, "/search?q=flood").cssselect(".hit mark")
    assert {said(mark).casefold() for mark in marks} == {"flood"}


# --- files ---------------------------------------------------------------------------------------------------------


def test_the_style_works_in_the_dark_in_print_and_without_motion() -> None:
    style = (Path(webui.__file__).parent / "static" / "backfile.css").read_text("utf-8")
    for question in ("prefers-color-scheme: dark", "@media print", "prefers-reduced-motion", ":focus-visible"):
        assert question in style, question
    assert "@import" not in style
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", style), "no page may call another site"


def test_the_script_calls_no_other_site_and_writes_no_markup() -> None:
    script = (Path(webui.__file__).parent / "static" / "backfile.js").read_text("utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/)", script)
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert dangerous not in script, dangerous


def test_templates_switch_escaping_off_for_what_is_safe_only() -> None:
    folder = Path(webui.__file__).parent / "templates"
    for template in folder.glob("*.html"):
        text = template.read_text("utf-8")
        assert "autoescape" not in text, template.name
        for shown in re.findall(r"\{\{([^}]*\|\s*safe[^}]*)\}\}", text):
            constant = re.match(r"\s*'[^']*'\s*\|", shown)
            assert constant or "_html" in shown or ".html" in shown, (template.name, shown)
