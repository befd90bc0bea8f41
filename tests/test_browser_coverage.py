"""Comparing searches in a browser: by keyboard, without JavaScript, at every width, and in print."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from livesite import DESKTOP, PHONE, Reader, reader_of
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser

COMPARED = "/coverage?q=press&q=paper&q=telegraph&q=printing"


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_searches_are_compared_by_keyboard_alone(reader: Reader) -> None:
    page = reader.open("/search?q=press&section=History")
    link = page.get_by_role("link", name="Compare with other searches")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare coverage")
    page.get_by_label("Search 1").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("telegraph")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text(["press", "telegraph"])
    assert asked(page.url) == {"q": ["press", "telegraph"], "section": ["History"]}
    table = page.get_by_text("Show as a table")
    table.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="telegraph")).to_be_visible()
    share = page.get_by_role("link", name="Share of the archive")
    share.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**bars=share**")
    expect(page.locator("[aria-current]", has_text="Share of the archive")).to_be_visible()


def test_it_works_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/coverage")
    page.get_by_label("Search 1").fill("press")
    page.get_by_label("Search 3").fill("telegraph")
    page.get_by_label("From", exact=True).fill("1980s")
    page.get_by_role("button", name="Compare").click()
    assert asked(page.url) == {"q": ["press", "telegraph"], "from": ["1980"]}
    expect(page.locator(".coverage-chart .line")).to_have_count(2)
    total = page.locator(".coverage-one strong").first.text_content()
    page.get_by_role("heading", level=2).first.get_by_role("link").click()
    expect(page.locator(".tally strong")).to_have_text(total or "")
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP, (320, 640), (768, 1024)], ids=str)
def test_the_page_is_no_wider_than_its_window(browser: Browser, site: str, size: tuple[int, int]) -> None:
    with reader_of(browser, site, size) as reader:
        for path in (COMPARED, f"{COMPARED}&bars=share", "/coverage", "/coverage?q=(&q=%20&q=" + "x" * 300):
            page = reader.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_lines_end_where_the_chart_ends(reader: Reader) -> None:
    page = reader.open(COMPARED)
    box = page.locator(".coverage-chart .chart-box").bounding_box()
    assert box is not None
    lines = page.locator(".coverage-chart .line")
    expect(lines).to_have_count(4)
    for line in lines.all():
        drawn = line.bounding_box()
        assert drawn is not None
        assert box["x"] - 2 <= drawn["x"]
        assert drawn["x"] + drawn["width"] <= box["x"] + box["width"] + 2
        assert box["y"] - 2 <= drawn["y"]
        assert drawn["y"] + drawn["height"] <= box["y"] + box["height"] + 2


def test_print_keeps_the_chart_and_leaves_the_form_out(reader: Reader) -> None:
    page = reader.open(COMPARED)
    page.emulate_media(media="print")
    expect(page.locator(".coverage-form")).to_be_hidden()
    expect(page.locator(".coverage-chart .chart")).to_be_visible()
    expect(page.locator(".coverage-legend")).to_be_visible()
    dashes = page.locator(".coverage-chart .line").evaluate_all(
        "all => all.map((line) => getComputedStyle(line).strokeDasharray)"
    )
    assert len(set(dashes)) == 4


def test_lines_are_drawn_in_forced_colours_too(reader: Reader) -> None:
    page = reader.open(COMPARED)
    page.emulate_media(forced_colors="active")
    drawn = page.locator(".coverage-chart .line").evaluate_all(
        "all => all.map((line) => [getComputedStyle(line).stroke, getComputedStyle(line).strokeDasharray])"
    )
    assert len({stroke for stroke, _ in drawn}) == 1
    assert len({dashes for _, dashes in drawn}) == 4
