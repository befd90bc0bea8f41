"""No page breaks a rule that axe can check, in light and dark, on a phone and a desktop, folded and unfolded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from livesite import DESKTOP, PAGES, PHONE, Reader, reader_of
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
UNFOLD = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


def violations(page: Page, *, contrast_only: bool = False) -> list[str]:
    """What axe finds, one line for each element."""
    looked_for = {"type": "rule", "values": ["color-contrast"]} if contrast_only else {"type": "tag", "values": RULES}
    options: dict[str, Any] = {"runOnly": looked_for, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response
    assert found["passes"], "axe has looked at something"
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_breaks_a_rule(browser: Browser, site: str, size: tuple[int, int]) -> None:
    with reader_of(browser, site, size) as reader:
        found = {path: violations(reader.open(path)) for path in PAGES.values()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_nothing_that_unfolds_breaks_a_rule(phone_reader: Reader) -> None:
    for name in ("front", "search"):
        page = phone_reader.open(PAGES[name])
        page.evaluate(UNFOLD)
        assert violations(page) == []


def test_everything_can_be_read_in_the_dark(browser: Browser, site: str) -> None:
    with reader_of(browser, site, PHONE, "dark") as reader:
        for path in PAGES.values():
            page = reader.open(path)
            page.evaluate(UNFOLD)
            assert violations(page, contrast_only=True) == [], path


def test_axe_would_notice(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.evaluate("document.querySelector('.hit .byline').style.color = '#ccc'")
    page.evaluate("document.querySelector('#q').removeAttribute('placeholder')")
    page.evaluate("document.querySelector('#q').labels[0].remove()")
    rules = {line.partition(":")[0] for line in violations(page)}
    assert "color-contrast" in rules
    assert rules & {"label", "aria-input-field-name"}


def test_open_suggestions_break_no_rule(reader: Reader) -> None:
    page = reader.open("/")
    with page.expect_response(lambda response: response.url.endswith("q=gut")):
        page.get_by_role("combobox").press_sequentially("gut")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert violations(page) == []


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("error")])
def test_headings_are_in_order_and_landmarks_are_there(reader: Reader, name: str) -> None:
    page = reader.open(PAGES[name])
    levels = [
        int(tag[1]) for tag in page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((h) => h.tagName)")
    ]
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    for role in ("banner", "search", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]


def test_a_facet_says_its_count_and_its_state(reader: Reader) -> None:
    page = reader.open("/search?q=press&section=History+%3E+Printing")
    names = page.locator(".facets a.choice").evaluate_all(
        "all => all.map((a) => a.textContent.replace(/\\s+/g, ' ').trim())"
    )
    assert any(name.startswith("Printing ") and name.endswith("articles, selected; remove") for name in names)
    assert all(" article" in name for name in names)
