"""Marks, what was read, copying, and going from match to match, in a real browser."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from livesite import Reader, reader_of
from playwright.sync_api import Browser, Page, expect

FOUND = "/search?q=press+fust"
ARTICLE = "/article/1978/gutenberg-at-mainz"


def mark(page: Page, number: int) -> str:
    """Marks a hit and returns its title."""
    hit = page.locator(".hit").nth(number)
    hit.get_by_role("button", name=re.compile("^Mark ")).click()
    expect(hit.get_by_role("button", name=re.compile("^Marked "))).to_have_attribute("aria-pressed", "true")
    return hit.locator(".hit-title").inner_text()


def taken(page: Page, kind: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    return Path(download.value.path()).read_text("utf-8")


def test_marked_hits_are_kept_and_taken_away_with_their_passages(reader: Reader) -> None:
    page = reader.open(FOUND)
    titles = [mark(page, 1), mark(page, 0)]
    snippet = page.locator(".hit").first.locator(".snippet-text").first.inner_text()
    page = reader.open("/marked")
    listed = page.locator("[data-list=marked] > li")
    expect(listed.locator("h3")).to_have_text(titles[::-1])
    expect(listed.first.locator(".snippet-text")).to_have_text(snippet)
    rows = list(csv.DictReader(io.StringIO(taken(page, "CSV"), newline="")))
    assert [row["title"] for row in rows] == titles[::-1]
    assert all(row["snippets"] for row in rows)
    assert taken(page, "BibTeX").count("@article{") == 2


def test_marks_are_taken_back_one_by_one_or_all(reader: Reader) -> None:
    page = reader.open(FOUND)
    for number in range(3):
        mark(page, number)
    page = reader.open("/marked")
    page.locator("[data-list=marked] > li").first.get_by_role("button").click()
    expect(page.locator("[data-list=marked] > li")).to_have_count(2)
    page.get_by_role("button", name="Clear all marks").click()
    expect(page.get_by_text("Nothing is marked yet.")).to_be_visible()
    expect(page.get_by_role("button", name="CSV")).to_be_hidden()


def test_what_is_read_is_listed_unless_the_reader_says_no(reader: Reader) -> None:
    reader.open(ARTICLE)
    page = reader.open("/marked")
    expect(page.locator("[data-list=read] > li")).to_have_count(1)
    page.get_by_label("Keep a list of the articles I read here").uncheck()
    expect(page.locator("[data-list=read] > li")).to_have_count(0)
    reader.open(ARTICLE)
    page = reader.open("/marked")
    expect(page.locator("[data-list=read] > li")).to_have_count(0)
    expect(page.get_by_label("Keep a list of the articles I read here")).not_to_be_checked()


def test_what_others_have_put_into_the_storage_does_no_harm(reader: Reader) -> None:
    page = reader.open("/marked")
    rows = """[null, 7, {"id": "x", "title": "Bad", "url": "javascript:alert(1)"},
        {"id": "y", "title": "<img src=x onerror=alert(1)>", "url": "/article/y"}]"""
    page.evaluate("rows => localStorage.setItem('backfile:marked', rows)", rows)
    page = reader.open("/marked")
    expect(page.locator("[data-list=marked] h3")).to_have_text(["<img src=x onerror=alert(1)>"])
    page.evaluate("localStorage.setItem('backfile:marked', '{')")
    expect(reader.open("/marked").get_by_text("Nothing is marked yet.")).to_be_visible()


def test_the_link_and_a_citation_are_copied(browser: Browser, site: str) -> None:
    with reader_of(browser, site) as reader:
        reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = reader.open(ARTICLE + "?q=press&position=0")
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
        assert page.evaluate("navigator.clipboard.readText()") == site + ARTICLE
        page.get_by_role("link", name="Cite", exact=True).click()
        page.get_by_role("button", name="Copy BibTeX").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
        assert page.evaluate("navigator.clipboard.readText()").startswith("@article{")


def test_a_reader_without_javascript_goes_from_match_to_match(browser: Browser, site: str) -> None:
    with reader_of(browser, site, javascript=False) as reader:
        page = reader.open(ARTICLE + "?q=press+fust&position=0")
        expect(page.get_by_role("link", name="Next match")).to_have_count(0)
        page.get_by_role("link", name=re.compile("matches marked")).click()
        expect(page.locator(".match-step").filter(visible=True)).to_contain_text("Match 1 of")
        page.get_by_role("link", name="Next match").click()
        expect(page).to_have_url(re.compile("#match-2$"))
        expect(page.locator("#match-2")).to_be_in_viewport()
        page.get_by_role("link", name="Previous match").click()
        expect(page).to_have_url(re.compile("#match$"))
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Next match")).to_be_focused()
        expect(page.get_by_role("button", name="Mark", exact=True)).to_have_count(0)
        expect(reader.open("/marked").get_by_text("This list needs JavaScript")).to_be_visible()


def test_marks_are_there_in_whatever_language_the_site_speaks(reader: Reader) -> None:
    page = reader.open(FOUND)
    title = mark(page, 0)
    page = reader.open("/ar/marked")
    listed = page.locator("[data-list=marked] > li h3")
    expect(listed).to_have_text([title])
    assert str(listed.locator("a").get_attribute("href")).startswith("/ar/article/")
    page = reader.open("/marked")
    assert str(page.locator("[data-list=marked] > li h3 a").get_attribute("href")).startswith("/article/")
